// The connection is cut at each statement of an event's life: it is delivered, becomes a dead letter and is put back as if nothing had been, and nothing is left behind.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PluginError } from '../../../src/base/errors.js';
import { Secret } from '../../../src/base/secret.js';
import { laneId } from '../../../src/outbox/lane-id.js';
import type { Delivery, Outbox, Settlement } from '../../../src/outbox/outbox.js';
import { harmEachStatement } from '../../../testkit/postgres-harm.js';
import { startPostgresProxy } from '../../../testkit/postgres-proxy.js';
import { sharedOutbox, userEvent } from '../../../testkit/shared-outbox.js';
import { until } from '../../../testkit/until.js';

/** As a sender, or an operator, does: again, until there is an answer. */
async function insist<T>(work: () => Promise<T>, what: string): Promise<T> {
  let result: { readonly of: T } | undefined;
  await until(async () => {
    try {
      result = { of: await work() };
      return true;
    } catch (error) {
      if (!(error instanceof PluginError)) throw error;
      return false;
    }
  }, what);
  if (result === undefined) throw new Error(what);
  return result.of;
}

/** What one life came to. */
interface Life {
  readonly claimed: Map<string, number>;
  losses: number;
}

/** Claims, and settles as is said; what was lost on the way is claimed again. */
async function deliver(
  outbox: Outbox,
  target: string,
  life: Life,
  settlementOf: (delivery: Delivery) => Settlement,
  ids: readonly string[],
): Promise<void> {
  const open = new Set(ids);
  await until(
    async () => {
      const deliveries = await outbox.claim(laneId('acme', target), 10, 1e6);
      for (const { messageId = '' } of deliveries) life.claimed.set(messageId, (life.claimed.get(messageId) ?? 0) + 1);
      if (deliveries.length === 0) return open.size === 0;
      const settled = await insist(() => outbox.settle(deliveries.map(settlementOf)), 'settled');
      if (settled === 'lost') life.losses += 1;
      else for (const { messageId = '' } of deliveries) open.delete(messageId);
      return open.size === 0;
    },
    `${target}: ${[...open].join(', ')} are settled`,
  );
}

test('a connection that is cut at any statement of a life changes nothing of how it ends', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const proxy = await startPostgresProxy(shared.url);
  context.after(() => proxy.close());
  const outbox = await shared.replica({ url: new Secret(proxy.url) });
  const lives = new Map<number, Life>();

  async function live(run: number): Promise<void> {
    const target = `target-${run}`;
    const life: Life = { claimed: new Map(), losses: 0 };
    lives.set(run, life);
    const events = ['a', 'b', 'c'].map((id) => userEvent(id, { target }));
    await insist(() => outbox.append(events), 'appended');
    await deliver(
      outbox,
      target,
      life,
      (delivery) =>
        delivery.messageId === 'a'
          ? { kind: 'delivered', delivery }
          : delivery.messageId === 'b'
            ? { kind: 'dead', delivery, reason: 'rejected', answer: 'no', status: 400 }
            : { kind: 'putBack', delivery: { ...delivery, attempts: 1 } },
      ['a', 'b'],
    );
    const keys = await insist(async () => {
      const found: string[] = [];
      for await (const { key } of outbox.deadLetters('acme', { target })) found.push(key);
      return found;
    }, 'listed');
    assert.equal(keys.length, 1, `${target}: one dead letter`);
    for (const key of keys) await insist(() => outbox.redeliver(key), 'redelivered');
    await deliver(outbox, target, life, (delivery) => ({ kind: 'delivered', delivery }), ['b', 'c']);
  }

  const statements = await harmEachStatement(
    proxy,
    live,
    async ({ fault, statement, error }, run) => {
      const label = `${fault}: ${statement.slice(0, 200)}`;
      assert.equal(error, undefined, `${label}: ${String(error)}`);
      const target = `target-${run}`;
      const rows = await shared.run<{ rows: number; letters: number; counted: number; bytes: number }>(
        `select (select count(*)::int from event_row r where r.lane = l.id) as rows, (select count(*)::int from dead_letter d where d.lane = l.id) as letters,
          dead_letters as counted, dead_letter_bytes::int as bytes from lane l where name = '${laneId('acme', target)}'`,
      );
      assert.deepEqual(rows, [{ rows: 0, letters: 0, counted: 0, bytes: 0 }], label);
      const life = lives.get(run);
      assert.equal(life?.claimed.get('a'), 1 + (life?.losses ?? 0), label);
    },
    ['cut before', 'cut after'],
  );
  for (const part of [
    'append_events',
    'with head as',
    'kept as',
    'insert into dead_letter',
    'delete from dead_letter',
    'commit',
  ]) {
    assert.ok(
      statements.some((text) => text.includes(part)),
      part,
    );
  }
});
