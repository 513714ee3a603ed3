// What lanes know of their targets, kept for the replica that has them next. Written with the next settlement, or by a flush within a second.

import type { Queries, Statement } from '../../postgres/connection.js';
import type { LaneNote } from '../outbox.js';
import type { HeldLane } from './lanes.js';

/** `$1` owner, `$2` lanes, `$3` their epochs, `$4` their notes */
const WRITE: Statement = {
  name: 'notes_write',
  text: `update lane l set note = n.note::jsonb from unnest($2::int[], $3::bigint[], $4::text[]) n (id, epoch, note)
    where l.id = n.id and l.owner = $1 and l.epoch = n.epoch`,
};

/** Keeps a note of a lane. */
export function keepNote(lane: HeldLane, note: LaneNote | undefined): void {
  if (isSame(lane.note, note)) return;
  lane.note = note;
  lane.isNoteWritten = false;
}

function isSame(one: LaneNote | undefined, other: LaneNote | undefined): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

/** Writes the notes that are not written yet. @throws DatabaseError */
export async function writeNotes(queries: Queries, replicaId: string, lanes: Iterable<HeldLane>): Promise<void> {
  const some = [...lanes].filter(({ isNoteWritten }) => !isNoteWritten);
  if (some.length === 0) return;
  const texts = some.map(({ note }) => (note === undefined ? null : JSON.stringify(note)));
  for (const lane of some) lane.isNoteWritten = true;
  try {
    await queries.query(WRITE, [replicaId, some.map(({ id }) => id), some.map(({ epoch }) => epoch), texts]);
  } catch (error) {
    for (const lane of some) lane.isNoteWritten = false;
    throw error;
  }
}
