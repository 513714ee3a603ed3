// What every outbox promises about what it remembers: whose ids are whose, what was said last, and who has to forget first.

import assert from 'node:assert/strict';
import type { OutboxEvent } from '../../../src/outbox/outbox.js';
import { claimAll, deadLettersOf, event, idsOf } from '../../../testkit/outbox.js';
import { checkOutbox } from '../../../testkit/outbox-engines.js';

const WINDOW_MS = 10_000;

/** An exposure of user-42 to a group. */
function exposure(id: string, group: string, overrides: Partial<OutboxEvent> = {}): OutboxEvent {
  return event(id, { once: { key: 'user-42 checkout', value: group, windowMs: WINDOW_MS }, ...overrides });
}

checkOutbox('an id of one origin or target is none of another', async (outbox) => {
  const kinds: readonly Partial<OutboxEvent>[] = [
    {},
    { origin: 'partner' },
    { origin: 'key-web' },
    { origin: 'key-server' },
    { target: 'statsig-deletions' },
    { target: 'statsig-list-vip' },
    { target: 'segment-eu', origin: 'statsig' },
    { workspaceId: 'other' },
  ];
  const all = kinds.map((kind) => event('order-1', kind));
  assert.deepEqual(new Set(await outbox.append(all)), new Set(['accepted']));
  assert.deepEqual(new Set(await outbox.append(all)), new Set(['duplicate']), 'each knows its own again');
});

checkOutbox('what says something else than the last one passes, however often it changes', async (outbox, clock) => {
  const inOneCall = [exposure('1', 'a'), exposure('2', 'b'), exposure('3', 'b'), exposure('4', 'a')];
  assert.deepEqual(await outbox.append(inOneCall), ['accepted', 'accepted', 'repeated', 'accepted']);
  assert.deepEqual(await outbox.append([exposure('5', 'a')]), ['repeated']);
  assert.deepEqual(await outbox.append([exposure('6', 'b')]), ['accepted']);
  await clock.advance(WINDOW_MS - 1);
  assert.deepEqual(await outbox.append([exposure('7', 'b')]), ['repeated'], 'its window began with the change');
  await clock.advance(1);
  assert.deepEqual(await outbox.append([exposure('8', 'b')]), ['accepted'], 'and ends a window after it');
  assert.deepEqual(idsOf(await claimAll(outbox)), ['1', '2', '4', '6', '8']);
});

checkOutbox('what said nothing new is known again once something else was said', async (outbox) => {
  const first = [exposure('1', 'a'), exposure('2', 'a')];
  assert.deepEqual(await outbox.append(first), ['accepted', 'repeated']);
  assert.deepEqual(await outbox.append([exposure('3', 'b'), exposure('4', 'b')]), ['accepted', 'repeated']);
  const again = [...first, exposure('3', 'b'), exposure('4', 'b'), exposure('5', 'b'), exposure('5', 'b')];
  const expected = ['duplicate', 'duplicate', 'duplicate', 'duplicate', 'repeated', 'duplicate'];
  assert.deepEqual(await outbox.append(again), expected);
  assert.deepEqual(await outbox.append([exposure('6', 'a')]), ['accepted']);
  assert.deepEqual(idsOf(await claimAll(outbox)), ['1', '3', '6']);
});

checkOutbox('of changes in concurrent calls none is lost and none comes twice', async (outbox) => {
  const groups = Array.from({ length: 100 }, (_, index) => ((index >> 1) % 2 === 0 ? 'a' : 'b'));
  const results = await Promise.all(groups.map((group, index) => outbox.append([exposure(`${index}`, group)])));
  const expected = groups.map((group, index) => (group === groups[index - 1] ? 'repeated' : 'accepted'));
  assert.deepEqual(results.flat(), expected);
});

checkOutbox(
  'a change that dies is no last word; one that is not the last any more takes nothing back',
  async (outbox) => {
    await outbox.append([exposure('1', 'a'), exposure('2', 'b'), exposure('3', 'c')]);
    const [, second, third] = await claimAll(outbox);
    assert.ok(second && third);
    await outbox.settle([{ kind: 'dead', delivery: second, reason: 'rejected', answer: '' }]);
    assert.deepEqual(await outbox.append([exposure('4', 'c')]), ['repeated']);
    await outbox.settle([{ kind: 'dead', delivery: third, reason: 'rejected', answer: '' }]);
    assert.deepEqual(await outbox.append([exposure('5', 'c'), exposure('6', 'a')]), ['accepted', 'accepted']);
  },
);

checkOutbox('what is taken out is no last word, and what is delivered again is unknown', async (outbox) => {
  await outbox.append([exposure('1', 'a')]);
  await outbox.purge('acme', { target: 'statsig' });
  assert.deepEqual(await outbox.append([exposure('2', 'a')]), ['accepted'], 'the purged one was not sent');
  const [second] = await claimAll(outbox);
  assert.ok(second);
  await outbox.settle([{ kind: 'dead', delivery: second, reason: 'rejected', answer: '' }]);
  await outbox.append([exposure('3', 'b')]);
  const [letter] = await deadLettersOf(outbox);
  assert.ok(letter !== undefined && (await outbox.redeliver(letter.key)));
  assert.deepEqual(await outbox.append([exposure('4', 'b')]), ['accepted'], 'or the old group would be the last word');
  assert.deepEqual(await outbox.append([exposure('5', 'b')]), ['repeated']);
});

checkOutbox(
  'who sends the most forgets first',
  async (outbox) => {
    const quiet = [
      event('quiet', {}),
      event('quiet', { origin: 'partner' }),
      event('quiet', { workspaceId: 'other' }),
      exposure('quiet', 'a', { target: 'segment-eu', origin: 'statsig' }),
    ];
    assert.deepEqual(new Set(await outbox.append(quiet)), new Set(['accepted']));
    for (let call = 0; call < 20; call += 1) {
      const loud = Array.from({ length: 50 }, (_, index) => event(`loud ${call} ${index}`, { origin: 'key-web' }));
      assert.deepEqual(new Set(await outbox.append(loud)), new Set(['accepted']));
    }
    assert.deepEqual(new Set(await outbox.append(quiet)), new Set(['duplicate']));
    const again = exposure('again', 'a', { target: 'segment-eu', origin: 'statsig' });
    assert.deepEqual(await outbox.append([again]), ['repeated']);
    assert.deepEqual(
      await outbox.append([event('loud 0 0', { origin: 'key-web' })]),
      ['accepted'],
      'the loud one forgot',
    );
  },
  { limits: { maxDedupeEntries: 100 }, not: { postgres: 'its ids lie on disk, as many as there are' } },
);
