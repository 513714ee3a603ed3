// Reads dead letters page by page, puts them back and drops them.

import type { Postgres, Statement } from '../../postgres/connection.js';
import { type LaneId, partsOfLane } from '../lane-id.js';
import type { DeadLetter, DeadLetterRange } from '../outbox.js';
import {
  COUNT_LETTERS,
  type LetterPlace,
  type LetterRow,
  letterPrefix,
  parseLetterKey,
  readLetter,
} from './dead-letter-rows.js';
import { deliveryKey } from './delivery-keys.js';
import { encodeOne } from './event-rows.js';
import { NO_PERSON } from './keys.js';
import { forgetOnce } from './once.js';
import { inOutboxTerms } from './outbox-error.js';
import type { Signals } from './signals.js';

const PAGE = 100;

/** Later than any death. */
const NO_END = Number.MAX_SAFE_INTEGER;

/** `$1` workspace or null */
const LANES: Statement = {
  name: 'letters_lanes',
  text: 'select id, name from lane where dead_letters > 0 and ($1::text is null or workspace = $1)',
};

const COLUMNS = 'd.id, d.lane, d.person, d.reason, d.accepted_at, d.attempts, d.bytes, d.died_at, d.letter';

/** `$1` lane, `$2` and `$3` death and id of the one before, `$4` not after, `$5` how many */
const PAGE_UP: Statement = {
  name: 'letters_page',
  text: `select ${COLUMNS} from dead_letter d where d.lane = $1 and (d.died_at, d.id) > ($2::bigint, $3::bigint) and d.died_at <= $4
    order by d.died_at, d.id limit $5`,
};

/** The same from the last one on; `$4` not before */
const PAGE_DOWN: Statement = {
  name: 'letters_page_down',
  text: `select ${COLUMNS} from dead_letter d where d.lane = $1 and (d.died_at, d.id) < ($2::bigint, $3::bigint) and d.died_at >= $4
    order by d.died_at desc, d.id desc limit $5`,
};

/** `$1` id, `$2` death, `$3` name of the lane */
const TAKE: Statement = {
  name: 'letter_take',
  text: `delete from dead_letter d using lane l where d.id = $1 and d.died_at = $2 and l.id = d.lane and l.name = $3
    returning ${COLUMNS}, l.name`,
};

/** `$1` lane, `$2` whose data it is, `$3` text of the row */
const ADD: Statement = {
  name: 'letter_add_row',
  text: `insert into event_row (lane, n, bytes, accepted_at, people, events)
    values ($1, 1, octet_length($3::text), outbox_now(), $2::int[], $3) returning seq`,
};

/** What the work on dead letters needs. */
export interface DeadLetterDeps {
  readonly database: Postgres;
  readonly signals: Signals;
}

interface NamedLane {
  readonly id: number;
  readonly name: LaneId;
}

/**
 * Nothing is held open between pages, so that a slow reader costs nothing, and may drop or redeliver what it was given.
 *
 * @throws PluginError OUTBOX_UNAVAILABLE
 */
export async function* listDeadLetters(
  { database }: Pick<DeadLetterDeps, 'database'>,
  workspaceId: string | undefined,
  range: DeadLetterRange = {},
): AsyncGenerator<DeadLetter, void, void> {
  const { rows: lanes } = await inOutboxTerms(() => database.query<NamedLane>(LANES, [workspaceId ?? null]));
  const sorted = lanes
    .filter(({ name }) => range.target === undefined || partsOfLane(name).target === range.target)
    .sort((one, other) => (letterPrefix(one.name) < letterPrefix(other.name) ? -1 : 1));
  const after = range.after === undefined ? undefined : { key: range.after, place: placeOf(range.after, range) };
  for (const lane of range.newestFirst ? sorted.reverse() : sorted) {
    const start = startIn(lane.name, after, range);
    if (start !== undefined) yield* readLane(database, lane, start, range);
  }
}

/** The dead letter behind which to read a lane. */
interface Start {
  readonly diedAt: number;
  readonly id: number;
}

