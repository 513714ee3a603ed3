// Dead letters as the database keeps them. The lane counts its own, so that no one has to.

import type { Queries, Statement } from '../../postgres/connection.js';
import { type LaneId, laneId, partsOfLane } from '../lane-id.js';
import type { DeadLetter } from '../outbox.js';
import type { HeldLane } from './lanes.js';
import { giveBackOnce } from './once.js';
import type { Death } from './settle.js';

/** Characters of an answer that a dead letter keeps. */
const ANSWER_LENGTH = 4096;

/** Bytes of a row beside its text, about. */
export const ROW_BYTES = 100;

/** `$1` lane, `$2` owner, `$3` epoch */
const HOLD: Statement = {
  name: 'letters_hold',
  text: 'select id from lane where id = $1 and owner = $2 and epoch = $3 for update',
};

/** One that was written before, by a transaction of which no one knew whether it was committed, is not written again: its event is done. */
const ADD: Statement = {
  name: 'letters_add',
  text: `insert into dead_letter (lane, seq, position, person, reason, accepted_at, attempts, bytes, died_at, letter)
    select $1, d.seq, d.position, d.person, d.reason, d.accepted_at, d.attempts, octet_length(d.letter) + ${ROW_BYTES},
      floor(extract(epoch from outbox_now()) * 1000), d.letter
    from unnest($2::bigint[], $3::int[], $4::int[], $5::text[], $6::bigint[], $7::int[], $8::text[])
      with ordinality as d(seq, position, person, reason, accepted_at, attempts, letter, place)
    where exists (select from event_row r where r.lane = $1 and r.seq = d.seq and not d.position = any(coalesce(r.done, '{}')))
    order by d.place on conflict do nothing returning bytes`,
};

/** `$1` lane, `$2` dead letters more, `$3` bytes more */
export const COUNT_LETTERS: Statement = {
  name: 'letters_count',
  text: 'update lane set dead_letters = dead_letters + $2, dead_letter_bytes = dead_letter_bytes + $3 where id = $1',
};

/** What the text of a row holds: JSON, in which a NUL or half a character is no trouble. */
interface LetterText extends Pick<DeadLetter, 'onceKey' | 'answer' | 'status' | 'payload'> {
  readonly messageId?: string;
}

/** A row, with the name of its lane. */
export interface LetterRow {
  readonly id: string;
  readonly name: LaneId;
  readonly lane: number;
  readonly person: number;
  readonly reason: string;
  readonly accepted_at: string;
  readonly attempts: number;
  readonly bytes: number;
  readonly died_at: string;
  readonly letter: string;
}

/**
 * Writes dead letters of a lane, and gives back the windows of their keys: what died was not sent, so it is not the last word.
 *
 * @returns false where the lane is another's: nothing is written
 * @throws DatabaseError
 */
export async function addDeadLetters(
  queries: Queries,
  lane: HeldLane,
  replicaId: string,
  deaths: readonly Death[],
): Promise<boolean> {
  const { count } = await queries.query(HOLD, [lane.id, replicaId, lane.epoch]);
  if (count === 0) return false;
  const added = await queries.query<{ readonly bytes: number }>(ADD, [lane.id, ...columnsOf(deaths)]);
  const bytes = added.rows.reduce((sum, row) => sum + row.bytes, 0);
  await queries.query(COUNT_LETTERS, [lane.id, added.count, bytes]);
  await giveBackOnce(
    queries,
    deaths.flatMap(({ settlement, seq, position }) => {
      const { workspaceId, target, onceKey } = settlement.delivery;
      return onceKey === undefined ? [] : [{ workspaceId, target, onceKey, seq, position }];
    }),
  );
  return true;
}

function columnsOf(deaths: readonly Death[]): readonly unknown[] {
  return [
    deaths.map(({ seq }) => seq),
    deaths.map(({ position }) => position),
    deaths.map(({ person }) => person),
    deaths.map(({ settlement }) => settlement.reason),
    deaths.map(({ settlement }) => settlement.delivery.acceptedAt),
    deaths.map(({ settlement }) => settlement.delivery.attempts),
    deaths.map(({ settlement: { delivery, answer, status } }) =>
      letterText({ ...delivery, answer, ...(status !== undefined && { status }) }),
    ),
  ];
}

/** The text of a row. */
export function letterText({
  messageId,
  onceKey,
  answer,
  status,
  payload,
}: Omit<LetterText, 'messageId'> & Pick<DeadLetter, 'messageId'>): string {
  const text: LetterText = {
    ...(messageId === undefined ? {} : { messageId }),
    ...(onceKey === undefined ? {} : { onceKey }),
    answer: answer.slice(0, ANSWER_LENGTH),
    ...(status === undefined ? {} : { status }),
    payload,
  };
  return JSON.stringify(text);
}

/** Names a dead letter: they come in the order of these keys. */
export function letterKey({ name, died_at: diedAt, id }: Pick<LetterRow, 'name' | 'died_at' | 'id'>): string {
  return `${letterPrefix(name)}${diedAt.padStart(15, '0')}:${id.padStart(16, '0')}`;
}

/** What the keys of a lane's dead letters begin with. */
export function letterPrefix(name: LaneId): string {
  return `d:${name}:`;
}

/** A key taken apart. */
export interface LetterPlace {
  readonly lane: LaneId;
  readonly diedAt: number;
  readonly id: number;
}

/** @returns `undefined` for what is no such key */
export function parseLetterKey(key: string): LetterPlace | undefined {
  const found = /^d:([^/]*)\/([^/]*):(\d{15}):(\d{16})$/s.exec(key);
  if (found === null) return undefined;
  const [, workspaceId = '', target = '', diedAt, id] = found;
  return { lane: laneId(workspaceId, target), diedAt: Number(diedAt), id: Number(id) };
}

/** @param row of which the text is one that was written here */
export function readLetter(row: LetterRow): DeadLetter {
  const text: LetterText = JSON.parse(row.letter);
  return {
    ...partsOfLane(row.name),
    messageId: text.messageId,
    ...(text.onceKey === undefined ? {} : { onceKey: text.onceKey }),
    payload: text.payload,
    acceptedAt: Number(row.accepted_at),
    key: letterKey(row),
    attempts: row.attempts,
    reason: row.reason,
    answer: text.answer,
    ...(text.status === undefined ? {} : { status: text.status }),
    diedAt: Number(row.died_at),
  };
}
