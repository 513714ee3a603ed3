// A stand-in on loopback for Statsig's deletion of user data: holds requests to what is documented, and takes each request_id once.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { readDeletion, STATUS_PATH } from '../src/contract/stand-ins/deletion-calls.js';
import type { StandInAnswer, StandInRequest } from '../src/contract/stand-ins/stand-in.js';
import { createStatsigStandIn } from '../src/contract/stand-ins/statsig-stand-in.js';
import { ownField } from '../src/model/segment-event.js';

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
  let onRequest = () => {};
  let questions = 0;
  let mostAtOnce = 0;

  async function answerDeletion({ headers, body }: StandInRequest): Promise<StandInAnswer> {
    const { userIds = [], requestId = '' } = readDeletion(body) ?? {};
    const answer = await answerTo(userIds);
    seen.push({ key: headers['statsig-api-key']?.toString(), userIds, requestId });
    onRequest();
    if (answer === 'lost') return { connection: 'reset' };
    return answer === 'hang' ? { connection: 'hang' } : (answer ?? {});
  }

  async function answerQuestion({ body }: StandInRequest): Promise<StandInAnswer> {
    questions += 1;
    mostAtOnce = Math.max(mostAtOnce, questions);
    await nextTurn();
    questions -= 1;
    const said = standIn.status(String(ownField(body, 'request_id')));
    if (said === undefined) return { connection: 'reset' };
    return { status: said.startsWith('HTTP') ? 403 : 200, body: { status: said } };
  }

  const server = await createStatsigStandIn({
    answer: (request) => (request.path === STATUS_PATH ? answerQuestion(request) : answerDeletion(request)),
  });
  context.after(async () => {
    await server.close();
    assert.deepEqual(server.problems, []);
    assert.ok(seen.every(({ requestId }) => requestId !== ''));
  });
  const standIn: DeletionStandIn = {
    url: server.url,
    seen,
    get taken() {
      return [...server.deletions.values()].map(({ userIds }) => userIds);
    },
    status: (requestId) => (server.deletions.has(requestId) ? 'PENDING' : 'UNKNOWN'),
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
