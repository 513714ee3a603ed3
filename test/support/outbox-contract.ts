// What every outbox promises: one suite of tests for all kinds.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Outbox } from '../../src/delivery/outbox.js';
import { claimAll, createClock, deadLettersOf, event, idsOf, START } from './outbox.js';
import type { OutboxLimits } from './outbox-memory.js';

const WIDE = 1_000_000_000;

/** @param open gives a new empty outbox, closed after the test */
export function testOutboxContract(
  name: string,
  open: (context: TestContext, limits: Partial<OutboxLimits>) => Promise<Outbox>,
): void {
  describe(name, () => {
    const check = (
      title: string,
      run: (context: TestContext, clock: ReturnType<typeof createClock>) => Promise<void>,
    ) => test(title, (context) => run(context, createClock()));

    check('gives back what was stored, to the byte', async (context, { now }) => {
      const outbox = await open(context, { now });
      const odd = event('id\n":\u{1f600}', { payload: '{"eventName":"Größe \u2028 \\ud800","a":"b\\nc"}' });
      assert.deepEqual(await outbox.append([odd, event(undefined)]), ['accepted', 'accepted']);
      const [first, second] = await claimAll(outbox);
      assert.ok(first !== undefined && second !== undefined);
      const { key, dueAt, attempts, ...stored } = first;
      assert.deepEqual(stored, odd);
      assert.deepEqual({ dueAt, attempts }, { dueAt: START, attempts: 0 });
      assert.ok(key < second.key);
      assert.deepEqual(await outbox.append([]), []);
    });

    check('claims in the order of due time, then arrival', async (context, { now }) => {
      const outbox = await open(context, { now });
      await outbox.append([event('later', { acceptedAt: START + 5 }), event('a')]);
      await outbox.append([event('b'), event('earlier', { acceptedAt: START - 5 })]);
      assert.deepEqual(idsOf(await claimAll(outbox, START)), ['earlier', 'a', 'b']);
      assert.deepEqual(idsOf(await claimAll(outbox, START + 4)), []);
      assert.equal(await outbox.nextDueAt('acme'), START + 5);
      assert.deepEqual(idsOf(await claimAll(outbox, START + 5)), ['later']);
      assert.equal(await outbox.nextDueAt('acme'), undefined);
    });

    check('claims within the limits, at least one, none twice', async (context, { now }) => {
      const outbox = await open(context, { now });
      const payload = 'x'.repeat(100);
      await outbox.append(['a', 'b', 'c', 'd', 'e', 'f'].map((id) => event(id, { payload })));
      assert.deepEqual(idsOf(await outbox.claim('acme', START, 2, WIDE)), ['a', 'b']);
      assert.deepEqual(idsOf(await outbox.claim('acme', START, 10, 50)), ['c']);
      assert.deepEqual(idsOf(await outbox.claim('acme', START, 10, 200)), ['d', 'e']);
      assert.deepEqual(idsOf(await outbox.claim('acme', START, 0, 0)), ['f']);
      assert.deepEqual(await claimAll(outbox), []);
    });

    check('gives each delivery to one of many concurrent claims', async (context, { now }) => {
      const outbox = await open(context, { now });
      const ids = Array.from({ length: 300 }, (_, index) => `id-${index}`);
      await outbox.append(ids.map((id) => event(id)));
      const claim = async () => {
        const mine: (string | undefined)[] = [];
        for (let turns = 0; turns < 300; turns += 1) {
          const claimed = await outbox.claim('acme', START, 7, WIDE);
          if (claimed.length === 0) return mine;
          mine.push(...idsOf(claimed));
          // The next claim does not wait for it.
          void outbox.settle(claimed.map((delivery) => ({ kind: 'delivered', delivery })));
        }
        return mine;
      };
      const taken = (await Promise.all([claim(), claim(), claim(), claim()])).flat();
      assert.deepEqual(taken.toSorted(), ids.toSorted());
    });

    check('keeps workspaces apart', async (context, { now }) => {
      const outbox = await open(context, { now });
      await outbox.append([event('a'), event('a', { workspaceId: 'acme-2' }), event('b', { workspaceId: 'a:c/%' })]);
      assert.deepEqual([...outbox.lanes()].sort(), ['a:c/%', 'acme', 'acme-2']);
      assert.deepEqual(idsOf(await claimAll(outbox, START, 'acme')), ['a']);
      assert.equal(await outbox.nextDueAt('acme'), undefined);
      assert.equal(await outbox.nextDueAt('acme-2'), START);
      const [odd] = await claimAll(outbox, START, 'a:c/%');
      assert.equal(odd?.workspaceId, 'a:c/%');
      assert.deepEqual(await claimAll(outbox, START, 'nobody'), []);
    });

    check('takes a message id once per workspace within the window', async (context, clock) => {
      const outbox = await open(context, { now: clock.now, dedupeWindowMs: 1000 });
      assert.deepEqual(await outbox.append([event('a'), event('a'), event('b')]), [
        'accepted',
        'duplicate',
        'accepted',
      ]);
      clock.at += 999;
      assert.deepEqual(await outbox.append([event('b'), event('c')]), ['duplicate', 'accepted']);
      clock.at += 1;
      assert.deepEqual(await outbox.append([event('a'), event('c')]), ['accepted', 'duplicate']);
      assert.deepEqual(await outbox.append([event(undefined), event(undefined)]), ['accepted', 'accepted']);
      assert.deepEqual(idsOf(await claimAll(outbox)), ['a', 'b', 'c', 'a', undefined, undefined]);
      assert.deepEqual(await outbox.append([event('a')]), ['duplicate'], 'settled or not');
    });

    check('takes long ids for what they are', async (context, { now }) => {
      const outbox = await open(context, { now });
      const long = 'm'.repeat(5000);
      assert.deepEqual(await outbox.append([event(`${long}1`), event(`${long}2`)]), ['accepted', 'accepted']);
      assert.deepEqual(await outbox.append([event(`${long}1`), event(`${long}3`)]), ['duplicate', 'accepted']);
    });

    check('forgets the oldest ids first', async (context, clock) => {
      const outbox = await open(context, { now: clock.now, maxDedupeEntries: 3 });
      await outbox.append([event('a'), event('b')]);
      clock.at += 1;
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
    });

    check('without a window every event is new', async (context, { now }) => {
      const outbox = await open(context, { now, dedupeWindowMs: 0 });
      assert.deepEqual(await outbox.append([event('a'), event('a')]), ['accepted', 'accepted']);
      assert.deepEqual(await outbox.append([event('a')]), ['accepted']);
    });

    check('concurrent calls: each id is accepted once and each event kept once', async (context, { now }) => {
      const outbox = await open(context, { now });
      const calls = Array.from({ length: 200 }, (_, index) =>
        outbox.append([event(`twice-${index >> 1}`), event(`own-${index}`)]),
      );
      const results = (await Promise.all(calls)).flat();
      assert.equal(results.filter((result) => result === 'accepted').length, 300);
      const ids = idsOf(await claimAll(outbox));
      assert.equal(ids.length, 300);
      assert.equal(new Set(ids).size, 300);
    });

    check('refuses a whole call that does not fit, and takes it once there is room', async (context, { now }) => {
      const outbox = await open(context, { now, maxBytes: 250 });
      const payload = 'x'.repeat(100);
      await outbox.append([event('a', { payload })]);
      assert.equal(outbox.status().ok, true);
      const call = [event('b', { payload }), event('c', { payload })];
      await assert.rejects(outbox.append(call), { code: 'OUTBOX_FULL' });
      const { ok, problem, bytes } = outbox.status();
      assert.deepEqual({ ok, bytes }, { ok: false, bytes: 100 });
      assert.match(problem ?? '', /^full/);
      assert.deepEqual(await outbox.append([event('a', { payload })]), ['duplicate'], 'a duplicate needs no room');
      const claimed = await claimAll(outbox);
      assert.deepEqual(idsOf(claimed), ['a']);
      await assert.rejects(outbox.append(call), { code: 'OUTBOX_FULL' }, 'claimed is not yet gone');
      await outbox.settle(claimed.map((delivery) => ({ kind: 'delivered', delivery })));
      assert.deepEqual(outbox.status(), { ok: true, bytes: 0, lanes: [] });
      assert.deepEqual(await outbox.append(call), ['accepted', 'accepted']);
    });

    check('counts the bytes of concurrent calls together', async (context, { now }) => {
      const outbox = await open(context, { now, maxBytes: 1000 });
      const calls = Array.from({ length: 30 }, (_, index) =>
        outbox.append([event(`id-${index}`, { payload: 'x'.repeat(100) })]),
      );
      const results = await Promise.allSettled(calls);
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 10);
      assert.equal(outbox.status().bytes, 1000);
      assert.equal((await claimAll(outbox)).length, 10);
    });

    check(
      'delivered is gone, retry is due later with one more try, settling again changes nothing',
      async (context, { now }) => {
        const outbox = await open(context, { now });
        await outbox.append([event('a'), event('b'), event('c')]);
        const [a, b, c] = await claimAll(outbox);
        assert.ok(a && b && c);
        await outbox.settle([
          { kind: 'delivered', delivery: a },
          { kind: 'retry', delivery: b, dueAt: START + 50 },
          { kind: 'retry', delivery: c, dueAt: START + 20 },
        ]);
        await outbox.settle([{ kind: 'retry', delivery: a, dueAt: START }]);
        await outbox.settle([]);
        assert.equal(outbox.status().lanes[0]?.waiting, 2);
        assert.equal(await outbox.nextDueAt('acme'), START + 20);
        assert.deepEqual(await claimAll(outbox, START + 19), []);
        const again = await claimAll(outbox, START + 50);
        assert.deepEqual(
          again.map(({ messageId, attempts, dueAt }) => [messageId, attempts, dueAt]),
          [
            ['c', 1, START + 20],
            ['b', 1, START + 50],
          ],
        );
        assert.equal(again[1]?.payload, b.payload);
        assert.equal(again[1]?.acceptedAt, START);
      },
    );

    check('a retry that is due before what is claimed is found', async (context, { now }) => {
      const outbox = await open(context, { now });
      await outbox.append([event('a'), event('b')]);
      const [a, b] = await claimAll(outbox);
      assert.ok(a && b);
      await outbox.settle([{ kind: 'retry', delivery: b, dueAt: START - 100 }]);
      assert.equal(await outbox.nextDueAt('acme'), START - 100);
      assert.deepEqual(idsOf(await claimAll(outbox)), ['b']);
      await outbox.settle([{ kind: 'retry', delivery: a, dueAt: START }]);
      assert.deepEqual(idsOf(await claimAll(outbox)), ['a'], 'due at the same time as before');
    });

    check('dead letters say why, and can be delivered again or dropped, once', async (context, clock) => {
      const outbox = await open(context, { now: clock.now });
      await outbox.append([event('a'), event('b'), event('z', { workspaceId: 'other' })]);
      const claimed = [...(await claimAll(outbox)), ...(await claimAll(outbox, START, 'other'))];
      const told: string[] = [];
      outbox.onAppend((workspaceId) => told.push(workspaceId));
      clock.at += 7;
      await outbox.settle(
        claimed.map((delivery) => ({ kind: 'dead', delivery, reason: 'rejected', answer: 'n'.repeat(5000) })),
      );
      assert.deepEqual(idsOf(await deadLettersOf(outbox)), ['a', 'b', 'z']);
      const [a, b] = await deadLettersOf(outbox, 'acme');
      assert.ok(a && b);
      assert.deepEqual(
        { reason: a.reason, answer: a.answer, diedAt: a.diedAt, acceptedAt: a.acceptedAt, payload: a.payload },
        {
          reason: 'rejected',
          answer: 'n'.repeat(4096),
          diedAt: START + 7,
          acceptedAt: START,
          payload: event('a').payload,
        },
      );
      assert.deepEqual(
        outbox.status().lanes.find(({ workspaceId }) => workspaceId === 'acme'),
        {
          workspaceId: 'acme',
          waiting: 0,
          deadLetters: 2,
        },
      );
      assert.deepEqual(outbox.lanes(), []);

      assert.deepEqual(await Promise.all([outbox.redeliver(a.key), outbox.redeliver(a.key)]), [true, false]);
      assert.deepEqual(told, ['acme']);
      assert.deepEqual(await Promise.all([outbox.drop(b.key), outbox.drop(b.key)]), [true, false]);
      assert.equal(await outbox.redeliver('no such key'), false);
      assert.deepEqual(await deadLettersOf(outbox, 'acme'), []);
      assert.equal((await deadLettersOf(outbox, 'other')).length, 1);
      const [again] = await claimAll(outbox, START + 7);
      assert.deepEqual(
        { messageId: again?.messageId, attempts: again?.attempts, dueAt: again?.dueAt },
        { messageId: 'a', attempts: 0, dueAt: START + 7 },
      );
      assert.equal(await outbox.drop(again?.key ?? ''), false, 'what waits is no dead letter');
    });

    check(
      'what is too old becomes a dead letter when it would be claimed, and lives again when redelivered',
      async (context, clock) => {
        const outbox = await open(context, { now: clock.now, maxAgeMs: 1000 });
        await outbox.append([event('old-1'), event('old-2'), event('young', { acceptedAt: START + 500 })]);
        clock.at = START + 1001;
        assert.deepEqual(idsOf(await outbox.claim('acme', clock.at, 1, WIDE)), ['young']);
        const letters = await deadLettersOf(outbox);
        assert.deepEqual(
          letters.map(({ messageId, reason }) => [messageId, reason]),
          [
            ['old-1', 'expired'],
            ['old-2', 'expired'],
          ],
        );
        assert.equal(await outbox.redeliver(letters[0]?.key ?? ''), true);
        assert.deepEqual(idsOf(await claimAll(outbox, clock.at)), ['old-1']);
      },
    );

    check('tells of new events once per call and workspace, and not of duplicates', async (context, { now }) => {
      const outbox = await open(context, { now });
      const told: string[] = [];
      outbox.onAppend((workspaceId) => told.push(workspaceId));
      await outbox.append([event('a'), event('b'), event('c', { workspaceId: 'other' })]);
      await outbox.append([event('a')]);
      assert.deepEqual(told, ['acme', 'other']);
    });

    check('knows how much waits and since when', async (context, { now }) => {
      const outbox = await open(context, { now });
      const at = (seconds: number) => event(`at-${seconds}`, { acceptedAt: START + seconds * 1000, payload: 'é' });
      await outbox.append([at(30), at(10), at(20)]);
      assert.deepEqual(outbox.status(), {
        ok: true,
        bytes: 6,
        lanes: [{ workspaceId: 'acme', waiting: 3, deadLetters: 0, oldestAcceptedAt: START + 10_000 }],
      });
      const [ten, twenty] = await claimAll(outbox, START + 60_000);
      assert.ok(ten && twenty);
      await outbox.settle([{ kind: 'delivered', delivery: twenty }]);
      assert.equal(outbox.status().lanes[0]?.oldestAcceptedAt, START + 10_000);
      await outbox.settle([{ kind: 'delivered', delivery: ten }]);
      assert.equal(outbox.status().lanes[0]?.oldestAcceptedAt, START + 30_000);
      assert.equal(outbox.status().bytes, 2);
    });

    check('takes nothing once it is closed', async (context, { now }) => {
      const outbox = await open(context, { now });
      const [pending] = [outbox.append([event('a')]), await outbox.close()];
      assert.deepEqual(await pending, ['accepted']);
      await assert.rejects(outbox.append([event('b')]), { code: 'OUTBOX_UNAVAILABLE' });
      await assert.rejects(outbox.redeliver('key'), { code: 'OUTBOX_UNAVAILABLE' });
      assert.deepEqual(await claimAll(outbox), []);
      assert.equal(outbox.status().ok, false);
    });
  });
}
