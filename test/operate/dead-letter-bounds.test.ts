// However many dead letters there are, one question costs so much and no more, and what it leaves out is said.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PluginError } from '../../src/base/errors.js';
import { type Deed, doToSelected } from '../../src/operate/dead-letters/deeds.js';
import { DEATH_REASONS, fixFor } from '../../src/operate/dead-letters/fixes.js';
import { groupDeadLetters } from '../../src/operate/dead-letters/groups.js';
import { Redeliveries } from '../../src/operate/dead-letters/redeliveries.js';
import { KnownSecrets } from '../../src/operate/known-secrets.js';
import { laneId } from '../../src/outbox/lane-id.js';
import type { DeadLetter } from '../../src/outbox/outbox.js';
import { EVERYTHING } from '../../testkit/dispatch.js';
import { FakeClock } from '../../testkit/fake-clock.js';
import { MemoryOutbox } from '../../testkit/outbox-memory.js';

/** An outbox with so many dead letters in each of some lanes. */
async function outboxWith(lanes: Readonly<Record<string, number>>, clock = new FakeClock()) {
  const outbox = new MemoryOutbox({ ...EVERYTHING, now: clock.now });
  for (const [target, count] of Object.entries(lanes)) {
    const event = { workspaceId: 'shop', target, messageId: undefined, origin: 'x', payload: '{"event":"A"}' };
    await outbox.append(Array.from({ length: count }, () => ({ ...event, acceptedAt: clock.now() })));
    for (const delivery of await outbox.claim(laneId('shop', target), count, 1e9)) {
      clock.advance(1);
      await outbox.settle([{ kind: 'dead', delivery, reason: 'rejected', answer: 'no', status: 400 }]);
    }
  }
  return outbox;
}

/** Counts what is read. */
function counting(outbox: MemoryOutbox) {
  let read = 0;
  const deadLetters: MemoryOutbox['deadLetters'] = async function* (...range) {
    for await (const letter of outbox.deadLetters(...range)) {
      read += 1;
      yield letter;
    }
  };
  return { deadLetters, status: () => outbox.status(), reads: () => read };
}

const NO_SECRETS = new KnownSecrets({ documents: [] });

test('groups read so many and no more, of each lane its share and the newest, and say what is partial', async () => {
  const counted = counting(await outboxWith({ large: 500, small: 3, huge: 900 }));
  const { groups, read, total, isPartial, omitted } = await groupDeadLetters(counted, {}, NO_SECRETS, {
    maxRead: 203,
    maxGroups: 2,
  });
  assert.deepEqual(
    groups.map(({ target, count, isAtLeast }) => [target, count, isAtLeast]),
    [
      ['large', 100, true],
      ['huge', 100, true],
    ],
  );
  assert.deepEqual({ read, total, isPartial, omitted }, { read: 203, total: 1403, isPartial: true, omitted: 1 });
  assert.ok(counted.reads() <= 203 + 3, 'one more of each lane, to know that there are more');
  const [large] = groups;
  assert.equal((large?.newest ?? 0) - (large?.oldest ?? 0), 99, 'the newest');
  const whole = await groupDeadLetters(counted, { target: 'small' }, NO_SECRETS);
  assert.deepEqual([whole.isPartial, whole.total, whole.groups[0]?.isAtLeast], [false, 3, undefined]);
});

test('a deed with a limit stops there and says where it goes on; what dies meanwhile is not meant', async () => {
  const clock = new FakeClock();
  const outbox = await outboxWith({ statsig: 10 }, clock);
  const filter = { workspace: 'shop', until: clock.now() };
  const done: string[] = [];
  /** Gives it up again at once, as a target with a wrong key does. */
  const redeliver: Deed = async ({ key }) => {
    const newKey = await outbox.redeliver(key);
    clock.advance(1);
    const claimed = await outbox.claim(laneId('shop', 'statsig'), 100, 1e9);
    await outbox.settle(claimed.map((delivery) => ({ kind: 'dead', delivery, reason: 'unauthorized', answer: '' })));
    if (newKey !== undefined) done.push(newKey);
    return newKey !== undefined;
  };
  let after: string | undefined;
  const changed: number[] = [];
  do {
    const result = await doToSelected(outbox, { filter, limit: 4, after }, redeliver);
    changed.push(result.changed);
    after = result.next?.after;
  } while (after !== undefined);
  assert.deepEqual(changed, [4, 4, 2]);
  assert.equal(new Set(done).size, 10);
  assert.equal(outbox.dead.length, 10);
});

