// A process whose /api/connect is asked, and a Segment whose answers a test makes.

import { mkdirSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { ConnectAnswer, ConnectDeed } from '../src/operate/connect/shapes.js';
import { createCanaries } from './canaries.js';
import { serve } from './loopback.js';
import { startHere } from './server.js';
import { temporaryDirectory } from './settings.js';
import { until } from './until.js';

const TOKENS = { write: 'write-token-of-tests', read: 'read-token-of-tests', none: 'other' } as const;

/** What Segment answers to a request. */
export type AnswerOfSegment = (request: IncomingMessage, response: ServerResponse) => void;

const json = (response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}) =>
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

/** A workspace with one source. */
export const ONE_SOURCE: AnswerOfSegment = ({ url = '' }, response) => {
  if (url === '/') return void json(response, 200, { data: { workspace: { id: 'w1', name: 'Shop', slug: 'shop' } } });
  const source = {
    id: 's1',
    slug: 'web',
    name: 'Web',
    enabled: true,
    writeKeys: ['write-key-of-web'],
    metadata: { id: 'm1', name: 'JS' },
  };
  if (url.startsWith('/sources?'))
    return void json(response, 200, { data: { sources: [source], pagination: { current: 'a', totalEntries: 1 } } });
  return void json(response, 404, { errors: [{ type: 'not-found', message: 'not here' }] });
};

/** An error as Segment has it. */
export const refusing =
  (status: number, message: string, headers: Record<string, string> = {}): AnswerOfSegment =>
  (_, response) =>
    void json(response, status, { errors: [{ type: 'error', message }] }, headers);

/** Starts both. */
export async function startConnectApi(context: TestContext, environment: Readonly<Record<string, string>> = {}) {
  const canaries = createCanaries();
  const directory = temporaryDirectory(context);
  const settings = join(directory, 'settings');
  mkdirSync(settings);
  writeFileSync(join(settings, 'shop.yaml'), 'id: shop\nsecretKey: secret-example\nconsoleKey: console-example\n');
  let answer: AnswerOfSegment = ONE_SOURCE;
  const waiting = new Set<ServerResponse>();
  const segment = await serve((request, response) => answer(request, response));
  const server = await startHere({
    STATSIG_CDP_SETTINGS: settings,
    OUTBOX_DIRECTORY: join(directory, 'data', 'outbox'),
    ADMIN_TOKEN: TOKENS.write,
    ADMIN_READ_TOKEN: TOKENS.read,
    PUBLIC_PORT: '0',
    ...environment,
  });
  context.after(async () => {
    await server.stop();
    await segment.close();
  });
  const answers: string[] = [];
  async function ask<Body>(path: string, body?: object, role: keyof typeof TOKENS = 'write') {
    const response = await fetch(`${server.url}/api/connect${path}`, {
      headers: { authorization: `Bearer ${TOKENS[role]}`, 'content-type': 'application/json' },
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    });
    const text = await response.text();
    answers.push(text);
    return { status: response.status, text, body: JSON.parse(text) as Body & { readonly error?: string } };
  }
  const deed = async (id: string) => (await ask<ConnectDeed>(`/deed?id=${id}`)).body;
  return {
    canaries,
    directory,
    server,
    segment,
    /** Everything that /api/connect has answered. */
    answers,
    ask,
    deed,
    list: async () => (await ask<ConnectAnswer>('')).body,
    answerBy(next: AnswerOfSegment) {
      answer = next;
    },
    /** Requests that come from now on are not answered. @returns how many there are */
    hold() {
      answer = (_, response) => void waiting.add(response);
      return () => waiting.size;
    },
    /** What a look at Segment is asked with. */
    asked: (more: object = {}) => ({
      verb: 'look',
      workspace: 'shop',
      token: canaries.of('Public API token'),
      apiUrl: segment.url,
      ...more,
    }),
    /** Waits until a deed is in one of the states. */
    async settled(
      id: string,
      states: readonly ConnectDeed['state'][] = ['done', 'failed', 'stopped'],
    ): Promise<ConnectDeed> {
      let found = await deed(id);
      await until(
        async () => {
          found = await deed(id);
          return states.includes(found.state);
        },
        () => `the deed is over: ${JSON.stringify(found)}`,
      );
      return found;
    },
  };
}
