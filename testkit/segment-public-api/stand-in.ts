// A stand-in for Segment on loopback: its Public API, held against openapi.yaml, and its Tracking API, whose events go where what was set up says.

import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { isJsonObject, type JsonObject } from '../../src/model/segment-event.js';
import { serve } from '../loopback.js';
import { answerProblems, type Found, findOperation, statusOf } from './document.js';
import { forward, type Posted } from './forwarding.js';
import { createWorkspace, Refusal, type WorkspaceOptions } from './workspace.js';

/** The only token it takes, unless a test says otherwise. */
export const PUBLIC_API_TOKEN = 'public-api-token-of-tests';

/** A call, as it came. */
export interface ApiCall extends Pick<Found, 'id' | 'path' | 'query' | 'body'> {
  readonly method: string;
  /** With the query. */
  readonly target: string;
  /** Whether it was carried out. */
  isDone: boolean;
}

/** What goes wrong with a call that is valid. */
export interface Trouble {
  /** Answered in place of doing it, as Segment words errors. Where `isDone` is true: after doing it. */
  readonly status?: number;
  readonly message?: string;
  readonly data?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly isDone?: boolean;
  /** The connection ends without an answer; before that it is carried out where `isDone` is true. */
  readonly connection?: 'cut';
  /** Awaited before the answer: after the call is carried out, or not, as `isDone` says. */
  readonly meanwhile?: () => Promise<unknown>;
}

/** Segment's words for too many requests. */
export function tooMany(msBeforeNext: number, headers: Readonly<Record<string, string>> = {}): Trouble {
  return {
    status: 429,
    message: 'Too many requests',
    data: { remainingPoints: 0, msBeforeNext, consumedPoints: 21 },
    headers,
  };
}

/** How it behaves. */
export interface SegmentOptions extends WorkspaceOptions {
  readonly token?: string;
  /** Whether the token has the Source Admin permission. Default: yes. */
  readonly seesWriteKeys?: boolean;
  /** Whether "Destination Subscriptions" is enabled for the workspace. Default: yes. */
  readonly hasAlpha?: boolean;
}

const JSON_TYPE = 'application/json';

function errors(type: string, message: string, more: object = {}): JsonObject {
  return { errors: [{ type, message, ...more }] };
}

/** Without its write keys, wherever a source stands. */
function withoutKeys(data: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(data), (name, value) => (name === 'writeKeys' ? [] : value));
}