/** What a text that is a key, or the beginning of one, stands behind. Who looks for one letter begins right before it. */
function placeOf(text: string, { newestFirst }: DeadLetterRange): LetterPlace | undefined {
  const [, head, digits = ''] = /^(d:.*:\d{15}:)(\d{0,15})$/s.exec(text) ?? [];
  if (head === undefined) return parseLetterKey(text);
  const next = parseLetterKey(`${head}${digits.padEnd(16, '0')}`);
  return next === undefined || newestFirst ? next : { ...next, id: next.id - 1 };
}

/** @returns `undefined` where all of the lane is before */
function startIn(
  lane: LaneId,
  after: { readonly key: string; readonly place: LetterPlace | undefined } | undefined,
  { newestFirst, since = 0, until = NO_END }: DeadLetterRange,
): Start | undefined {
  const start = newestFirst ? { diedAt: until, id: NO_END } : { diedAt: since, id: -1 };
  if (after === undefined) return start;
  const { key, place } = after;
  if (place?.lane !== lane) {
    const isBefore = letterPrefix(lane) < key;
    return isBefore === (newestFirst ?? false) ? start : undefined;
  }
  const isBeyond = newestFirst ? place.diedAt < start.diedAt : place.diedAt > start.diedAt;
  return isBeyond || place.diedAt === start.diedAt ? { diedAt: place.diedAt, id: place.id } : start;
}

async function* readLane(
  database: Postgres,
  lane: NamedLane,
  start: Start,
  { newestFirst, since = 0, until = NO_END }: DeadLetterRange,
): AsyncGenerator<DeadLetter, void, void> {
  let { diedAt, id } = start;
  for (;;) {
    const values = [lane.id, diedAt, id, newestFirst ? since : until, PAGE];
    const { rows } = await inOutboxTerms(() =>
      database.query<Omit<LetterRow, 'name'>>(newestFirst ? PAGE_DOWN : PAGE_UP, values),
    );
    for (const row of rows) yield readLetter({ ...row, name: lane.name });
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    diedAt = Number(last.died_at);
    id = Number(last.id);
  }
}

/** A dead letter that is put back. */
export interface Redelivered {
  readonly key: string;
  readonly lane: NamedLane;
}

/**
 * Puts a dead letter back, at the end of its lane. It counts as accepted now, or one that had expired would expire at once.
 *
 * @throws DatabaseError
 */
export async function redeliver(deps: DeadLetterDeps, key: string): Promise<Redelivered | undefined> {
  const place = parseLetterKey(key);
  if (place === undefined) return undefined;
  const { database, signals } = deps;
  return database.transaction(async (queries) => {
    const { rows: taken } = await queries.query<LetterRow>(TAKE, [place.id, place.diedAt, place.lane]);
    const [row] = taken;
    if (row === undefined) return undefined;
    await queries.query(COUNT_LETTERS, [row.lane, -1, -row.bytes]);
    const { messageId, onceKey, payload } = readLetter(row);
    // What it says is then said last, however old it is, so that nothing that comes after is a repetition.
    if (onceKey !== undefined) await forgetOnce(queries, [{ ...partsOfLane(row.name), onceKey }]);
    const text = encodeOne({ messageId, onceKey, payload, person: row.person, ageMs: 0 });
    const people = row.person === NO_PERSON ? [] : [row.person];
    const added = await queries.query<{ readonly seq: string }>(ADD, [row.lane, people, text]);
    const seq = Number(added.rows[0]?.seq);
    await signals.send(queries, 'redelivered', String(row.lane));
    return { key: deliveryKey({ lane: row.lane, seq, position: 1 }), lane: { id: row.lane, name: row.name } };
  });
}

/** @returns false when there is none of that key @throws DatabaseError */
export async function drop({ database }: Pick<DeadLetterDeps, 'database'>, key: string): Promise<boolean> {
  const place = parseLetterKey(key);
  if (place === undefined) return false;
  return database.transaction(async (queries) => {
    const { rows } = await queries.query<LetterRow>(TAKE, [place.id, place.diedAt, place.lane]);
    const [row] = rows;
    if (row === undefined) return false;
    await queries.query(COUNT_LETTERS, [row.lane, -1, -row.bytes]);
    return true;
  });
}
