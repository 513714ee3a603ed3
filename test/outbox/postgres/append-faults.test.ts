// The connection is harmed at each statement of an append: what is answered is so, and a sender that repeats it has everything stored once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PluginError } from '../../../src/base/errors.js';
import type { OutboxEvent } from '../../../src/outbox/outbox.js';
import { event } from '../../../testkit/outbox.js';
import { openAppends } from '../../../testkit/postgres-append.js';
import { harmEachStatement } from '../../../testkit/postgres-harm.js';
import { startPostgresProxy } from '../../../testkit/postgres-proxy.js';
import { until } from '../../../testkit/until.js';

const eventsOf = (run: number): readonly OutboxEvent[] =>
  Array.from({ length: 6 }, (_, index) =>
    event(`${run}-${index}`, {
      target: `statsig-events-${index % 2}`,
      ...(index < 3 && { once: { key: `key ${run} ${index}`, value: 'on', windowMs: 60_000 } }),
    }),
  );

test('an append that is harmed at any statement says what is so, and is whole and once when it is repeated', async (context) => {
  const outbox = await openAppends(context);
  if (outbox === undefined) return;
  const proxy = await startPostgresProxy(outbox.place.url);
  context.after(() => proxy.close());
  const { append } = outbox.open({ url: proxy.url, queryTimeoutMs: 2_000 });
  const storedOf = async (run: number) =>
    (await outbox.waiting()).map(({ messageId }) => messageId).filter((id) => id?.startsWith(`${run}-`));
  const all = (run: number) => eventsOf(run).map(({ messageId }) => messageId);
  const isTaken = () =>
    append(eventsOf(-1)).then(
      () => true,
      () => false,
    );
  await until(isTaken, 'the tables are there');
  const told = new Set<string>();
  const statements = await harmEachStatement(
    proxy,
    (run) => append(eventsOf(run)),
    async ({ fault, statement, error }, run) => {
      const label = `${fault}: ${statement}`;
      assert.ok(error instanceof PluginError, label);
      told.add(error.code);
      const stored = await storedOf(run);
      if (error.code === 'OUTBOX_UNAVAILABLE') assert.deepEqual(stored, [], label);
      else assert.equal(error.code, 'OUTBOX_UNCONFIRMED', label);
      await until(
        () =>
          append(eventsOf(run)).then(
            (results) => !results.includes('repeated'),
            () => false,
          ),
        label,
      );
      // By lane, each in order.
      assert.deepEqual((await storedOf(run)).toSorted(), all(run).toSorted(), label);
    },
  );
  assert.ok(statements.some((text) => text.includes('append_events')));
  assert.ok(told.has('OUTBOX_UNCONFIRMED'));
});
