// The append side of the outbox on PostgreSQL for tests: replicas that share a schema, and what lies in it.

import type { TestContext } from 'node:test';
import { createLogger } from '../src/base/logger.js';
import type { LaneId } from '../src/outbox/lane-id.js';
import { createAppend, type StoredEvents } from '../src/outbox/postgres/append.js';
import { type RowEvent, readEventRow } from '../src/outbox/postgres/event-rows.js';
import { LaneIds } from '../src/outbox/postgres/lane-ids.js';
import { Room, type RoomSettings } from '../src/outbox/postgres/room.js';
import type { Queries } from '../src/postgres/connection.js';
import { START } from './outbox.js';
import { openTestPostgres, type TestSchema, testSchema } from './postgres.js';

/** Of a replica. */
export interface AppendLimits {
  readonly dedupeWindowMs: number;
  readonly room: Partial<RoomSettings>;
  readonly now: () => number;
  /** What its statements go through. */
  readonly through: (database: Queries) => Queries;
  /** Where the database is, if not where it is: through what does harm. */
  readonly url: string;
  readonly queryTimeoutMs: number;
}

/** An event that waits. */
export interface Waiting extends RowEvent {
  readonly lane: LaneId;
  readonly seq: string;
}

const LOG = createLogger('silent');

/** A schema, and replicas that append to it. @returns `undefined` where no server is installed: the test is skipped */
export async function openAppends(context: TestContext) {
  const place = await testSchema(context);
  if (place === undefined) return undefined;
  const database = openTestPostgres(context, place);
  const laneIds = new LaneIds(database, (name) => name);
  // Of most tests: no statement comes before those that they watch.
  await laneIds.of(['acme/statsig']);
  const open = (limits: Partial<AppendLimits> = {}) => openReplica(context, place, laneIds, limits);
  return {
    place,
    database,
    open,
    /** What waits, in order of storing. */
    async waiting(): Promise<readonly Waiting[]> {
      const { rows } = await database.query<{
        lane: LaneId;
        seq: string;
        events: string;
        accepted_at: Date;
        done: number[] | null;
      }>({
        name: 'waiting',
        text: 'select l.name as lane, seq, events, accepted_at, done from event_row e join lane l on l.id = e.lane order by seq',
      });
      return rows.flatMap(({ lane, seq, events, accepted_at, done }) =>
        readEventRow({ events, acceptedAt: accepted_at.getTime(), done }).map((event) => ({
          ...event,
          lane,
          seq,
        })),
      );
    },
    /** Moves the clock of the database. */
    setClock: (offsetMs: number) =>
      database.query({
        name: `clock ${offsetMs}`,
        text: `create or replace function outbox_now() returns timestamptz language sql volatile as 'select clock_timestamp() + interval ''${offsetMs} ms'''`,
      }),
  };
}

function openReplica(
  context: TestContext,
  place: TestSchema,
  laneIds: LaneIds,
  {
    dedupeWindowMs = 60_000,
    room = {},
    now = () => START,
    through = (each) => each,
    url = place.url,
    queryTimeoutMs = 5_000,
  }: Partial<AppendLimits>,
) {
  const told: (StoredEvents & { readonly lane: LaneId })[] = [];
  const ownRoom = new Room({ maxBytes: 1e9, isShared: () => false, log: LOG, ...room });
  const append = createAppend({
    database: through(openTestPostgres(context, { ...place, url, queryTimeoutMs })),
    laneIds,
    dedupeWindowMs,
    room: ownRoom,
    now,
    appended: (lane, stored) => told.push({ lane, ...stored }),
    log: LOG,
  });
  context.after(() => append.close());
  return { ...append, room: ownRoom, told };
}