/** Runs until the test ends, which fails if a request or an answer was not as openapi.yaml says. */
export async function startSegment(
  context: { readonly after: (end: () => unknown) => void },
  options: SegmentOptions = {},
) {
  const { token = PUBLIC_API_TOKEN, seesWriteKeys = true } = options;
  let { hasAlpha = true } = options;
  const workspace = createWorkspace(options);
  const calls: ApiCall[] = [];
  const problems: string[] = [];
  const tracked: { readonly writeKey: string; readonly events: readonly JsonObject[] }[] = [];
  const posted: Posted[] = [];
  const waiting = new Set<Promise<unknown>>();
  let troubleOf: (call: ApiCall, count: number) => Trouble | undefined = () => undefined;

  function write(response: ServerResponse, id: string | undefined, status: number, body: unknown, head: object): void {
    const type = status < 400 ? String(response.req.headers.accept) : JSON_TYPE;
    problems.push(...answerProblems(id, status, type, body));
    response.writeHead(status, { 'content-type': type, ...head }).end(JSON.stringify(body));
  }

  function refuse(response: ServerResponse, found: Found | undefined, error: unknown): void {
    if (!(error instanceof Refusal)) throw error;
    const { status, type, message, field } = error;
    write(response, found?.id, status, errors(type, message, field === undefined ? {} : { field }), {});
  }

  function allowed(request: IncomingMessage, found: Found | undefined): asserts found is Found {
    if (request.headers.authorization !== `Bearer ${token}`) throw new Refusal(401, 'unauthorized', 'Unauthorized');
    if (found === undefined) {
      problems.push(`${request.method} ${request.url} is not described`);
      throw new Refusal(404, 'not-found', 'Not found');
    }
    if (found.problems.length > 0) {
      problems.push(...found.problems.map((problem) => `${request.method} ${request.url}: ${problem}`));
      throw new Refusal(422, 'input-validation', found.problems.join('; '));
    }
    // No page says which status a route has whose feature is off.
    if (!hasAlpha && /Subscription/.test(found.id))
      throw new Refusal(403, 'forbidden', 'The workspace does not have the Destination Subscriptions feature enabled');
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '/', headers } = request;
    const body = await text(request);
    const asked = { method, target: url, accept: headers.accept, contentType: headers['content-type'], text: body };
    const found = findOperation(asked);
    try {
      allowed(request, found);
      const call: ApiCall = { ...found, method, target: url, isDone: false };
      calls.push(call);
      const trouble = troubleOf(call, calls.length);
      const { status, message = 'no', data, headers: head = {}, meanwhile, connection } = trouble ?? {};
      const isDone = trouble?.isDone ?? (status === undefined && connection === undefined && meanwhile === undefined);
      const done = isDone ? workspace.perform(found) : undefined;
      call.isDone = isDone;
      await meanwhile?.();
      if (connection === 'cut' || (done === undefined && status === undefined)) return void request.socket.destroy();
      if (status !== undefined)
        return write(
          response,
          found.id,
          status,
          errors('RequestError', message, data === undefined ? {} : { data }),
          head,
        );
      const shown = done === undefined || seesWriteKeys ? done : withoutKeys(done);
      const limits = { 'x-ratelimit-remaining': '100', 'x-ratelimit-consumed': '1' };
      write(response, found.id, statusOf(found.id), { data: shown }, limits);
    } catch (error) {
      refuse(response, found, error);
    }
  }

  async function track(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body: unknown = JSON.parse(await text(request));
    assert.ok(isJsonObject(body));
    const basic = Buffer.from(String(request.headers.authorization).replace('Basic ', ''), 'base64').toString();
    const writeKey = basic.slice(0, -1);
    const isBatch = request.url === '/v1/batch';
    const events = isBatch ? (body.batch as readonly JsonObject[]) : [{ type: String(request.url).slice(4), ...body }];
    tracked.push({ writeKey, events });
    response.writeHead(200, { 'content-type': JSON_TYPE }).end('{"success":true}');
    posted.push(...(await forward(workspace, writeKey, events)));
  }

  const server = await serve((request, response) => {
    const handle = /^\/v1\/(?:batch|track|page|screen|group|identify|alias)$/.test(request.url ?? '') ? track : answer;
    const handled = handle(request, response).catch((error: unknown) => {
      // Who was killed waits for no answer.
      if (!request.destroyed || request.complete) problems.push(String(error));
      response.destroy();
    });
    waiting.add(handled);
    handled.finally(() => waiting.delete(handled));
  });
  context.after(async () => {
    await server.close();
    await Promise.all(waiting);
    assert.deepEqual(problems, []);
  });

  return {
    url: server.url,
    workspace,
    /** Of the Public API that were valid, in the order of arrival. */
    calls,
    /** What requests and answers broke; a test that expects some takes them out. */
    problems,
    /** What the Tracking API took. */
    tracked,
    /** What came of what was posted by mappings. */
    posted,
    /** Calls that change something. */
    changes: () => calls.filter(({ method }) => method !== 'GET'),
    /** Decides on each valid call. @param count of the calls so far, this one included */
    trouble(decide: typeof troubleOf = () => undefined) {
      troubleOf = decide;
    },
    setAlpha(isOn: boolean) {
      hasAlpha = isOn;
    },
  };
}

export type Segment = Awaited<ReturnType<typeof startSegment>>;
