// Says how the outbox stands.

import type { OutboxStatus } from '../outbox.js';
import { describeFull, describeShares } from '../room-share.js';
import type { Books } from './books.js';
import type { LevelDatabase } from './database.js';
import type { Notices } from './notices.js';
import { workspacesOverShare } from './workspace-shares.js';

/** What was there when the disk was last read. */
export type Known = Pick<OutboxStatus, 'bytes' | 'lanes'>;

/**
 * Costs no disk access. `ok` with a `problem` is an outbox that works, but somebody should look: damage was repaired
 * or set aside when it was opened, and no one has acknowledged that.
 *
 * @param known `undefined` before the disk was ever read
 */
export function describeOutbox(
  books: Books,
  database: LevelDatabase,
  notices: Notices,
  closed: boolean,
  known: Known | undefined,
): OutboxStatus {
  const { lanes } = books;
  const problem = closed ? 'closed' : (describeDisk(database) ?? books.room.problem ?? describeRoom(books));
  const shown = problem ?? describeShares(workspacesOverShare(books)) ?? notices.text;
  return {
    at: books.now(),
    ok: problem === undefined,
    ...(shown === undefined ? {} : { problem: shown }),
    ...(database.db === undefined && !closed
      ? { bytes: known?.bytes ?? 0, lanes: known?.lanes ?? [], counts: known === undefined ? 'unknown' : 'last known' }
      : { bytes: lanes.bytes, lanes: lanes.status() }),
  };
}

function describeDisk({ problem }: LevelDatabase): string | undefined {
  return problem === undefined ? undefined : `${problem.code}: ${problem.text}`;
}

/** It is full as long as what was refused last would be refused again. */
function describeRoom({ lanes, maxBytes, refusedBytes }: Books): string | undefined {
  const needed = lanes.bytes + Math.min(refusedBytes, maxBytes);
  const isFull = lanes.bytes > 0 && (lanes.bytes >= maxBytes || (refusedBytes > 0 && needed > maxBytes));
  return isFull ? describeFull(lanes.bytes, maxBytes) : undefined;
}
