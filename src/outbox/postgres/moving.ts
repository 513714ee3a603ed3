// The shared outbox as a move sees it: its rows are read from the beginning and taken away, or written behind what is there. Replicas may use it while events come to it, not while they go.

import { randomUUID } from 'node:crypto';
import type { Postgres, Queries, Statement } from '../../postgres/connection.js';
import { hashOfName, hashOfValue, toHex } from '../dedupe-name.js';
import { type LaneId, laneId, partsOfLane } from '../lane-id.js';
import {
  type MovableOutbox,
  type MovedEvent,
  type MovedLetter,
  type MovedPage,
  type MovedValue,
  type MovedWindow,
  MoveError,
  type Remembered,
  type RememberedPage,
} from '../moving.js';
import { COUNT_LETTERS, type LetterRow, letterText, ROW_BYTES, readLetter } from './dead-letter-rows.js';
import { EventRow, eventBytes, readEventRow } from './event-rows.js';
import { onceKeyOf, personNumber } from './keys.js';
import type { LaneIds } from './lane-ids.js';

/** Rows of a page: each may hold a megabyte. */
const ROWS = 8;
const LETTERS = 500;
const REMEMBERED = 5_000;

const statement = (name: string, text: string): Statement => ({ name: `move_${name}`, text });

const REPLICAS = statement(
  'replicas',
  'select count(*)::int as alive from replica where alive_until > clock_timestamp()',
);

const COUNT = statement(
  'count',
  `select (select coalesce(sum(n - coalesce(cardinality(done), 0)), 0)::float8 from event_row) as waiting,
    (select coalesce(sum(dead_letters), 0)::float8 from lane) as letters`,
);

const ROWS_OF = statement(
  'rows',
  `select r.lane, l.name, r.seq, r.accepted_at, r.attempts, r.done, r.events from event_row r join lane l on l.id = r.lane
    order by r.lane, r.seq limit ${ROWS}`,
);

const LETTERS_OF = statement(
  'letters',
  `select d.*, l.name from dead_letter d join lane l on l.id = d.lane order by d.lane, d.died_at, d.id limit ${LETTERS}`,
);

const WINDOWS = [0, 1, 2].map((slot) =>
  statement(
    `windows_${slot}`,
    `select key::text, value::text, seq, pos, ends_at from once_${slot} where key = any ($1::uuid[]) and ends_at > outbox_now()`,
  ),
);

/** `$1` lanes, `$2` numbers of rows */
const REMOVE_ROWS = statement(
  'remove_rows',
  'delete from event_row r using unnest($1::int[], $2::bigint[]) k (lane, seq) where r.lane = k.lane and r.seq = k.seq',
);

const REMOVE_LETTERS = statement(
  'remove_letters',
  `with gone as (delete from dead_letter where id = any ($1::bigint[]) returning lane, bytes)
    update lane l set dead_letters = l.dead_letters - g.letters, dead_letter_bytes = l.dead_letter_bytes - g.bytes
    from (select lane, count(*)::int as letters, sum(bytes) as bytes from gone group by lane) g where l.id = g.lane`,
);

const READ_NOTE = statement('read_note', 'select texts from move where name = $1');
const WRITE_NOTE = statement(
  'write_note',
  'insert into move (name, texts) values ($1, $2) on conflict (name) do update set texts = excluded.texts',
);
const DROP_NOTE = statement('drop_note', 'delete from move where name = $1');

/** Holds what table is written to; for so long what comes lasts at least. */
const HOLD = statement('hold', 'lock table generation in row share mode');
const SLOT = statement(
  'slot',
  'update generation set longest_ms = greatest(longest_ms, $2) where kind = $1 returning slot',
);
const GENERATIONS = statement(
  'generations',
  `select kind, slot, (extract(epoch from outbox_now()) * 1000)::float8 as now, (extract(epoch from since) * 1000)::float8 as since,
    longest_ms::float8, before_ms::float8 from generation`,
);

