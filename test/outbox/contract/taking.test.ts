// What every outbox promises about taking events in and giving them out.

import assert from 'node:assert/strict';
import { laneId, STATSIG_TARGET } from '../../../src/outbox/lane-id.js';
import { ACME, assertAbout, claimAll, event, idsOf, START } from '../../../testkit/outbox.js';
import { checkOutbox } from '../../../testkit/outbox-engines.js';
import { until } from '../../../testkit/until.js';

const WIDE = 1_000_000_000;

const laneOf = (workspaceId: string) => laneId(workspaceId, STATSIG_TARGET);

checkOutbox('gives back what was stored, to the byte', async (outbox) => {
  const odd = event('id\n":\u{1f600}', { payload: '{"eventName":"Größe \u2028 \\ud800","a":"b\\nc"}' });
  assert.deepEqual(await outbox.append([odd, event(undefined)]), ['accepted', 'accepted']);
  const [first, second] = await claimAll(outbox);
  assert.ok(first !== undefined && second !== undefined);
  const { key, attempts, ...stored } = first;
  const { origin: _, ...kept } = odd;
  assert.deepEqual(stored, kept);
  assert.equal(attempts, 0);
  assert.ok(key < second.key);
  assert.deepEqual(await outbox.append([]), []);
});

checkOutbox('claims in the order of storing', async (outbox, clock) => {
  await outbox.append([event('a'), event('b')]);
  await clock.advance(5);
  await outbox.append([event('c', { acceptedAt: clock.at })]);
  assert.equal(await outbox.nextDueAt(ACME), START);
  assert.deepEqual(idsOf(await outbox.claim(ACME, 2, WIDE)), ['a', 'b']);
  assert.equal(await outbox.nextDueAt(ACME), START + 5);
});

checkOutbox('claims within the limits, at least one, none twice', async (outbox) => {
  const payload = 'x'.repeat(100);
  await outbox.append(['a', 'b', 'c', 'd', 'e', 'f'].map((id) => event(id, { payload })));
  assert.deepEqual(idsOf(await outbox.claim(ACME, 2, WIDE)), ['a', 'b']);
  assert.deepEqual(idsOf(await outbox.claim(ACME, 10, 50)), ['c']);
  assert.deepEqual(idsOf(await outbox.claim(ACME, 10, 200)), ['d', 'e']);
  assert.deepEqual(idsOf(await outbox.claim(ACME, 0, 0)), ['f']);
  assert.deepEqual(await claimAll(outbox), []);
});

checkOutbox('gives each delivery to one of many concurrent claims', async (outbox) => {
  const ids = Array.from({ length: 300 }, (_, index) => `id-${index}`);
  await outbox.append(ids.map((id) => event(id)));
  const settling: Promise<unknown>[] = [];
  const claim = async () => {
    const mine: (string | undefined)[] = [];
    for (let turns = 0; turns < 300; turns += 1) {
      const claimed = await outbox.claim(ACME, 7, WIDE);
      if (claimed.length === 0) return mine;
      mine.push(...idsOf(claimed));
      // The next claim does not wait for it.
      settling.push(outbox.settle(claimed.map((delivery) => ({ kind: 'delivered', delivery }))));
    }
    return mine;
  };
  const taken = (await Promise.all([claim(), claim(), claim(), claim()])).flat();
  await Promise.all(settling);
  assert.deepEqual(taken.toSorted(), ids.toSorted());
});

checkOutbox('gives out each once while events arrive in any order and others are settled', async (outbox) => {
  const ids = Array.from({ length: 1000 }, (_, index) => `id-${index}`);
  const settling: Promise<unknown>[] = [];
  const taken: (string | undefined)[] = [];
  const claim = async () => {
    const claimed = await outbox.claim(ACME, 3, WIDE);
    taken.push(...idsOf(claimed));
    settling.push(outbox.settle(claimed.map((delivery) => ({ kind: 'delivered', delivery }))));
  };
  const arrive = async (from: number) => {
    for (let index = from; index < ids.length; index += 4) {
      // Each is due before all that came earlier.
      await outbox.append([event(ids[index], { acceptedAt: START - index })]);
      await Promise.all([claim(), claim()]);
    }
  };
  await Promise.all([arrive(0), arrive(1), arrive(2), arrive(3)]);
  await Promise.all(settling);
  taken.push(...idsOf(await claimAll(outbox)));
  assert.deepEqual(taken.toSorted(), ids.toSorted());
});

