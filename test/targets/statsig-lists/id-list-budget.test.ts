// The budget of a console key: Statsig's limit holds for every interval, wherever in between a call is counted.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CONSOLE_LIMITS, createRateBudget, endOfBlock } from '../../../src/targets/statsig-lists/rate-budget.js';
import { propertyRuns } from '../../../testkit/property-runs.js';

const START = Date.UTC(2026, 0, 15, 12);

/** What a process may do with a budget. */
type Deed =
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'wait until ready' }
  | { readonly kind: 'take'; readonly calls: number }
  | { readonly kind: 'finish'; readonly nth: number }
  | { readonly kind: 'block'; readonly ms: number };

const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 4_000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 400_000 }) }) },
  { weight: 4, arbitrary: fc.constant({ kind: 'wait until ready' as const }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('take' as const), calls: fc.integer({ min: 1, max: 15 }) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('finish' as const), nth: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('block' as const), ms: fc.integer({ min: 1, max: 20_000 }) }) },
);

/** A call, which Statsig may count at any time from `from` to `to`. */
interface MadeCall {
  readonly from: number;
  to: number;
  readonly over: () => void;
}

test('no interval of 10 s or 15 min can hold more calls than Statsig allows, however long each takes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { minLength: 20, maxLength: 300 }), async (deeds) => {
      let now = START;
      let blockedUntil = 0;
      const budget = createRateBudget(() => now);
      const made: MadeCall[] = [];
      const underWay: MadeCall[] = [];

      async function take(): Promise<void> {
        const isReady = budget.readyAt() <= now;
        const over = await budget.take();
        assert.equal(over !== undefined, isReady);
        if (over === undefined) return;
        assert.ok(now >= blockedUntil);
        const call = { from: now, to: Number.POSITIVE_INFINITY, over };
        made.push(call);
        underWay.push(call);
        for (const { calls, windowMs } of CONSOLE_LIMITS) {
          const near = made.filter(({ to }) => to >= now - windowMs).length;
          assert.ok(near <= calls, `${near} calls may be counted within ${windowMs} ms`);
        }
      }

      for (const each of deeds) {
        switch (each.kind) {
          case 'wait':
            now += each.ms;
            break;
          case 'wait until ready':
            now = Math.max(now, budget.readyAt());
            break;
          case 'take':
            for (let call = 0; call < each.calls; call += 1) await take();
            break;
          case 'finish':
            for (const call of underWay.splice(each.nth, 8)) {
              call.to = now;
              call.over();
              call.over();
            }
            break;
          case 'block':
            blockedUntil = Math.max(blockedUntil, now + each.ms);
            budget.blockUntil(now + each.ms);
        }
      }
    }),
    { numRuns: propertyRuns(100) },
  );
});

/** Takes whatever it can for so long; returns the times. */
async function takeAll(forMs: number): Promise<number[]> {
  let now = START;
  const budget = createRateBudget(() => now);
  const times: number[] = [];
  while (now < START + forMs) {
    for (let over = await budget.take(); over !== undefined; over = await budget.take()) {
      times.push(now - START);
      over();
    }
    const ready = budget.readyAt();
    assert.ok(ready > now);
    now = ready;
  }
  return times;
}

test('what Statsig allows is made use of', async () => {
  const times = await takeAll(60 * 60_000);
  assert.equal(times.filter((time) => time <= 10_000).length, 12);
  assert.equal(times.filter((time) => time <= 15 * 60_000).length, 900);
  assert.ok(times.length >= 3_590, `${times.length} calls in an hour`);
});

test('calls that are under way keep their places, and those after them are told to wait', async () => {
  let now = START;
  const budget = createRateBudget(() => now);
  const over = await Promise.all(Array.from({ length: 12 }, () => budget.take()));
  now += 60_000;
  assert.equal(await budget.take(), undefined);
  assert.ok(budget.readyAt() > now);
  over[0]?.();
  assert.equal(budget.readyAt(), now + 10_001);
  now += 10_001;
  assert.notEqual(await budget.take(), undefined);
  assert.equal(await budget.take(), undefined);
});

test('a clock that is set back holds nothing up for longer than a window', async () => {
  let now = START;
  const budget = createRateBudget(() => now);
  for (let call = 0; call < 12; call += 1) (await budget.take())?.();
  now -= 3_600_000;
  assert.equal(budget.readyAt(), now + 10_001);
});

test('a 429 says how long to wait, in seconds or as a date; 10 s where it does not', () => {
  assert.equal(endOfBlock('7', START), START + 7_000);
  assert.equal(endOfBlock(new Date(START + 90_000).toUTCString(), START), START + 90_000);
  assert.equal(endOfBlock(undefined, START), START + 10_000);
  assert.equal(endOfBlock('soon', START), START + 10_000);
});
