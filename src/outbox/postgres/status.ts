// How the outbox stands, of all replicas: counted by the database, and seen again once a second.

import type { EpochMs } from '../../base/time.js';
import type { Queries, Statement } from '../../postgres/connection.js';
import { type LaneId, partsOfLane } from '../lane-id.js';
import type { LaneStatus } from '../outbox.js';

/** In the order of the index, lane by lane. */
const COUNT: Statement = {
  name: 'status',
  text: `select l.id, l.name, w.waiting, w.bytes, w.oldest, l.dead_letters, l.dead_letter_bytes from (
      select lane as id, sum(n - coalesce(cardinality(done), 0)) as waiting, sum(bytes) as bytes, min(accepted_at) as oldest
      from event_row group by lane
    ) w join lane l on l.id = w.id
    union all
    select id, name, null, null, null, dead_letters, dead_letter_bytes from lane l
      where dead_letters > 0 and not exists (select from event_row e where e.lane = l.id)`,
};

interface CountRow {
  readonly id: number;
  readonly name: LaneId;
  /** Nothing waits where these are null. */
  readonly waiting: string | null;
  readonly bytes: string | null;
  readonly oldest: Date | null;
  readonly dead_letters: number;
  readonly dead_letter_bytes: string;
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
  const { rows } = await queries.query<CountRow>(COUNT);
  const byWorkspace = new Map<string, number>();
  const waiting = new Map<number, { readonly waiting: number; readonly oldestAcceptedAt: EpochMs }>();
  let deadLetterBytes = 0;
  const lanes = rows.map((row): LaneStatus => {
    const parts = partsOfLane(row.name);
    deadLetterBytes += Number(row.dead_letter_bytes);
    const lane = { lane: row.name, ...parts, waiting: Number(row.waiting), deadLetters: row.dead_letters };
    if (row.oldest === null) return lane;
    byWorkspace.set(parts.workspaceId, (byWorkspace.get(parts.workspaceId) ?? 0) + Number(row.bytes));
    const oldestAcceptedAt = row.oldest.getTime();
    waiting.set(row.id, { waiting: lane.waiting, oldestAcceptedAt });
    return { ...lane, oldestAcceptedAt };
  });
  const bytes = [...byWorkspace.values()].reduce((sum, each) => sum + each, 0);
  return { bytes, byWorkspace, deadLetterBytes, lanes, waiting };
}
