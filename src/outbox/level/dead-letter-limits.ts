// Lets dead letters go that are too old, or too many: no one has to redeliver or drop them for the disk to stay usable.

import type { Logger } from '../../base/logger.js';
import type { Level } from '../../level/open-database.js';
import { readPages } from '../../level/pages.js';
import type { LaneId } from '../lane-id.js';
import { sayDropped } from './books.js';
import { type Found, type PurgeDeps, removeFound } from './purge.js';
import { DEAD, parseRecordKey, recordBytes, timeKeyRange } from './records.js';

/** How many may be kept, and for how long. */
export interface DeadLetterLimits {
  /** Bytes of records of all workspaces together. */
  readonly maxBytes: number;
  /** Milliseconds. */
  readonly maxAgeMs: number;
}

/** Read, and dropped in one step. */
const PAGE = 200;

/** Milliseconds between two looks for what is too old. */
const AGE_LOOK_MS = 60_000;

/** Above this part of the limit it is said. */
const WARN_PART = 0.8;

/** Keeps dead letters within their limits. The oldest go first; beyond the bytes, those of the workspace that has most of them. */
export class DeadLetterKeeper {
  readonly #deps: PurgeDeps;
  readonly #limits: DeadLetterLimits;
  readonly #log: Logger;
  #lookedForOld = Number.NEGATIVE_INFINITY;
  #isWarned = false;

  constructor(deps: PurgeDeps, limits: DeadLetterLimits, log: Logger) {
    this.#deps = deps;
    this.#limits = limits;
    this.#log = log;
  }

  /** @throws what the disk says */
  async look(db: Level): Promise<void> {
    const { now } = this.#deps.books;
    this.#warn();
    if (Math.abs(now() - this.#lookedForOld) >= AGE_LOOK_MS) {
      this.#lookedForOld = now();
      await this.#dropOld(db, now() - this.#limits.maxAgeMs);
    }
    await this.#dropTooMany(db);
  }

  async #dropOld(db: Level, diedBefore: number): Promise<void> {
    for (const id of this.#deps.books.lanes.withDeathsBefore(diedBefore)) {
      let dropped = 0;
      for await (const found of readDead(db, id, diedBefore)) dropped += await removeFound(this.#deps, id, found);
      this.#deps.books.lanes.noDeathsBefore(id, diedBefore);
      sayDropped(this.#deps.books, id, 'age', dropped);
    }
  }

  async #dropTooMany(db: Level): Promise<void> {
    const { lanes } = this.#deps.books;
    while (lanes.deadBytes > this.#limits.maxBytes) {
      const id = lanes.mostDead();
      if (id === undefined) return;
      const excess = lanes.deadBytes - this.#limits.maxBytes;
      const { value: found = [] } = await readDead(db, id, Number.MAX_SAFE_INTEGER).next();
      let bytes = 0;
      const oldest = found.filter((each) => {
        const isNeeded = bytes < excess;
        bytes += each.bytes;
        return isNeeded;
      });
      const dropped = await removeFound(this.#deps, id, oldest);
      // Somebody else took them; or the counts say something else than the disk, then a restart counts anew.
      if (dropped === 0) return;
      sayDropped(this.#deps.books, id, 'bytes', dropped);
    }
  }

  #warn(): void {
    const { deadBytes } = this.#deps.books.lanes;
    const { maxBytes } = this.#limits;
    const isMany = deadBytes > WARN_PART * maxBytes;
    if (isMany && !this.#isWarned)
      this.#log.warn(
        { bytes: deadBytes, maxBytes },
        'Dead letters have nearly reached their limit; beyond it the oldest are dropped.',
      );
    this.#isWarned = isMany;
  }
}

async function* readDead(db: Level, id: LaneId, until: number): AsyncGenerator<readonly Found[], void, void> {
  for await (const page of readPages(db, { ...timeKeyRange(DEAD, id, 0, until), size: PAGE })) {
    yield page.flatMap(([key, value]): Found[] => {
      const place = parseRecordKey(key);
      if (place === undefined) return [];
      const { time, sequence } = place;
      return [{ key, isDead: true, acceptedAt: time, bytes: recordBytes(key, value), sequence }];
    });
  }
}
