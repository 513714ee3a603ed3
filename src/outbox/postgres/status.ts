// How the outbox stands, of all replicas: counted by the database, and seen again once a second.

import type { EpochMs } from '../../base/time.js';
import type { Queries, Statement } from '../../postgres/connection.js';
import { type LaneId, partsOfLane } from '../lane-id.js';
import type { LaneStatus } from '../outbox.js';

/** In the order of the index, lane by lane. */
const WAITING: Statement = {
  name: 'status_waiting',
  text: `select l.name, w.* from (
      select lane as id, sum(n - coalesce(cardinality(done), 0)) as waiting, sum(bytes) as bytes, min(accepted_at) as oldest
      from event_row group by lane
    ) w join lane l on l.id = w.id`,
};

const LETTERS: Statement = {
  name: 'status_letters',
  text: 'select id, name, dead_letters, dead_letter_bytes as bytes from lane where dead_letters > 0',
};

interface WaitingRow {
  readonly id: number;
  readonly name: LaneId;
  readonly waiting: string;
  readonly bytes: string;
  readonly oldest: Date;
}

interface LettersRow {
  readonly id: number;
  readonly name: LaneId;
  readonly dead_letters: number;
  readonly bytes: string;
}

/** What there is. */
export interface Counts {
  readonly bytes: number;
  readonly byWorkspace: ReadonlyMap<string, number>;
  readonly deadLetterBytes: number;
  readonly lanes: readonly LaneStatus[];
  /** Of lanes with something waiting, by number. */
  readonly waiting: ReadonlyMap<number, { readonly waiting: number; readonly oldestAcceptedAt: EpochMs }>;
}

/** @throws DatabaseError */
export async function count(queries: Queries): Promise<Counts> {
  const [{ rows: waiting }, { rows: letters }] = await Promise.all([
    queries.query<WaitingRow>(WAITING),
    queries.query<LettersRow>(LETTERS),
  ]);
  const byWorkspace = new Map<string, number>();
  const lanes = new Map<LaneId, LaneStatus>();
  for (const { name, waiting: events, bytes, oldest } of waiting) {
    const parts = partsOfLane(name);
    byWorkspace.set(parts.workspaceId, (byWorkspace.get(parts.workspaceId) ?? 0) + Number(bytes));
    const oldestAcceptedAt = oldest.getTime();
    lanes.set(name, { lane: name, ...parts, waiting: Number(events), deadLetters: 0, oldestAcceptedAt });
  }
  for (const { name, dead_letters: deadLetters } of letters) {
    const lane = lanes.get(name) ?? { lane: name, ...partsOfLane(name), waiting: 0 };
    lanes.set(name, { ...lane, deadLetters });
  }
  return {
    bytes: [...byWorkspace.values()].reduce((sum, bytes) => sum + bytes, 0),
    byWorkspace,
    deadLetterBytes: letters.reduce((sum, { bytes }) => sum + Number(bytes), 0),
    lanes: [...lanes.values()],
    waiting: new Map(
      waiting.map(({ id, waiting: events, oldest }) => [
        id,
        { waiting: Number(events), oldestAcceptedAt: oldest.getTime() },
      ]),
    ),
  };
}