const INSERT_ROW = statement(
  'row',
  `insert into event_row (lane, n, bytes, accepted_at, attempts, people, events)
    values ($1, $2, octet_length($3), outbox_now(), $4, $5, $3) returning seq`,
);

const INSERT_LETTERS = statement(
  'add_letters',
  `insert into dead_letter (lane, seq, position, person, reason, accepted_at, attempts, bytes, died_at, letter)
    select d.lane, nextval('event_row_seq'), 1, d.person, d.reason, d.accepted_at, d.attempts, octet_length(d.letter) + ${ROW_BYTES}, d.died_at, d.letter
    from unnest($1::int[], $2::int[], $3::text[], $4::bigint[], $5::int[], $6::bigint[], $7::text[])
      with ordinality as d(lane, person, reason, accepted_at, attempts, died_at, letter, place)
    order by d.place returning lane, bytes`,
);

const NOTE_OF_SOURCE = 'from here';
const noteOfTarget = (move: string) => `to here: ${move}`;

const before = (slot: number) => (slot + 2) % 3;

/** Keys of a page. */
const rowKey = (lane: number, seq: string) => `r:${lane}:${seq}`;
const letterName = (id: string) => `d:${id}`;

interface RowOf {
  readonly lane: number;
  readonly name: LaneId;
  readonly seq: string;
  readonly accepted_at: Date;
  readonly attempts: readonly number[] | null;
  readonly done: readonly number[] | null;
  readonly events: string;
}

interface WindowRow {
  readonly key: string;
  readonly value: string;
  readonly seq: string;
  readonly pos: number;
  readonly ends_at: Date;
}

interface Generation {
  readonly kind: 'message' | 'once';
  readonly slot: number;
  readonly now: number;
  readonly since: number;
  readonly longest_ms: number;
  readonly before_ms: number;
}

const hexOf = (uuid: string) => uuid.replaceAll('-', '');

/** What a move works on. */
export interface PostgresMovingDeps {
  readonly database: Postgres;
  readonly laneIds: LaneIds;
  /** Whose data a payload is; `undefined` for no one's. */
  readonly personOf: (payload: string, target: string) => string | undefined;
  readonly now: () => number;
}

