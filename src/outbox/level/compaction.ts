// Has LevelDB give back the room of what was taken out: it keeps tombstones until it compacts, which on a disk without new events it never does.

import type { Level } from '../../level/open-database.js';

/** What lies there: the waiting and the dead. Entries of the dedupe index end by themselves, in order. */
const RANGES = [
  ['d:', 'd;'],
  ['q:', 'q;'],
] as const;

/** Less is not worth it: LevelDB's own files take as much. */
const WORTH_BYTES = 16 << 20;

/** More of what is still there would be written anew. */
const MOST_LIVE_BYTES = 64 << 20;

const TIGHT_WORTH_BYTES = 256 << 10;
const TIGHT_SHARE = 8;

/** Knows when it is worth it. */
export class Compaction {
  #done = 0;
  #running: Promise<void> | undefined;
  /** The database of the last look. */
  #db: Level | undefined;
  /** What an earlier run or a merge that did not end has left is counted nowhere. */
  #isUnknown = true;

  /**
   * @param removed bytes of all records taken out so far
   * @param live bytes of those that are there
   * @param isTight the disk has little room: what there is must be had now
   * @param onFault told why LevelDB merges no more: it has to be opened anew
   */
  look(db: Level, removed: number, live: number, isTight: boolean, onFault: (error: unknown) => void): void {
    if (db !== this.#db) {
      this.#db = db;
      this.#isUnknown = true;
    }
    if (this.#running !== undefined) return;
    const tombstoneBytes = removed - this.#done;
    const isWorthIt = isTight
      ? this.#isUnknown || tombstoneBytes >= Math.max(TIGHT_WORTH_BYTES, live / TIGHT_SHARE)
      : tombstoneBytes >= WORTH_BYTES && live <= Math.min(tombstoneBytes / 2, MOST_LIVE_BYTES);
    if (!isWorthIt) return;
    this.#done = removed;
    this.#isUnknown = false;
    this.#running = compact(db)
      .catch(onFault)
      .finally(() => {
        this.#running = undefined;
      });
  }
}

/** Nothing is kept there. */
const NO_KEY = 'm:merged';

/**
 * LevelDB merges no more once that has failed, and says so at the next write only; on a disk without room there may never be one, for events are refused. So it is
 * asked with one that changes nothing.
 *
 * @throws the error of the merge
 */
async function compact(db: Level): Promise<void> {
  for (const [start, end] of RANGES) await db.compactRange(start, end);
  await db.del(NO_KEY);
}
