// How the dispatcher reads the answers that it has to try again after, of each kind of target, over real HTTP.

import assert from 'node:assert/strict';
import { startDispatcher } from '../../testkit/dispatch.js';
import type { StandInAnswer } from '../../testkit/stand-in.js';
import { testEachKind } from '../../testkit/target-kinds.js';

interface RetryCase {
  readonly answer: StandInAnswer;
  /** Milliseconds. */
  readonly wait?: number;
  readonly status: number;
  readonly says: RegExp;
}

const RETRIED: Readonly<Record<string, RetryCase>> = {
  '429 with Retry-After': {
    answer: { status: 429, headers: { 'retry-after': '7' } },
    wait: 7000,
    status: 429,
    says: /answered 429/,
  },
  '500': { answer: { status: 500, body: 'oops' }, status: 500, says: /answered 500: oops/ },
  '503': { answer: { status: 503, body: '{"success":false}' }, status: 503, says: /answered 503/ },
  '408': { answer: { status: 408 }, status: 408, says: /answered 408/ },
  'a redirect that keeps the POST': {
    answer: { status: 308, headers: { location: '/' } },
    status: 502,
    says: /redirect/,
  },
  'a redirect': { answer: { status: 302, headers: { location: '/' } }, status: 502, says: /redirect/ },
  'no answer': { answer: 'hang', status: 504, says: /no answer within 300 ms/ },
  'a reset connection': { answer: 'reset', status: 503, says: /did not answer/ },
  'an answer that breaks off': { answer: 'cut off', status: 503, says: /broke off/ },
};

for (const [what, { answer, wait = 500, status, says }] of Object.entries(RETRIED)) {
  testEachKind(`${what} is tried again and then delivered once`, async (context, kind) => {
    const answers = [answer];
    const standIn = await kind.serve(context, () => answers.shift() ?? kind.yes);
    const { aim, append, drain, outcomes, outbox } = startDispatcher(context, { kind, timeoutMs: 300 });
    aim('acme', standIn);
    await append('acme', ['a', 'b']);
    assert.deepEqual(await drain(), [1000, wait]);
    assert.deepEqual(
      standIn.requests.map((request) => request.names),
      [
        ['a', 'b'],
        ['a', 'b'],
      ],
    );
    assert.deepEqual(
      outcomes.map((outcome) => [outcome.kind, outcome.deliveries.map(({ attempts }) => attempts), outcome.status]),
      [
        ['retry', [1, 1], status],
        ['delivered', [1, 1], kind.yes.status],
      ],
    );
    assert.match(outcomes[0]?.message ?? '', says);
    assert.deepEqual(outbox.dead, []);
  });
}

testEachKind('a connection that is reset before the request is read is tried again', async (context, kind) => {
  const standIn = await kind.serve(context, () => kind.yes, 1);
  const { aim, append, drain, outcomes } = startDispatcher(context, { kind });
  aim('acme', standIn);
  await append('acme', ['a', 'b'], 20_000);
  assert.deepEqual(await drain(), [1000, 500]);
  assert.equal(standIn.unread, 1);
  assert.deepEqual(
    standIn.requests.map((request) => request.names),
    [['a', 'b']],
  );
  assert.deepEqual(
    outcomes.map((outcome) => [outcome.kind, outcome.status]),
    [
      ['retry', 503],
      ['delivered', kind.yes.status],
    ],
  );
});

testEachKind('the wait grows from try to try, and the last answer goes into the dead letter', async (context, kind) => {
  const standIn = await kind.serve(context, () => ({ status: 503, body: `try ${standIn.requests.length}` }));
  const limits = { maxAttempts: 4, retryWindowMs: 0, failuresToOpen: 100 };
  const { aim, append, drain, outbox } = startDispatcher(context, { kind, limits });
  aim('acme', standIn);
  await append('acme', ['a']);
  assert.deepEqual(await drain(), [1000, 500, 1000, 2000]);
  assert.deepEqual(
    outbox.dead.map(({ reason, attempts, answer }) => ({ reason, attempts, answer })),
    [{ reason: 'attempts_exhausted', attempts: 4, answer: `${kind.title} answered 503: try 3` }],
  );
  assert.equal(standIn.requests.length, 4);
});
