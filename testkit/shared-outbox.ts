// Replicas that share an outbox in a test's own schema.

import type { TestContext } from 'node:test';
import { createLogger } from '../src/base/logger.js';
import { Secret } from '../src/base/secret.js';
import type { Outbox, OutboxEvent } from '../src/outbox/outbox.js';
import { openPostgresOutbox, type PostgresOutboxSettings } from '../src/outbox/postgres-outbox.js';
import { type MigratedSchema, migratedSchema } from './postgres-replicas.js';
import { until } from './until.js';

/** An outbox that replicas share. */
export interface SharedOutbox extends MigratedSchema {
  /** Opens one more replica, closed behind the test. On a busy machine, or where something keeps it from the database, it has no session yet, and claims nothing. */
  open(settings?: Partial<PostgresOutboxSettings>): Promise<Outbox>;
  /** The same, with its session. */
  replica(settings?: Partial<PostgresOutboxSettings>): Promise<Outbox>;
  /** A replica that is not there: it has these lanes, until then by its lease. @returns its id */
  ghost(lanes: readonly string[], aliveMs: number, slot?: number): Promise<string>;
}

const DAY_MS = 24 * 60 * 60_000;

/** @returns `undefined` where no server is installed: the test is skipped */
export async function sharedOutbox(context: TestContext): Promise<SharedOutbox | undefined> {
  const schema = await migratedSchema(context);
  if (schema === undefined) return undefined;
  const open = async (settings: Partial<PostgresOutboxSettings> = {}) => {
    const outbox = await openPostgresOutbox({
      ...{ url: new Secret(schema.url), schema: schema.schema, leaseMs: 30_000 },
      ...{ maxBytes: 1e9, isShared: () => false, deadLetters: { maxBytes: 1e9, maxAgeMs: DAY_MS } },
      ...{ maxAgeMs: DAY_MS, dedupeWindowMs: DAY_MS, turnOf: (lane) => lane, log: createLogger('silent') },
      ...settings,
    });
    context.after(() => outbox.close());
    return outbox;
  };
  return {
    ...schema,
    open,
    async replica(settings) {
      const outbox = await open(settings);
      await untilOpen(outbox);
      return outbox;
    },
    async ghost(lanes, aliveMs, slot = 900) {
      const [row] = await schema.run<{ id: string }>(
        `insert into replica (id, slot, alive_until) values (gen_random_uuid(), ${slot}, now() + ${aliveMs} * interval '1 ms') returning id`,
      );
      const id = row?.id ?? '';
      const names = lanes.map((lane) => `('${lane}', split_part('${lane}', '/', 1), '${lane}', '${id}', 1)`);
      await schema.run(
        `insert into lane (name, workspace, turn, owner, epoch) values ${names.join(', ')}
          on conflict (name) do update set owner = excluded.owner, epoch = lane.epoch + 1`,
      );
      return id;
    },
  };
}

/** Until then a replica takes events, and claims none. */
export const untilOpen = (outbox: Outbox): Promise<void> =>
  until(() => outbox.lastStatus().counts === undefined, 'its session is open');

/** An event of a user's, accepted now. */
export function userEvent(messageId: string, overrides: Partial<OutboxEvent> = {}): OutboxEvent {
  const { person = 'ada' } = overrides;
  return {
    ...{ workspaceId: 'acme', target: 'statsig', messageId, origin: 'webhook', acceptedAt: Date.now() },
    payload: JSON.stringify({ eventName: 'Order Completed', user: { userID: person }, metadata: { id: messageId } }),
    ...overrides,
    person,
  };
}