checkOutbox(
  'finds what arrives while a claim is under way, though it is due before what that claim has passed',
  async (outbox) => {
    await outbox.append(Array.from({ length: 2000 }, (_, index) => event(`id-${index}`)));
    const early = event('early', { acceptedAt: START - 1 });
    const [claimed] = await Promise.all([claimAll(outbox), outbox.append([early])]);
    const rest = await claimAll(outbox);
    assert.equal(claimed.length + rest.length, 2001);
    assert.ok(idsOf([...claimed, ...rest]).includes('early'));
  },
);

checkOutbox('keeps workspaces apart', async (outbox) => {
  await outbox.append([event('a'), event('a', { workspaceId: 'acme-2' }), event('b', { workspaceId: 'a:c/%' })]);
  await until(() => outbox.lanes().length === 3, 'all lanes are there');
  assert.deepEqual([...outbox.lanes()].sort(), ['a:c/%/statsig', 'acme-2/statsig', 'acme/statsig']);
  assert.deepEqual(idsOf(await claimAll(outbox, ACME)), ['a']);
  assert.equal(await outbox.nextDueAt(ACME), undefined);
  assert.equal(await outbox.nextDueAt(laneOf('acme-2')), START);
  const [odd] = await claimAll(outbox, laneOf('a:c/%'));
  assert.equal(odd?.workspaceId, 'a:c/%');
  assert.deepEqual(await claimAll(outbox, laneOf('nobody')), []);
});

checkOutbox('keeps the targets of a workspace apart', async (outbox) => {
  await outbox.append([event('a'), event('b', { target: 'segment-eu' }), event('c', { target: 'segment-us' })]);
  await until(() => outbox.lanes().length === 3, 'all lanes are there');
  assert.deepEqual([...outbox.lanes()].sort(), ['acme/segment-eu', 'acme/segment-us', 'acme/statsig']);
  const [b] = await claimAll(outbox, laneId('acme', 'segment-eu'));
  assert.deepEqual([b?.workspaceId, b?.target, b?.messageId], ['acme', 'segment-eu', 'b']);
  assert.deepEqual(idsOf(await claimAll(outbox)), ['a']);
});

checkOutbox(
  'takes a once key once per lane within its own window',
  async (outbox, clock) => {
    const exposure = (id: string, windowMs = 500, target = 'segment-eu') =>
      event(id, { target, once: { key: 'user-42 button_color', value: 'red', windowMs } });
    assert.deepEqual(await outbox.append([exposure('a'), exposure('b')]), ['accepted', 'repeated']);
    assert.deepEqual(await outbox.append([exposure('a')]), ['duplicate'], 'the very same event is a duplicate first');
    assert.deepEqual(await outbox.append([exposure('b', 500, 'segment-us')]), ['accepted'], 'each lane on its own');
    await clock.advance(499);
    assert.deepEqual(await outbox.append([exposure('c')]), ['repeated']);
    await clock.advance(1);
    assert.deepEqual(await outbox.append([exposure('d', 10)]), ['accepted'], 'the window is over');
    await clock.advance(9);
    assert.deepEqual(await outbox.append([exposure('e')]), ['repeated']);
    await clock.advance(1);
    assert.deepEqual(await outbox.append([exposure('f', 2000)]), ['accepted'], 'a shorter window of its own');
    await clock.advance(1999);
    assert.deepEqual(await outbox.append([exposure('g', 2000)]), ['repeated'], 'longer than the dedupe window');
    assert.deepEqual(await outbox.append([exposure('h', 0)]), ['accepted'], 'no window');
  },
  { limits: { dedupeWindowMs: 1000 } },
);

checkOutbox(
  'takes a message id once per workspace within the window',
  async (outbox, clock) => {
    assert.deepEqual(await outbox.append([event('a'), event('a'), event('b')]), ['accepted', 'duplicate', 'accepted']);
    await clock.advance(999);
    assert.deepEqual(await outbox.append([event('b'), event('c')]), ['duplicate', 'accepted']);
    assert.deepEqual(await outbox.append([event(undefined), event(undefined)]), ['accepted', 'accepted']);
    assert.deepEqual(idsOf(await claimAll(outbox)), ['a', 'b', 'c', undefined, undefined]);
    assert.deepEqual(await outbox.append([event('a')]), ['duplicate'], 'settled or not');
  },
  { limits: { dedupeWindowMs: 1000 } },
);

const BY_TABLE = 'it remembers for a window at least: what it remembers goes table by table';

