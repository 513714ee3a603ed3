// What the outbox knows of what it holds, and what each of its changes works on.

import type { Logger } from '../../base/logger.js';
import type { EpochMs } from '../../base/time.js';
import { type LaneId, partsOfLane } from '../lane-id.js';
import type { DroppedDeadLetters } from '../outbox.js';
import type { DedupeIndex } from './dedupe-index.js';
import type { Lanes } from './lanes.js';
import type { Ledger } from './ledger.js';
import type { Room } from './room.js';

/** What the changes work on. */
export interface Books {
  readonly lanes: Lanes;
  readonly dedupe: DedupeIndex;
  readonly ledger: Ledger;
  /** Of waiting records. */
  readonly maxBytes: number;
  /** Whether more than one workspace has settings. */
  readonly isShared: () => boolean;
  readonly room: Room;
  /** Dead letters that were let go since the start. */
  readonly dropped: { -readonly [Why in keyof DroppedDeadLetters]: number };
  readonly log: Logger;
  readonly now: () => EpochMs;
  /** When what waits on disk was read: none of it is due later. 0 where nothing waited. */
  foundUntil: EpochMs;
  /** The highest sequence number given out. */
  sequence: number;
  /** Bytes of the last call that was refused because the outbox was full; 0 when none was. */
  refusedBytes: number;
  /** The same of workspaces that had their share. */
  readonly overShare: Map<string, number>;
  /** Tells that the lane has something new to deliver. */
  appended(lane: LaneId, origin?: 'redelivered'): void;
}

/** Counts dead letters that are let go, and says so. */
export function sayDropped({ dropped, log }: Books, id: LaneId, reason: keyof DroppedDeadLetters, count: number): void {
  if (count === 0) return;
  dropped[reason] += count;
  const why = reason === 'age' ? 'they are too old' : 'they take too much room';
  log.warn({ ...partsOfLane(id), dropped: count, reason }, `Dead letters were dropped: ${why}.`);
}
