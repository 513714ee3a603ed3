// A stand-in for Statsig's Console API on loopback: keeps lists and ID types, takes only what the OpenAPI allows, and no more calls than the limits do.

import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import { type ConsoleReply, createStandInLists, idsOfBody } from '../src/contract/stand-ins/console-lists.js';
import { createSegmentSchema, idsSchema, idTypeSchema } from '../src/contract/stand-ins/console-schemas.js';
import { MUTATION_LIMITS, STATSIG_LIMITS, type WindowLimit, waitFor } from './call-windows.js';
import { createStandInIdTypes, isAboutIdTypes } from './console-id-types.js';
import { serve } from './loopback.js';

/** The only key it takes. */
export const CONSOLE_KEY = 'console-example';

const PREFIX = '/console/v1/segments';

/** What goes wrong with a call: an answer instead of doing it, or trouble before it is done or after. */
export type ConsoleFault =
  | (Partial<ConsoleReply> & { readonly status: number; readonly headers?: Record<string, string> })
  | 'reset'
  | 'reset after'
  | 'hang'
  | 'hang after';

/** A call as it came over the wire. */
export interface LoggedCall {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly listId: string | undefined;
  readonly ids: readonly string[];
  /** Whether it was done. */
  readonly took: boolean;
  /** Absent when none came back. */
  readonly status?: number;
}

/** How it behaves. */
export interface ConsoleStandInOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Of calls about lists. */
  readonly limits?: readonly WindowLimit[];
  /** Names of the project's ID types beside `userID` and `stableID`. */
  readonly idTypes?: readonly string[];
  /** Asked about each call that is valid, before anything comes of it. */
  readonly faultOf?: (call: Omit<LoggedCall, 'took'>) => ConsoleFault | undefined | Promise<ConsoleFault | undefined>;
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return text === '' ? undefined : JSON.parse(text);
}

/** Stricter than the OpenAPI: nothing it does not name leaves. */
function requireNamedFields(body: unknown, { properties }: { readonly properties: object }): void {
  const unnamed = Object.keys(body ?? {}).filter((field) => !Object.hasOwn(properties, field));
  assert.deepEqual(unnamed, []);
}

function requireHeaders({ headers, method }: IncomingMessage): void {
  assert.equal(headers['statsig-api-version'], '20240601');
  if (method !== 'GET') assert.equal(headers['content-type'], 'application/json');
}

