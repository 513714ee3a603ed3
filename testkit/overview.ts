// A plugin whose overview is asked, for tests: its settings are a file that may be edited.

import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { AttentionItem, AttentionKind, OverviewAnswer, StatusAnswer } from '../src/operate/overview/shapes.js';
import { serve } from './loopback.js';
import { startHere, type TestServer } from './server.js';
import { temporaryDirectory } from './settings.js';
import { until } from './until.js';

const TOKEN = 'admin-example';

/** The plugin and what is asked of it. */
export interface OverviewPlugin extends TestServer {
  readonly directory: string;
  /** Replaces the settings documents. */
  write(...documents: readonly object[]): void;
  overview(query?: Readonly<Record<string, string>>): Promise<OverviewAnswer>;
  status(): Promise<StatusAnswer>;
  /** The first item of a kind, once there is one. */
  attention(kind: AttentionKind, which?: (item: AttentionItem) => boolean): Promise<AttentionItem>;
  /** Resolves when there is no item of a kind. */
  isCalm(kind: AttentionKind): Promise<void>;
  /** Posts an event, or several, as a sender that has a write key, or another proof. @returns the status of the answer */
  track(events: object | readonly object[], writeKey?: string): Promise<number>;
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<number>;
}

/** What a test may choose. */
export interface OverviewPluginOptions {
  /** Default: an empty one, removed after the test. */
  readonly directory?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts it. It is stopped after the test. */
export async function startOverviewPlugin(
  context: { readonly after: (end: () => void) => void },
  documents: readonly object[],
  { directory = temporaryDirectory(context), environment = {} }: OverviewPluginOptions = {},
): Promise<OverviewPlugin> {
  const file = join(directory, 'settings.json');
  const write = (...next: readonly object[]) => {
    writeFileSync(`${file}.new`, JSON.stringify({ workspaces: next }));
    renameSync(`${file}.new`, file);
  };
  write(...documents);
  const server = await startHere({
    STATSIG_CDP_SETTINGS: file,
    OUTBOX_DIRECTORY: join(directory, 'data', 'outbox'),
    ADMIN_TOKEN: TOKEN,
    ...environment,
  });
  let isStopped = false;
  const stop = async () => {
    if (!isStopped) await server.stop();
    isStopped = true;
  };
  context.after(stop);
  const ask = async (path: string) => {
    const answer = await fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${TOKEN}` } });
    assert.equal(answer.status, 200);
    return answer.json();
  };
  const post: OverviewPlugin['post'] = async (path, body, headers = {}) => {
    const answer = await fetch(`${server.publicUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    await answer.arrayBuffer();
    return answer.status;
  };
  const status = async () => (await ask('/api/status')) as StatusAnswer;
  return {
    ...server,
    stop,
    directory,
    write,
    post,
    status,
    overview: async (query = {}) => (await ask(`/api/overview?${new URLSearchParams(query)}`)) as OverviewAnswer,
    async attention(kind, which = () => true) {
      let found: AttentionItem | undefined;
      await until(async () => {
        found = (await status()).attention.find((item) => item.kind === kind && which(item));
        return found !== undefined;
      }, `${kind} needs attention`);
      return found as AttentionItem;
    },
    isCalm: (kind) =>
      until(async () => (await status()).attention.every((item) => item.kind !== kind), `no ${kind} is left`),
    track: (events, writeKey = 'write-key') =>
      post('/v1/batch', { writeKey, batch: Array.isArray(events) ? events : [events] }),
  };
}

/** An event of a sender. */
export function visited(index: number, fields: object = {}): object {
  return { type: 'track', event: 'Visited', userId: `user-${index}`, messageId: `msg-${index}`, ...fields };
}

/** A Statsig that knows one key, `secret-right`, and a workspace that has this one or a wrong one. @returns the workspace's settings document */
export async function shopOfStatsig(context: TestContext, secretKey: 'secret-right' | 'secret-wrong') {
  const statsig = await serve((request, response) => {
    request.resume();
    if (request.headers['statsig-api-key'] === 'secret-right') response.writeHead(202).end('{"success":true}');
    else response.writeHead(401).end('no');
  });
  context.after(() => statsig.close());
  return { id: 'shop', secretKey, eventsUrl: statsig.url, trackingApi: { writeKeys: ['write-key'] } };
}