checkOutbox(
  'forgets a message id when its window ends',
  async (outbox, clock) => {
    await outbox.append([event('a')]);
    await clock.advance(999);
    await outbox.append([event('b')]);
    await clock.advance(1);
    assert.deepEqual(await outbox.append([event('a'), event('b')]), ['accepted', 'duplicate']);
  },
  { limits: { dedupeWindowMs: 1000 }, not: { postgres: BY_TABLE } },
);

const UNBOUNDED = 'its ids lie on disk, as many as there are';

checkOutbox('takes long ids for what they are', async (outbox) => {
  const long = 'm'.repeat(5000);
  assert.deepEqual(await outbox.append([event(`${long}1`), event(`${long}2`)]), ['accepted', 'accepted']);
  assert.deepEqual(await outbox.append([event(`${long}1`), event(`${long}3`)]), ['duplicate', 'accepted']);
});

checkOutbox(
  'forgets the oldest ids first',
  async (outbox, clock) => {
    await outbox.append([event('a'), event('b')]);
    await clock.advance(1);
    await outbox.append([event('c'), event('d')]);
    assert.deepEqual(await outbox.append([event('b'), event('c'), event('d')]), [
      'duplicate',
      'duplicate',
      'duplicate',
    ]);
    assert.deepEqual(await outbox.append([event('a')]), ['accepted']);
    assert.deepEqual(await outbox.append([event('c'), event('b')]), ['duplicate', 'accepted']);
    const many = Array.from({ length: 10 }, (_, index) => event(`many-${index}`));
    await outbox.append(many);
    const again = await outbox.append(many.toReversed().slice(0, 3));
    assert.deepEqual(again, ['duplicate', 'duplicate', 'duplicate']);
    assert.deepEqual(await outbox.append([event('many-0')]), ['accepted']);
  },
  { limits: { maxDedupeEntries: 3 }, not: { postgres: UNBOUNDED } },
);

checkOutbox(
  'without a window every event is new',
  async (outbox) => {
    assert.deepEqual(await outbox.append([event('a'), event('a')]), ['accepted', 'accepted']);
    assert.deepEqual(await outbox.append([event('a')]), ['accepted']);
  },
  { limits: { dedupeWindowMs: 0 } },
);

checkOutbox('concurrent calls: each id is accepted once and each event kept once', async (outbox) => {
  const calls = Array.from({ length: 200 }, (_, index) =>
    outbox.append([event(`twice-${index >> 1}`), event(`own-${index}`)]),
  );
  const results = (await Promise.all(calls)).flat();
  assert.equal(results.filter((result) => result === 'accepted').length, 300);
  const ids = idsOf(await claimAll(outbox));
  assert.equal(ids.length, 300);
  assert.equal(new Set(ids).size, 300);
});

checkOutbox(
  'refuses a whole call that does not fit, and takes it once there is room',
  async (outbox) => {
    const payload = 'x'.repeat(10_000);
    await outbox.append([event('a', { payload })]);
    assert.equal((await outbox.status()).ok, true);
    const call = [event('b', { payload }), event('c', { payload })];
    await assert.rejects(outbox.append(call), { code: 'OUTBOX_FULL' });
    const { ok, problem, bytes } = await outbox.status();
    assert.equal(ok, false);
    assertAbout(bytes, 10_000);
    assert.match(problem ?? '', /\bfull\b/);
    assert.deepEqual(await outbox.append([event('a', { payload })]), ['duplicate'], 'a duplicate needs no room');
    const claimed = await claimAll(outbox);
    assert.deepEqual(idsOf(claimed), ['a']);
    await assert.rejects(outbox.append(call), { code: 'OUTBOX_FULL' }, 'claimed is not yet gone');
    await outbox.settle(claimed.map((delivery) => ({ kind: 'delivered', delivery })));
    assert.deepEqual(await outbox.status(), { at: START, ok: true, bytes: 0, lanes: [] });
    assert.deepEqual(await outbox.append(call), ['accepted', 'accepted']);
  },
  { limits: { maxBytes: 25_000 } },
);

checkOutbox(
  'counts the bytes of concurrent calls together',
  async (outbox) => {
    const calls = Array.from({ length: 30 }, (_, index) =>
      outbox.append([event(`id-${index}`, { payload: 'x'.repeat(10_000) })]),
    );
    const results = await Promise.allSettled(calls);
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 10);
    assertAbout((await outbox.status()).bytes, 100_000);
    assert.equal((await claimAll(outbox)).length, 10);
  },
  { limits: { maxBytes: 105_000 } },
);