export function createPostgresMoving(deps: PostgresMovingDeps): MovableOutbox {
  const { database, laneIds, personOf, now } = deps;

  /** @throws MoveError while a replica would deliver what is taken away, or accept more */
  async function assertUnused(queries: Queries): Promise<void> {
    const { rows } = await queries.query<{ alive: number }>(REPLICAS);
    const alive = rows[0]?.alive ?? 0;
    if (alive > 0)
      throw new MoveError(
        `${alive === 1 ? 'A replica uses' : `${alive} replicas use`} the outbox that is to be moved: stop all. One that was killed counts for OUTBOX_LEASE_MS.`,
      );
  }

  async function readNote(name: string): Promise<readonly string[] | undefined> {
    const { rows } = await database.query<{ texts: readonly string[] }>(READ_NOTE, [name]);
    return rows[0]?.texts;
  }

  const writeNote = (queries: Queries, name: string, texts: readonly string[]) =>
    queries.query(WRITE_NOTE, [name, JSON.stringify(texts)]);

  /** By key, seq and position. */
  async function windowsOf(keys: readonly string[]): Promise<ReadonlyMap<string, MovedWindow>> {
    const found = new Map<string, MovedWindow>();
    if (keys.length === 0) return found;
    for (const asked of WINDOWS) {
      const { rows } = await database.query<WindowRow>(asked, [keys]);
      for (const { key, value, seq, pos, ends_at: endsAt } of rows)
        found.set(`${hexOf(key)}:${seq}:${pos}`, { value: { hash: hexOf(value) }, endsAt: endsAt.getTime() });
    }
    return found;
  }

  async function readRows(rows: readonly RowOf[]): Promise<MovedPage> {
    const read = rows.flatMap((row) =>
      readEventRow({ events: row.events, acceptedAt: row.accepted_at.getTime(), done: row.done }).map((event) => ({
        row,
        event,
        once: event.onceKey === undefined ? undefined : toHex(onceKeyOf(partsOfLane(row.name), event.onceKey)),
      })),
    );
    const windows = await windowsOf(read.flatMap(({ once }) => once ?? []));
    return {
      keys: rows.map(({ lane, seq }) => rowKey(lane, seq)),
      events: read.map(({ row, event: { position, messageId, onceKey, acceptedAt, payload }, once }): MovedEvent => {
        const window = once === undefined ? undefined : windows.get(`${once}:${row.seq}:${position}`);
        return {
          ...partsOfLane(row.name),
          ...{ messageId, acceptedAt, payload },
          attempts: row.attempts?.[position - 1] ?? 0,
          ...(onceKey !== undefined && { onceKey }),
          ...(window !== undefined && { window }),
        };
      }),
      letters: [],
    };
  }

  async function slotOf(queries: Queries, kind: Generation['kind'], lasts: number): Promise<number> {
    const { rows } = await queries.query<{ slot: number }>(SLOT, [kind, Math.max(0, Math.ceil(lasts))]);
    return rows[0]?.slot ?? 0;
  }

  /** What a table is to hold: those that end later there, or in the one before, stay. */
  async function remember(queries: Queries, entries: readonly Remembered[]): Promise<void> {
    const at = now();
    const lasting = entries.filter(({ endsAt }) => endsAt > at);
    const keyOf = ({ of }: Remembered) => ('hash' in of ? of.hash : toHex(hashOfName(of)));
    const messages = lasting.filter(({ stands }) => stands === undefined);
    const longest = (some: readonly Remembered[]) => some.reduce((most, { endsAt }) => Math.max(most, endsAt - at), 0);
    await queries.query(HOLD);
    if (messages.length > 0) {
      const slot = await slotOf(queries, 'message', longest(messages));
      const text = `insert into mark_${slot} (key) select k from unnest($1::uuid[]) k order by k on conflict do nothing`;
      await queries.query(statement(`marks_${slot}`, text), [messages.map(keyOf)]);
    }
    const windows = lasting.flatMap((entry) =>
      entry.stands === undefined ? [] : { key: keyOf(entry), value: entry.stands, endsAt: entry.endsAt },
    );
    if (windows.length > 0)
      await openWindows(
        queries,
        windows.map((window) => ({ ...window, seq: '0', position: 0 })),
        false,
      );
  }

  interface Window extends MovedWindow {
    readonly key: string;
    readonly seq: string;
    readonly position: number;
  }

  /** @param always also where one that ends later is there */
  async function openWindows(queries: Queries, windows: readonly Window[], always: boolean): Promise<void> {
    if (windows.length === 0) return;
    const at = now();
    // Of two of a key the one that ends last.
    const last = [
      ...new Map(windows.toSorted((one, other) => one.endsAt - other.endsAt).map((each) => [each.key, each])).values(),
    ];
    const slot = await slotOf(
      queries,
      'once',
      last.reduce((most, { endsAt }) => Math.max(most, endsAt - at), 0),
    );
    const later = always
      ? ''
      : `where not exists (select from once_${before(slot)} o where o.key = w.key and o.ends_at >= outbox_now() + w.left_ms * interval '1 ms')`;
    const text = `insert into once_${slot} as known (key, value, seq, pos, ends_at)
      select w.key, w.value, w.seq, w.pos, outbox_now() + w.left_ms * interval '1 ms'
      from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::int[], $5::float8[]) w (key, value, seq, pos, left_ms) ${later} order by w.key
      on conflict (key) do update set value = excluded.value, seq = excluded.seq, pos = excluded.pos, ends_at = excluded.ends_at
      ${always ? '' : 'where known.ends_at < excluded.ends_at'}`;
    await queries.query(statement(`windows_${slot}_${always}`, text), [
      last.map(({ key }) => key),
      last.map(({ value }) => hashOf(value)),
      last.map(({ seq }) => seq),
      last.map(({ position }) => position),
      last.map(({ endsAt }) => endsAt - at),
    ]);
  }

  const hashOf = (value: MovedValue) => ('hash' in value ? value.hash : toHex(hashOfValue(value.value)));

  /** Rows of one lane, in order. */
  async function writeEvents(
    queries: Queries,
    lane: number,
    events: readonly MovedEvent[],
  ): Promise<readonly Window[]> {
    const windows: Window[] = [];
    let row = new EventRow();
    let held: MovedEvent[] = [];
    const write = async () => {
      if (held.length === 0) return;
      const attempts = held.some((event) => event.attempts > 0) ? held.map((event) => event.attempts) : null;
      const { rows } = await queries.query<{ seq: string }>(INSERT_ROW, [
        ...[lane, held.length, row.encode().toString(), attempts, [...row.people]],
      ]);
      const seq = rows[0]?.seq ?? '0';
      held.forEach((event, index) => {
        if (event.window === undefined || event.onceKey === undefined) return;
        windows.push({ ...event.window, key: toHex(onceKeyOf(event, event.onceKey)), seq, position: index + 1 });
      });
      row = new EventRow();
      held = [];
    };
    const at = now();
    for (const event of events) {
      const { workspaceId, target, messageId, onceKey, payload, acceptedAt } = event;
      const bytes = eventBytes({ messageId }, Buffer.byteLength(payload));
      if (!row.takes(bytes)) await write();
      const person = personNumber(workspaceId, personOf(payload, target) ?? null);
      row.add({ messageId, onceKey, person, payload, ageMs: at - acceptedAt }, bytes);
      held.push(event);
    }
    await write();
    return windows;
  }

  async function writeLetters(queries: Queries, ids: ReadonlyMap<LaneId, number>, letters: readonly MovedLetter[]) {
    if (letters.length === 0) return;
    const { rows } = await queries.query<{ lane: number; bytes: number }>(INSERT_LETTERS, [
      letters.map(({ workspaceId, target }) => ids.get(laneId(workspaceId, target))),
      letters.map(({ workspaceId, target, payload }) => personNumber(workspaceId, personOf(payload, target) ?? null)),
      letters.map(({ reason }) => reason),
      letters.map(({ acceptedAt }) => Math.trunc(acceptedAt)),
      letters.map(({ attempts }) => attempts),
      letters.map(({ diedAt }) => Math.trunc(diedAt)),
      letters.map(letterText),
    ]);
    for (const lane of new Set(rows.map((row) => row.lane))) {
      const own = rows.filter((row) => row.lane === lane);
      await queries.query(COUNT_LETTERS, [lane, own.length, own.reduce((sum, { bytes }) => sum + bytes, 0)]);
    }
  }

  async function* rememberedOf(after: string): AsyncGenerator<RememberedPage, void, void> {
    const { rows: generations } = await database.query<Generation>(GENERATIONS);
    for (const { kind, slot, now: at, since, longest_ms: longest, before_ms: longestBefore } of generations.toSorted(
      (one, other) => (one.kind < other.kind ? -1 : 1),
    )) {
      // When each was accepted is not known: none lasts for longer than this.
      const tables = [
        { slot, endsAt: at + longest },
        { slot: before(slot), endsAt: since + longestBefore },
      ];
      for (const [index, table] of tables.entries()) {
        const name = `${kind}:${index}:`;
        if (after >= `${name}~`) continue;
        let last = after.startsWith(name) ? after.slice(name.length) : undefined;
        for (;;) {
          const columns = kind === 'message' ? 'key::text' : 'key::text, value::text, ends_at';
          const text = `select ${columns} from ${kind === 'message' ? 'mark' : 'once'}_${table.slot}
            where $1::uuid is null or key > $1 order by key limit ${REMEMBERED}`;
          const { rows } = await database.query<{ key: string; value?: string; ends_at?: Date }>(
            statement(`remembered_${kind}_${table.slot}`, text),
            [last ?? null],
          );
          last = rows.at(-1)?.key;
          if (last === undefined) break;
          yield {
            entries: rows.map(({ key, value, ends_at: endsAt }) => ({
              of: { hash: hexOf(key) },
              endsAt: endsAt === undefined ? table.endsAt : new Date(endsAt).getTime(),
              ...(value !== undefined && { stands: { hash: hexOf(value) } }),
            })),
            cursor: `${name}${last}`,
          };
        }
      }
    }
  }

  return {
    async count() {
      const { rows } = await database.query<{ waiting: number; letters: number }>(COUNT);
      return { waiting: rows[0]?.waiting ?? 0, deadLetters: rows[0]?.letters ?? 0 };
    },
    async begin() {
      await assertUnused(database);
      const [id = randomUUID(), cursor = ''] = (await readNote(NOTE_OF_SOURCE)) ?? [];
      return { id, cursor };
    },
    unfinished: async () => (await readNote(NOTE_OF_SOURCE))?.[0],
    async note({ id, cursor }) {
      await writeNote(database, NOTE_OF_SOURCE, [id, cursor]);
    },
    remembered: rememberedOf,
    async nextPage() {
      const { rows: waiting } = await database.query<RowOf>(ROWS_OF);
      if (waiting.length > 0) return readRows(waiting);
      const { rows } = await database.query<LetterRow>(LETTERS_OF);
      if (rows.length === 0) return undefined;
      const letters = rows.map((row): MovedLetter => {
        const { key: _, ...letter } = readLetter(row);
        return letter;
      });
      return { keys: rows.map(({ id }) => letterName(id)), events: [], letters };
    },
    async remove(keys) {
      const parts = keys.map((key) => key.split(':'));
      const rows = parts.filter(([kind]) => kind === 'r');
      const letters = parts.filter(([kind]) => kind === 'd').map(([, id]) => id);
      await database.transaction(async (queries) => {
        await assertUnused(queries);
        await queries.query(REMOVE_ROWS, [rows.map(([, lane]) => lane), rows.map(([, , seq]) => seq)]);
        await queries.query(REMOVE_LETTERS, [letters]);
      });
    },
    async finish() {
      await database.transaction(async (queries) => {
        await assertUnused(queries);
        for (const slot of [0, 1, 2])
          for (const table of ['mark', 'once'])
            await queries.query(statement(`forget_${table}_${slot}`, `truncate ${table}_${slot}`));
        await queries.query(DROP_NOTE, [NOTE_OF_SOURCE]);
      });
    },
    remember: (entries) => database.transaction((queries) => remember(queries, entries)),
    async receive(move, page) {
      const byLane = new Map<LaneId, MovedEvent[]>();
      for (const event of page.events) {
        const lane = laneId(event.workspaceId, event.target);
        byLane.set(lane, [...(byLane.get(lane) ?? []), event]);
      }
      const ofLetters = page.letters.map(({ workspaceId, target }) => laneId(workspaceId, target));
      const ids = await laneIds.of([...new Set([...byLane.keys(), ...ofLetters])]);
      await database.transaction(async (queries) => {
        await queries.query(HOLD);
        const windows: Window[] = [];
        for (const [name, events] of byLane) windows.push(...(await writeEvents(queries, ids.get(name) ?? 0, events)));
        await openWindows(queries, windows, true);
        await writeLetters(queries, ids, page.letters);
        await writeNote(queries, noteOfTarget(move), page.keys);
      });
    },
    lastReceived: (move) => readNote(noteOfTarget(move)),
    async received(move) {
      await database.query(DROP_NOTE, [noteOfTarget(move)]);
    },
    close: () => database.close(),
  };
}
