// The dispatcher with the outbox on disk: what the two promise together.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openLevelOutbox } from '../../src/outbox/level-outbox.js';
import type { DeadLetter } from '../../src/outbox/outbox.js';
import { startDispatcher } from '../../testkit/dispatch.js';
import { FakeClock } from '../../testkit/fake-clock.js';
import { ACCEPTED, serveLogEvent } from '../../testkit/log-event-stand-in.js';
import { ROOMY } from '../../testkit/outbox-memory.js';
import { temporaryDirectory } from '../../testkit/settings.js';
import type { StandInAnswer } from '../../testkit/stand-in.js';

const names = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `event-${from + index}`);

async function open(context: TestContext, directory: string, clock: FakeClock) {
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const limits = { ...ROOMY, maxBytes: 10_000_000, dedupeWindowMs: 0, maxDedupeEntries: 0 };
  const outbox = await openLevelOutbox({ directory: join(directory, 'outbox'), ...limits, now: clock.now, log });
  context.after(() => outbox.close());
  return outbox;
}

async function lettersOf(letters: AsyncIterable<DeadLetter>) {
  const found: unknown[] = [];
  for await (const { messageId, reason, attempts, answer } of letters)
    found.push([messageId, reason, attempts, answer]);
  return found;
}

test('order holds over failures, later appends and a restart amid them; each event arrives once', async (context) => {
  const answers: StandInAnswer[] = [{ status: 500 }, ACCEPTED, { status: 503 }, 'hang'];
  const statsig = await serveLogEvent(context, () => answers.shift() ?? ACCEPTED);
  const directory = temporaryDirectory(context);
  const clock = new FakeClock();
  const limits = { maxBatchEvents: 4 };

  const before = await open(context, directory, clock);
  const first = startDispatcher(context, { outbox: before, clock });
  first.aim('acme', statsig, limits);
  await first.append('acme', names(0, 10));
  await first.told(1);
  await first.append('acme', names(10, 14));
  await clock.skip();
  await first.told(3);
  await clock.skip();
  await statsig.received(4);
  const stopped = first.dispatcher.stop(0);
  clock.advance(0);
  await stopped;
  await before.close();
  assert.deepEqual(statsig.accepted(), names(0, 4));

  const after = await open(context, directory, clock);
  const second = startDispatcher(context, { outbox: after, clock });
  second.aim('acme', statsig, limits);
  second.dispatcher.wake();
  await second.drain();
  assert.deepEqual(statsig.accepted(), names(0, 14));
  const retries = statsig.requests.map((request) => request.headers['statsig-retry-count']);
  assert.deepEqual(retries.slice(0, 5), ['0', '1', '0', '1', '2'], 'tries survive the restart');
});

test('a dead letter tells reason, tries and answer, and can be delivered again', async (context) => {
  let fixed = false;
  const statsig = await serveLogEvent(context, (events) => {
    if (fixed) return ACCEPTED;
    if (events.includes('event-1')) return { status: 400, body: 'bad event' };
    return events.includes('event-2') ? { status: 500, body: 'oops' } : ACCEPTED;
  });
  const clock = new FakeClock();
  const outbox = await open(context, temporaryDirectory(context), clock);
  const { aim, append, drain } = startDispatcher(context, {
    outbox,
    clock,
    limits: { maxAttempts: 3, retryWindowMs: 0 },
  });
  aim('acme', statsig);
  await append('acme', names(0, 4));
  await drain();
  assert.deepEqual(await lettersOf(outbox.deadLetters('acme')), [
    ['event-1', 'rejected', 1, 'Statsig answered 400: bad event'],
    ['event-2', 'attempts_exhausted', 3, 'Statsig answered 500: oops'],
    ['event-3', 'attempts_exhausted', 3, 'Statsig answered 500: oops'],
  ]);
  fixed = true;
  for await (const { key } of outbox.deadLetters('acme')) assert.ok(await outbox.redeliver(key));
  await drain();
  assert.deepEqual([...statsig.accepted()].sort(), names(0, 4));
});
