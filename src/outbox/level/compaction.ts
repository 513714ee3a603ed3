// Has LevelDB give back the room of what was taken out: it keeps tombstones until it compacts, which on a disk without new events it never does.

import type { Level } from '../../level/open-database.js';

/** What lies there: the waiting and the dead. Marks end by themselves, in order. */
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

  /**
   * @param removed bytes of all records taken out so far
   * @param live bytes of those that are there
   * @param isTight the disk has little room: what there is must be had now
   */
  look(db: Level, removed: number, live: number, isTight: boolean): void {
    if (this.#running !== undefined) return;
    const tombstoneBytes = removed - this.#done;
    const isWorthIt = isTight
      ? tombstoneBytes >= Math.max(TIGHT_WORTH_BYTES, live / TIGHT_SHARE)
      : tombstoneBytes >= WORTH_BYTES && live <= Math.min(tombstoneBytes / 2, MOST_LIVE_BYTES);
    if (!isWorthIt) return;
    this.#done = removed;
    this.#running = compact(db).finally(() => {
      this.#running = undefined;
    });
  }
}

/** LevelDB says what went wrong at the next write. */
async function compact(db: Level): Promise<void> {
  for (const [start, end] of RANGES) await db.compactRange(start, end).catch(() => undefined);
}