test('what the disk keeps from a deed is told as left; where it took nothing the fault is thrown', async () => {
  const outbox = await outboxWith({ statsig: 450 });
  const filter = { workspace: 'shop', until: Number.MAX_SAFE_INTEGER };
  let calls = 0;
  const failing: Deed = async ({ key }) => {
    calls += 1;
    if (calls > 200) throw new Error('broken');
    return outbox.drop(key);
  };
  await assert.rejects(doToSelected(outbox, { filter, limit: undefined, after: undefined }, failing), /broken/);
  assert.equal(outbox.dead.length, 250, 'nothing is tried behind the fault but what was under way');
  const full: Deed = async () => {
    throw new PluginError('DEAD_LETTER_UNKNOWN');
  };
  await assert.rejects(doToSelected(outbox, { keys: [outbox.dead[0]?.key ?? ''] }, full), {
    code: 'DEAD_LETTER_UNKNOWN',
  });
});

test('of thousands that are put back only so many are followed, and of redeliveries the newest are kept', async () => {
  const redeliveries = new Redeliveries(() => 1, true, { maxFollowed: 3, maxKept: 2 });
  const lane = laneId('shop', 'statsig');
  const first = redeliveries.begin();
  for (const key of ['a', 'b', 'c', 'd', 'e']) redeliveries.add(first, lane, key);
  const where = { workspaceId: 'shop', target: 'statsig' };
  const deliveries = ['a', 'b', 'd'].map((key) => ({ ...where, key }) as DeadLetter);
  redeliveries.note({ ...where, kind: 'delivered', deliveries, message: '' });
  const report = redeliveries.report(first, [], () => 1);
  assert.deepEqual(
    [report?.redelivered, report?.delivered, report?.waiting, report?.notFollowed, report?.gone],
    [5, 2, 1, 2, 0],
  );
  assert.equal(redeliveries.report(first, [], () => 0)?.gone, 1, 'it waits in no lane: somebody took it out');
  const [second, third] = [redeliveries.begin(), redeliveries.begin()];
  assert.equal(
    redeliveries.report(first, [], () => 0),
    undefined,
    'the oldest is forgotten',
  );
  assert.equal(redeliveries.begin(second), second);
  assert.notEqual(redeliveries.begin(first), first);
  redeliveries.add(third, lane, 'f');
  assert.equal(redeliveries.report(third, [], () => 0)?.notFollowed ?? 0, 0, 'what was forgotten makes room');
});

test('where other replicas deliver, what waits in no lane any more is not said to be taken out: one of them may have delivered it', () => {
  const redeliveries = new Redeliveries(() => 1, false);
  const id = redeliveries.begin();
  for (const key of ['a', 'b']) redeliveries.add(id, laneId('shop', 'statsig'), key);
  const waiting = redeliveries.report(id, [], () => 2);
  assert.deepEqual([waiting?.waiting, waiting?.notFollowed, waiting?.gone], [2, 0, 0]);
  const drained = redeliveries.report(id, [], () => 0);
  assert.deepEqual([drained?.waiting, drained?.notFollowed, drained?.gone], [0, 2, 0]);
});

test('each reason has its fix, in the documents, too', () => {
  const page = readFileSync('docs/delivery.md', 'utf8');
  for (const reason of DEATH_REASONS) {
    for (const target of ['statsig', 'statsig-list-vip', 'statsig-deletions', 'segment-eu'])
      assert.match(fixFor(reason, target), /\.$/);
    assert.ok(page.includes(`\`${reason}\``), reason);
  }
  assert.match(fixFor('not_found', 'statsig-list-vip'), /createMissing/);
  assert.match(fixFor('unauthorized', 'segment-eu'), /`writeKey` of the target `segment-eu`/);
  assert.match(fixFor('of-a-later-version', 'statsig'), /\.$/);
});
