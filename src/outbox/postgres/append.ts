// Stores events in the database: what is new of them, in one statement for all calls that wait.

import { PluginError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import type { EpochMs } from '../../base/time.js';
import type { Queries, Statement } from '../../postgres/connection.js';
import { DatabaseError } from '../../postgres/database-error.js';
import { type LaneId, laneId } from '../lane-id.js';
import type { Appended, OutboxEvent } from '../outbox.js';
import { int4Array, int8Array, textArray, uuidArray } from './binary-arrays.js';
import { EventRow, eventBytes } from './event-rows.js';
import { GroupCommit } from './group-commit.js';
import { type Key, messageKey, onceKeyOf, onceValue, personNumber } from './keys.js';
import type { LaneIds } from './lane-ids.js';
import { toOutboxError } from './outbox-error.js';
import type { BytesOf, Room } from './room.js';

/** Commits at a time: while one syncs the next is prepared, if there is enough for it. Small ones cost as much as large ones. */
const AT_A_TIME = 2;
const WORTH_ONE_MORE = 64 << 10;

/** Bytes of a commit, and of all that waits. */
const MOST_BYTES = 8 << 20;
const MOST_WAITING_BYTES = 64 << 20;

/** Two rounds, an answer and a look-up are less than the 5 s within which a call is answered. */
const ROUND_MS = 700;
const ANSWER_MS = 3_000;
const LOOK_UP_MS = 500;

/** Of an event beside its text: keys, places, times. */
const EVENT_BYTES = 100;

/** What appends need. */
export interface AppendSettings {
  readonly database: Queries;
  /** Makes lanes that are new, and remembers which there are. */
  readonly laneIds: Pick<LaneIds, 'of' | 'forget'>;
  /** Milliseconds in which a message of the same id is a duplicate; 0 for no such check. */
  readonly dedupeWindowMs: number;
  readonly room: Room;
  /** The clock of `acceptedAt`. */
  readonly now: () => EpochMs;
  /** Told of what was stored for a lane, once it is. */
  readonly appended: (lane: LaneId, stored: StoredEvents) => void;
  readonly log: Logger;
}

/** What was stored for a lane. */
export interface StoredEvents {
  readonly events: number;
  readonly bytes: number;
}

/** Stores events. */
export interface Append {
  /** As `append` of the outbox. */
  append(events: readonly OutboxEvent[]): Promise<readonly Appended[]>;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

/** An event with what it is remembered by. */
interface Keyed {
  readonly event: OutboxEvent;
  readonly lane: LaneId;
  readonly key: Key | undefined;
  readonly once: { readonly key: Key; readonly value: Key; readonly windowMs: number } | undefined;
  readonly bytes: number;
}

/** What a call asks for. */
interface Call {
  readonly events: readonly Keyed[];
}

/** An event on its way into the database. */
interface Coming {
  readonly keyed: Keyed;
  readonly results: Appended[];
  readonly index: number;
}

/** Events of a lane that become a row. */
interface ComingRow {
  readonly lane: LaneId;
  readonly row: EventRow;
  readonly events: Coming[];
}

/**
 * `$3` names. Numbers of lanes are looked up in the statement that stores: those that were remembered may have become other lanes' with a restore of an older state. A lane that
 * there is not has none, and its row is refused.
 */
const APPEND: Statement = {
  name: 'append',
  text: `select gone, repeated from append_events($1, $2,
    array(select (select l.id from lane l where l.name = a.name) from unnest($3::text[]) with ordinality a (name, nr) order by nr),
    $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
};

/** A row without a lane. */
const NO_LANE = '23502';

const KNOWN: Statement = { name: 'known_messages', text: 'select known_messages($1) as known' };

/** Starts taking events. */
export function createAppend(settings: AppendSettings): Append {
  const { database, dedupeWindowMs, room, now, log } = settings;
  let isLookingUp = false;

  const group = new GroupCommit<Call, readonly Appended[]>({
    commit: commitEach,
    atATime: AT_A_TIME,
    worthOneMore: WORTH_ONE_MORE,
    mostSize: MOST_BYTES,
    mostWaiting: MOST_WAITING_BYTES,
    roundMs: ROUND_MS,
    answerMs: ANSWER_MS,
    refuse: (why) => new PluginError('OUTBOX_UNAVAILABLE', why),
    unanswered: () => new PluginError('OUTBOX_UNCONFIRMED', 'the database does not answer in time'),
  });

  /** All calls together; where the database refuses a value, each alone, so that one harms no other. */
  async function commitEach(calls: readonly Call[]): Promise<readonly (readonly Appended[] | Error)[]> {
    try {
      return await commit(calls);
    } catch (error) {
      if (calls.length === 1 || !isOfValues(error)) throw toAnswer(error);
      const results: (readonly Appended[] | Error)[] = [];
      for (const call of calls) results.push(...(await commit([call]).catch((each: unknown) => [toAnswer(each)])));
      return results;
    }
  }

  async function commit(calls: readonly Call[]): Promise<readonly (readonly Appended[])[]> {
    const { rows, results } = makeRows(calls, now());
    if (rows.length > 0) await store(rows);
    return results;
  }

  async function store(rows: readonly ComingRow[]): Promise<void> {
    const names = [...new Set(rows.map(({ lane }) => lane))];
    await makeLanes(names);
    const values = [...valuesOf(rows, dedupeWindowMs)];
    const ask = () => database.query<{ gone: number[]; repeated: number[] }>(APPEND, values);
    const { rows: answers } = await ask().catch(async (error: unknown) => {
      if (!(error instanceof DatabaseError) || error.code !== NO_LANE) throw error;
      settings.laneIds.forget(names);
      await makeLanes(names);
      return ask();
    });
    const all = rows.flatMap(({ events }) => events);
    for (const { gone, repeated } of answers) {
      for (const at of gone) setResult(all[at - 1], 'duplicate');
      for (const at of repeated) setResult(all[at - 1], 'repeated');
    }
    tell(rows);
  }

  /** Whatever becomes of new lanes: no event is stored yet. */
  async function makeLanes(names: readonly LaneId[]): Promise<void> {
    try {
      await settings.laneIds.of(names);
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      throw new DatabaseError(error.code, error.message, 'not stored');
    }
  }

  function tell(rows: readonly ComingRow[]): void {
    const byLane = new Map<LaneId, { events: number; bytes: number }>();
    for (const { lane, events } of rows) {
      const stored = byLane.get(lane) ?? { events: 0, bytes: 0 };
      for (const { keyed, results, index } of events) {
        if (results[index] !== 'accepted') continue;
        stored.events += 1;
        stored.bytes += keyed.bytes;
      }
      if (stored.events > 0) byLane.set(lane, stored);
    }
    for (const [lane, stored] of byLane) settings.appended(lane, stored);
  }

  /**
   * What a sender repeats because its answer was lost takes no room, but to find that out takes a question: it is asked where there is no room for all, and one at a time,
   * because then many ask.
   */
  async function withoutKnown(events: readonly Keyed[]): Promise<readonly Keyed[]> {
    if (isLookingUp || dedupeWindowMs <= 0) return events;
    isLookingUp = true;
    const begun = performance.now();
    try {
      const { rows } = await database.query<{ known: number[] }>(KNOWN, [uuidArray(events.map(({ key }) => key))]);
      // The answer to the sender must not be late.
      if (performance.now() - begun > LOOK_UP_MS) return events;
      const known = new Set(rows.flatMap((row) => row.known));
      const seen = new Set<Key>();
      return events.filter(({ key }, index) => {
        if (key === undefined) return true;
        const isNew = !known.has(index + 1) && !seen.has(key);
        seen.add(key);
        return isNew;
      });
    } catch {
      return events;
    } finally {
      isLookingUp = false;
    }
  }

  /** Of what the database refuses, what the caller is told. */
  function toAnswer(error: unknown): Error {
    if (error instanceof DatabaseError && isOfValues(error))
      log.error({ code: error.code, error: error.message }, 'The database refuses an event.');
    const told = toOutboxError(error);
    return told instanceof Error ? told : new Error(String(told));
  }

  return {
    async append(events) {
      if (events.length === 0) return [];
      const keyed = events.map((event) => keyedOf(event, dedupeWindowMs > 0));
      let taken = sumByWorkspace(keyed);
      if (!room.has(taken)) taken = sumByWorkspace(await withoutKnown(keyed));
      room.take(taken);
      let stored: BytesOf = taken;
      try {
        const size = keyed.reduce((sum, { bytes }) => sum + bytes + EVENT_BYTES, 0);
        const results = await group.run({ events: keyed }, size);
        stored = sumByWorkspace(keyed.filter((_, index) => results[index] === 'accepted'));
        return results;
      } catch (error) {
        if (error instanceof PluginError && error.code === 'OUTBOX_UNAVAILABLE') stored = new Map();
        throw error;
      } finally {
        room.ended(taken, stored);
      }
    },
    close: () => group.close(),
  };
}

/** What is wrong is in what was to be stored, and another call may be right. */
function isOfValues(error: unknown): boolean {
  return error instanceof DatabaseError && /^(?:2[12]|23|54)/.test(error.code);
}

function keyedOf(event: OutboxEvent, isRemembered: boolean): Keyed {
  const { workspaceId, target, once } = event;
  return {
    event,
    lane: laneId(workspaceId, target),
    key: isRemembered ? messageKey(event) : undefined,
    once:
      once === undefined || once.windowMs <= 0
        ? undefined
        : { key: onceKeyOf(event, once.key), value: onceValue(once.value), windowMs: once.windowMs },
    bytes: eventBytes(event, Buffer.byteLength(event.payload)),
  };
}

function sumByWorkspace(events: readonly Keyed[]): BytesOf {
  const sums = new Map<string, number>();
  for (const { event, bytes } of events) sums.set(event.workspaceId, (sums.get(event.workspaceId) ?? 0) + bytes);
  return sums;
}

/** Puts the events of all calls into rows, but for those of which an equal one comes before. */
function makeRows(
  calls: readonly Call[],
  now: EpochMs,
): { readonly rows: readonly ComingRow[]; readonly results: readonly (readonly Appended[])[] } {
  const seen = new Set<Key>();
  const open = new Map<LaneId, ComingRow>();
  const rows: ComingRow[] = [];
  const results = calls.map(({ events }) => {
    const own: Appended[] = [];
    for (const keyed of events) {
      const { key, lane, event, bytes } = keyed;
      if (key !== undefined && seen.has(key)) {
        own.push('duplicate');
        continue;
      }
      if (key !== undefined) seen.add(key);
      let into = open.get(lane);
      if (into === undefined || !into.row.takes(bytes)) {
        into = { lane, row: new EventRow(), events: [] };
        open.set(lane, into);
        rows.push(into);
      }
      const { workspaceId, messageId, once: { key: onceKey } = {}, payload } = event;
      const person = personNumber(workspaceId, event.person);
      into.row.add({ messageId, onceKey, person, ageMs: now - event.acceptedAt, payload }, bytes);
      into.events.push({ keyed, results: own, index: own.push('accepted') - 1 });
    }
    return own;
  });
  return { rows, results };
}

/** The last values of the statement, where no event has a `once` key. */
const NO_WINDOWS = [null, null, null, null, null];

/** The values of the statement. Places of events count from 1, over all rows. */
function* valuesOf(rows: readonly ComingRow[], dedupeWindowMs: number): Generator<Buffer | number | null> {
  const keys: (Key | undefined)[] = [];
  const bases: number[] = [];
  const people: number[] = [];
  const peopleTo: number[] = [];
  const once: { at: number; row: number; key: Key; value: Key; windowMs: number }[] = [];
  rows.forEach(({ row, events }, index) => {
    bases.push(keys.length);
    people.push(...row.people);
    peopleTo.push(people.length);
    for (const { keyed } of events) {
      keys.push(keyed.key);
      if (keyed.once !== undefined) once.push({ at: keys.length, row: index + 1, ...keyed.once });
    }
  });
  yield uuidArray(keys.some((key) => key !== undefined) ? keys : []);
  yield dedupeWindowMs;
  yield textArray(rows.map(({ lane }) => Buffer.from(lane)));
  yield int4Array(rows.map(({ events }) => events.length));
  yield int4Array(bases);
  yield int4Array(people);
  yield int4Array(peopleTo);
  yield textArray(rows.map(({ row }) => row.encode()));
  if (once.length === 0) {
    yield* NO_WINDOWS;
    return;
  }
  yield int4Array(once.map(({ at }) => at));
  yield int4Array(once.map(({ row }) => row));
  yield uuidArray(once.map(({ key }) => key));
  yield uuidArray(once.map(({ value }) => value));
  yield int8Array(once.map(({ windowMs }) => windowMs));
}

function setResult(coming: Coming | undefined, result: Appended): void {
  if (coming !== undefined) coming.results[coming.index] = result;
}