/** Runs until it is closed. */
export async function serveConsole({
  now,
  limits = STATSIG_LIMITS,
  idTypes = [],
  faultOf = () => undefined,
}: ConsoleStandInOptions) {
  const { lists, make, answer } = createStandInLists(now);
  const project = createStandInIdTypes(idTypes);
  const calls: LoggedCall[] = [];
  const broken: unknown[] = [];
  const counted: number[] = [];
  const countedMutations: number[] = [];
  const underWay = new Map<string, number>();
  let onCall = () => {};

  function give(response: ServerResponse, { status, body = '' }: Partial<ConsoleReply>, headers = {}): void {
    response.writeHead(status ?? 200, { 'content-type': 'application/json', ...headers }).end(body);
  }

  function refuse(
    request: IncomingMessage,
    isOfIdTypes: boolean,
  ): { status: number; message: string; wait?: number } | undefined {
    const key = String(request.headers['statsig-api-key']);
    // Statsig's own message holds the key.
    if (key !== CONSOLE_KEY) return { status: 401, message: `an invalid key was sent. Key: ${key}` };
    const wait = isOfIdTypes
      ? waitFor(countedMutations, now(), request.method === 'GET' ? [] : MUTATION_LIMITS)
      : waitFor(counted, now(), limits);
    return wait > 0 ? { status: 429, message: 'Too many requests', wait } : undefined;
  }

  function enter(listId: string, response: ServerResponse): void {
    const others = underWay.get(listId) ?? 0;
    underWay.set(listId, others + 1);
    response.once('close', () => underWay.set(listId, (underWay.get(listId) ?? 1) - 1));
    if (others > 0) broken.push(`two calls at a time for ${listId}`);
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const place = new URL(url, 'http://console');
    const isOfIdTypes = isAboutIdTypes(place);
    const [, listId, tail] = /^\/console\/v1\/segments(?:\/([^/]+)(\/id_list)?)?$/.exec(url) ?? [];
    assert.ok(isOfIdTypes || url.startsWith(PREFIX), url);
    assert.equal(tail !== undefined, method === 'PATCH' || method === 'DELETE', `${method} ${url}`);
    requireHeaders(request);
    if (listId !== undefined && method !== 'GET') enter(listId, response);
    const body = await readBody(request);
    const ofSegment = listId === undefined ? createSegmentSchema : idsSchema;
    requireNamedFields(body, isOfIdTypes ? idTypeSchema : ofSegment);
    const call = { at: now(), method, path: url, listId, ids: idsOfBody(body) };
    const log = (took: boolean, status?: number) => {
      calls.push({ ...call, took, ...(status !== undefined && { status }) });
      onCall();
    };
    const refused = refuse(request, isOfIdTypes);
    if (refused !== undefined) {
      const { status, message, wait = 0 } = refused;
      log(false, status);
      give(
        response,
        { status, body: JSON.stringify({ status, message }) },
        {
          ...(wait > 0 && { 'retry-after': String(Math.ceil(wait / 1000)) }),
        },
      );
      return;
    }
    if (!isOfIdTypes) counted.push(now());
    else if (method !== 'GET') countedMutations.push(now());
    const fault = await faultOf(call);
    if (typeof fault === 'object') {
      log(false, fault.status);
      give(response, fault, fault.headers);
      return;
    }
    const isDone = fault !== 'reset' && fault !== 'hang';
    const act = () => (isOfIdTypes ? project.answer(method, place, body) : answer({ method, listId, body }));
    const reply = isDone ? act() : undefined;
    if (isDone) assert.ok(reply !== undefined, `${method} ${url} is no call of the OpenAPI`);
    log(reply !== undefined && reply.status < 300, fault === undefined ? reply?.status : undefined);
    if (fault === 'reset' || fault === 'reset after') request.socket.resetAndDestroy();
    else if (fault === undefined && reply !== undefined) {
      if (reply.status === 400 && method !== 'POST') broken.push(`${method} ${url} was answered ${reply.body}`);
      give(response, reply);
    }
  }

  const server = await serve((request, response) => {
    handle(request, response).catch((error: unknown) => {
      // A sender that went away half-way broke no rule.
      if (request.complete) broken.push(error);
      response.destroy();
    });
  });
  return {
    url: server.url,
    /** By id of the segment. */
    lists,
    /** Descriptions of ID types, by name. */
    idTypes: project.types,
    /** Makes a segment. */
    make,
    /** In the order in which they were answered. */
    calls,
    /** Rules that calls broke. */
    broken,
    /** Ids on a list, sorted. */
    idsOn: (listId: string): string[] => [...(lists.get(listId)?.ids ?? [])].sort(),
    /** Methods and numbers of ids of the calls that change a list, in order. */
    changesOf: (listId: string): string[] =>
      calls
        .filter((call) => call.listId === listId && call.method !== 'GET')
        .map(({ method, ids }) => `${method} ${ids.length}`),
    /** Resolves when so many calls have been answered. */
    async called(count: number): Promise<void> {
      while (calls.length < count) {
        await new Promise<void>((resolve) => {
          onCall = resolve;
        });
      }
    },
    close: server.close,
  };
}

/** A running stand-in. */
export type ConsoleStandIn = Awaited<ReturnType<typeof serveConsole>>;

/** Closed with the test, which fails if a call broke a rule. */
export async function startConsole(context: TestContext, options: ConsoleStandInOptions): Promise<ConsoleStandIn> {
  const consoleApi = await serveConsole(options);
  context.after(async () => {
    await consoleApi.close();
    assert.deepEqual(consoleApi.broken, []);
  });
  return consoleApi;
}
