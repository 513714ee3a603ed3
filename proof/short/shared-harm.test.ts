// Two replicas share an outbox while the connections of both are harmed at random statements: cut, silent, late, held, refused. Nothing that was accepted is lost, each lane stays in order, never
// are two replicas at one lane, and what was settled is not sent again.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { PluginError } from '../../src/base/errors.js';
import { Secret } from '../../src/base/secret.js';
import { type LaneId, laneId } from '../../src/outbox/lane-id.js';
import type { Delivery, Outbox, Settlement } from '../../src/outbox/outbox.js';
import { type PostgresProxy, startPostgresProxy } from '../../testkit/postgres-proxy.js';
import { createRandom } from '../../testkit/random.js';
import { sharedOutbox, userEvent } from '../../testkit/shared-outbox.js';
import { until } from '../../testkit/until.js';

/** Harms for each replica. */
const HARMS = 30;
const TARGETS = ['a', 'b', 'c'];
const LEASE_MS = 3_000;

/** Of a sending, at most. */
const SENDING_MS = 30;

/** A request begins while the lane is held for as long as it may take, and a margin. */
const MARGIN_MS = 2 * SENDING_MS;

const SEED = Number(process.env.SEED ?? Date.now() % 1e6);

/** What was seen, over both replicas. */
interface Seen {
  readonly accepted: Map<string, string[]>;
  /** In the order in which they were sent first. */
  readonly sent: Map<string, string[]>;
  readonly settled: Set<string>;
  readonly sending: Map<LaneId, Outbox>;
  readonly problems: Set<string>;
  repeated: number;
}

/** @returns true @throws what is no answer of an outbox */
function isAnswer(error: unknown): boolean {
  if (error instanceof PluginError && /^OUTBOX_UN(?:AVAILABLE|CONFIRMED)$/.test(error.code)) return true;
  throw error;
}

test(`two replicas whose connections are harmed at random lose nothing (seed ${SEED})`, async (context: TestContext) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const random = createRandom(SEED);
  const proxies = await Promise.all([1, 2].map(() => startPostgresProxy(shared.url)));
  for (const proxy of proxies) context.after(() => proxy.close());
  const replicas = await Promise.all(
    proxies.map(({ url }) => shared.replica({ url: new Secret(url), leaseMs: LEASE_MS })),
  );
  const seen: Seen = {
    ...{
      accepted: new Map(TARGETS.map((target) => [target, []])),
      sent: new Map(TARGETS.map((target) => [target, []])),
    },
    ...{ settled: new Set(), sending: new Map(), problems: new Set(), repeated: 0 },
  };
  let isHarming = true;
  let isOver = false;

  /** A sender: each call by any replica, until it is answered; then the next. */
  async function send(target: string): Promise<void> {
    for (let call = 0; isHarming; call += 1) {
      const ids = Array.from({ length: random.whole(1, 6) }, (_, index) => `${target}-${call}-${index}`);
      const events = ids.map((id) => userEvent(id, { target }));
      for (let isAnswered = false; !isAnswered; ) {
        const replica = replicas[random.whole(0, 1)];
        isAnswered = (await replica?.append(events).catch((error) => !isAnswer(error))) !== false;
        if (!isAnswered) await sleep(20);
      }
      seen.accepted.get(target)?.push(...ids);
      await sleep(random.whole(0, 20));
    }
  }

  async function request(
    replica: Outbox,
    lane: LaneId,
    deliveries: readonly Delivery[],
  ): Promise<readonly Settlement[]> {
    if (replica.heldUntil(lane) - MARGIN_MS <= Date.now())
      return deliveries.map((delivery) => ({ kind: 'putBack', delivery }));
    if (seen.sending.has(lane)) seen.problems.add(`two are at ${lane}`);
    seen.sending.set(lane, replica);
    for (const { target, messageId = '' } of deliveries) {
      const order = seen.sent.get(target) ?? [];
      if (seen.settled.has(messageId)) seen.problems.add(`${messageId} was settled, and is sent again`);
      if (order.includes(messageId)) seen.repeated += 1;
      else order.push(messageId);
    }
    await sleep(random.whole(0, SENDING_MS));
    if (seen.sending.get(lane) === replica) seen.sending.delete(lane);
    return deliveries.map((delivery) => ({ kind: 'delivered', delivery }));
  }

  /** The lane's worker in a replica. */
  async function work(replica: Outbox, lane: LaneId): Promise<void> {
    while (!isOver) {
      const deliveries = await replica.claim(lane, random.whole(1, 8), 1e6);
      if (deliveries.length === 0) {
        await sleep(15);
        continue;
      }
      const settlements = await request(replica, lane, deliveries);
      let settled: 'settled' | 'lost' | undefined;
      while (settled === undefined) {
        settled = await replica.settle(settlements).catch((error) => (isAnswer(error) ? undefined : 'lost'));
        if (settled === undefined) await sleep(20);
      }
      if (settled === 'lost') continue;
      for (const { kind, delivery } of settlements)
        if (kind === 'delivered') seen.settled.add(delivery.messageId ?? '');
    }
  }

  async function harm(proxy: PostgresProxy): Promise<void> {
    for (let done = 0; done < HARMS; done += 1) {
      const nth = random.whole(1, 15);
      proxy.forget();
      const fault = random.weighted({
        'cut before': 2,
        'cut after': 2,
        'silent before': 1,
        'silent after': 1,
        late: 3,
        held: 1,
      });
      void proxy.failAt((_, count) => count >= nth, fault);
      await sleep(random.whole(50, 400));
      if (random.chance(0.3)) await proxy.release();
      if (random.chance(0.05)) {
        proxy.fallSilent();
        await sleep(random.whole(500, 1.5 * LEASE_MS));
        proxy.resume();
      }
      if (random.chance(0.05)) {
        proxy.refuse();
        await sleep(random.whole(0, 1_000));
        proxy.resume();
      }
    }
    proxy.forget();
    await proxy.release();
  }

  const workers = replicas.flatMap((replica) => TARGETS.map((target) => work(replica, laneId('acme', target))));
  const senders = TARGETS.map(send);
  await Promise.all(proxies.map(harm));
  isHarming = false;
  await Promise.all(senders);
  await until(
    async () => (await shared.run<{ n: number }>('select count(*)::int as n from event_row'))[0]?.n === 0,
    'all is sent',
  );
  isOver = true;
  await Promise.all(workers);
  assert.deepEqual([...seen.problems], []);
  for (const target of TARGETS)
    assert.deepEqual(seen.sent.get(target), seen.accepted.get(target), `the order of ${target}`);
  const accepted = TARGETS.reduce((sum, target) => sum + (seen.accepted.get(target)?.length ?? 0), 0);
  context.diagnostic(`accepted ${accepted}, lost 0, reordered 0, sent more than once ${seen.repeated}`);
});
