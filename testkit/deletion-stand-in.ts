// A stand-in on loopback for Statsig's deletion of user data: holds requests to what is documented, and takes each request_id once.

import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { DELETE_PATH, deletionProblems, readDeletion, STATUS_PATH } from '../src/contract/stand-ins/deletion-calls.js';
import { serve } from './loopback.js';

/** A request it has seen. */
export interface SeenDeletion {
  readonly key: string | undefined;
  readonly userIds: readonly string[];
  readonly requestId: string;
}

/** What comes back instead of Statsig's own answer. `lost`: it takes the request, and the answer is lost. */
export type DeletionAnswer = { readonly status: number; readonly body?: string } | 'lost' | 'hang' | undefined;

/** A running stand-in. */
export interface DeletionStandIn {
  readonly url: string;
  readonly seen: readonly SeenDeletion[];
  /** Ids of the requests that were taken, in order. */
  readonly taken: readonly (readonly string[])[];
  /** What it says of a request; `undefined` hangs up. */
  status: (requestId: string) => string | undefined;
  /** Most questions for a status that were under way at once. */
  readonly mostAtOnce: number;
  /** Resolves when so many deletions have come in. */
  received(count: number): Promise<void>;
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  assert.equal(request.method, 'POST');
  assert.equal(request.headers['content-type'], 'application/json');
  return JSON.parse(Buffer.concat(chunks).toString());
}

/**
 * Closed with the test, which fails if a request broke a rule.
 *
 * @param answerTo told the ids, before the request is taken
 */
export async function serveDeletions(
  context: TestContext,
  answerTo: (userIds: readonly string[]) => DeletionAnswer | Promise<DeletionAnswer> = () => undefined,
): Promise<DeletionStandIn> {
  const seen: SeenDeletion[] = [];
  const taken = new Map<string, readonly string[]>();
  const faults: unknown[] = [];
  let onRequest = () => {};
  let questions = 0;
  let mostAtOnce = 0;

  async function deletion(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readJson(request);
    const asked = readDeletion(body);
    assert.ok(asked !== undefined && asked.requestId !== '', deletionProblems(DELETE_PATH, body).join());
    const { userIds, requestId } = asked;
    const answer = await answerTo(userIds);
    seen.push({ key: request.headers['statsig-api-key']?.toString(), userIds, requestId });
    onRequest();
    if (typeof answer === 'object') {
      response.writeHead(answer.status).end(answer.body ?? '');
      return;
    }
    if (taken.has(requestId)) {
      response.writeHead(400).end('{"error":"request_id has already been used"}');
      return;
    }
    taken.set(requestId, userIds);
    if (answer === 'lost') response.socket?.resetAndDestroy();
    else if (answer === undefined) response.end(JSON.stringify({ request_id: requestId }));
  }

  async function status(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readJson(request);
    assert.deepEqual(deletionProblems(STATUS_PATH, body), []);
    questions += 1;
    mostAtOnce = Math.max(mostAtOnce, questions);
    await nextTurn();
    questions -= 1;
    const said = standIn.status(String(body.request_id));
    if (said === undefined) response.socket?.resetAndDestroy();
    else response.writeHead(said.startsWith('HTTP') ? 403 : 200).end(JSON.stringify({ status: said }));
  }

  const server = await serve((request, response) => {
    const handle = request.url === STATUS_PATH ? status : deletion;
    const isKnown = handle === status || request.url === DELETE_PATH;
    const handled = isKnown ? handle(request, response) : Promise.reject(new Error(`asked for ${request.url}`));
    handled.catch((error: unknown) => {
      faults.push(error);
      response.destroy();
    });
  });
  context.after(async () => {
    await server.close();
    assert.deepEqual(faults, []);
  });
  const standIn: DeletionStandIn = {
    url: server.url,
    seen,
    get taken() {
      return [...taken.values()];
    },
    status: (requestId) => (taken.has(requestId) ? 'PENDING' : 'UNKNOWN'),
    get mostAtOnce() {
      return mostAtOnce;
    },
    async received(count) {
      while (seen.length < count) {
        await new Promise<void>((resolve) => {
          onRequest = resolve;
        });
      }
    },
  };
  return standIn;
}
