// Two replicas do whatever comes, stand still and come back, and a model says what may come of it: nothing is lost, nothing that was settled is given out once more, and the order stays.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PluginError } from '../../../src/base/errors.js';
import type { Delivery, Outbox } from '../../../src/outbox/outbox.js';
import { ACME, claimAll, deadLettersOf, event, idsOf } from '../../../testkit/outbox.js';
import { type EngineName, SHARED, type SharedPlace } from '../../../testkit/outbox-engines.js';
import { propertyRuns } from '../../../testkit/property-runs.js';
import { until } from '../../../testkit/until.js';

const KINDS = ['delivered', 'delivered', 'putBack', 'dead'] as const;

const who = fc.nat({ max: 1 });
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      deed: fc.constant('append' as const),
      who,
      ids: fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 5 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ deed: fc.constant('claim' as const), who, most: fc.integer({ min: 1, max: 4 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      deed: fc.constant('settle' as const),
      who,
      kind: fc.constantFrom(...KINDS),
      most: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      deed: fc.constantFrom(
        'redeliver' as const,
        'purge' as const,
        'take away' as const,
        'interrupt' as const,
        'cut' as const,
        'restart' as const,
      ),
      who,
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** What must be so, whatever the replicas believe. */
class Model {
  readonly seen = new Set<string>();
  /** In order. */
  waiting: string[] = [];
  dead: string[] = [];
  readonly claims: [Delivery[], Delivery[]] = [[], []];

  settle(kind: (typeof KINDS)[number], deliveries: readonly Delivery[]): void {
    if (kind === 'putBack') return;
    const gone = idsOf(deliveries).map(String);
    this.waiting = this.waiting.filter((id) => !gone.includes(id));
    if (kind === 'dead') this.dead.push(...gone);
  }
}

/** One run. */
class Run {
  readonly #place: SharedPlace;
  readonly #model = new Model();
  readonly #replicas: [Outbox, Outbox];

  constructor(place: SharedPlace, one: Outbox, other: Outbox) {
    this.#place = place;
    this.#replicas = [one, other];
    this.#watch(0);
    this.#watch(1);
  }

  /** What it has claimed is nothing of its any more when it is told so. */
  #watch(who: number): void {
    const [outbox, held] = this.#at(who);
    outbox.onLost(() => {
      held.length = 0;
    });
  }

  #at(who: number): readonly [Outbox, Delivery[]] {
    const side = who === 0 ? 0 : 1;
    return [this.#replicas[side], this.#model.claims[side]];
  }

  #forgetClaims(): void {
    for (const held of this.#model.claims) held.length = 0;
  }

  async do(now: Step): Promise<void> {
    const model = this.#model;
    const [outbox, held] = this.#at(now.who);
    switch (now.deed) {
      case 'append': {
        const ids = now.ids.map((id) => `id-${id}`);
        const results = await outbox.append(ids.map((id) => event(id, { acceptedAt: this.#place.clock.now() })));
        const expected = ids.map((id) => {
          const result = model.seen.has(id) ? 'duplicate' : 'accepted';
          model.seen.add(id);
          if (result === 'accepted') model.waiting.push(id);
          return result;
        });
        assert.deepEqual(results, expected);
        return;
      }
      case 'claim': {
        const claimed = await outbox.claim(ACME, now.most, 1_000_000);
        if (claimed.length === 0) return;
        // It has the lane: the other one has not.
        const [, others] = this.#at(1 - now.who);
        others.length = 0;
        const taken = new Set(idsOf(held));
        const next = model.waiting.filter((id) => !taken.has(id)).slice(0, claimed.length);
        assert.deepEqual(idsOf(claimed), next, 'the next ones, in order');
        held.push(...claimed);
        return;
      }
      case 'settle': {
        const some = held.splice(0, now.most);
        const settled = await outbox.settle(
          some.map((delivery) => ({ kind: now.kind, delivery, reason: 'rejected', answer: '' })),
        );
        if (settled === 'settled') model.settle(now.kind, some);
        else held.length = 0;
        return;
      }
      case 'redeliver': {
        const [letter] = await deadLettersOf(outbox);
        if (letter === undefined) return;
        // It is put behind what was accepted before.
        await this.#place.clock.advance(1);
        assert.ok(await outbox.redeliver(letter.key));
        model.dead = model.dead.filter((id) => id !== letter.messageId);
        model.waiting.push(String(letter.messageId));
        return;
      }
      case 'purge': {
        const { removed } = await outbox.purge('acme', { target: 'statsig' });
        const claimed = new Set(model.claims.flatMap((each) => idsOf(each)));
        const left = (await outbox.status()).lanes[0]?.waiting ?? 0;
        // What a replica had claimed that has lost the lane since is under way until somebody else has claimed it.
        assert.equal(removed + left, model.waiting.length + model.dead.length);
        const free = model.waiting.filter((id) => !claimed.has(id));
        const gone = new Set(
          this.#place.claimsRows ? model.waiting.slice(left) : free.slice(0, model.waiting.length - left),
        );
        assert.ok(![...claimed].some((id) => gone.has(String(id))), 'what is claimed stays');
        model.waiting = model.waiting.filter((id) => !gone.has(id));
        model.dead = [];
        assert.equal(model.waiting.length, left);
        return;
      }
      case 'take away': {
        const give = await this.#place.takeAway(ACME);
        this.#forgetClaims();
        assert.deepEqual(await claimAll(outbox), [], 'it is somebody else’s');
        await give();
        return;
      }
      case 'interrupt':
        await this.#place.interrupt(ACME);
        this.#forgetClaims();
        return;
      case 'cut': {
        await this.#place.cut(outbox);
        await assert.rejects(outbox.append([event('never')]), PluginError);
        await this.#place.heal(outbox);
        await until(async () => {
          await this.#place.tick();
          return (await outbox.status()).ok && (await outbox.status()).counts === undefined;
        }, 'it reaches the outbox again');
        return;
      }
      case 'restart': {
        await outbox.close();
        held.length = 0;
        this.#replicas[now.who === 0 ? 0 : 1] = await this.#place.open();
        this.#watch(now.who);
        return;
      }
    }
  }

  /** Everything that waits is given out once, in order. */
  async drain(): Promise<void> {
    const [one, other] = this.#replicas;
    const [held] = this.#model.claims;
    await one.settle(held.map((delivery) => ({ kind: 'putBack', delivery })));
    await other.close();
    const drained: string[] = [];
    await until(async () => {
      await this.#place.tick();
      const claimed = await claimAll(one);
      drained.push(...idsOf(claimed).map(String));
      await one.settle(claimed.map((delivery) => ({ kind: 'putBack', delivery })));
      if (claimed.length < this.#model.waiting.length) drained.length = 0;
      return drained.length >= this.#model.waiting.length;
    }, 'all is there');
    assert.deepEqual(drained, this.#model.waiting);
    assert.deepEqual(idsOf(await deadLettersOf(one)).toSorted(), this.#model.dead.toSorted());
  }
}

/** What a replica on PostgreSQL has read ahead it gives out until it learns that the lane was lost: `replicas.test.ts` has what it may do then. */
const UNNOTICED: ReadonlySet<Step['deed']> = new Set(['take away', 'interrupt']);

/** A case on PostgreSQL waits for replicas that come back. */
const CASES: Partial<Record<EngineName, { readonly runs: number; readonly steps: number }>> = {
  'shared memory': { runs: 100, steps: 60 },
  postgres: { runs: 1, steps: 24 },
};

for (const { name, place } of SHARED) {
  const { runs, steps } = CASES[name] ?? { runs: 10, steps: 30 };
  test(`${name}: two replicas do whatever comes`, async (context) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: steps / 2, maxLength: steps, size: 'max' }), async (todo) => {
        const made = await place(context, {});
        if (made === undefined) return;
        const run = new Run(made, await made.open(), await made.open());
        for (const each of todo) if (name !== 'postgres' || !UNNOTICED.has(each.deed)) await run.do(each);
        await run.drain();
      }),
      { numRuns: propertyRuns(runs), endOnFailure: name === 'postgres' },
    );
  });
}
