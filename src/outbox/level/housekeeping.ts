// What the outbox does beside its work: watches the room on the disk, has LevelDB clean up, keeps dead letters within their limits.

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PluginError } from '../../base/errors.js';
import type { Level } from '../../level/open-database.js';
import type { OutboxUsage } from '../outbox.js';
import { Compaction } from './compaction.js';
import { DeadLetterKeeper, type DeadLetterLimits } from './dead-letter-limits.js';
import type { PurgeDeps } from './purge.js';
import { RESERVE_FILE, type Room } from './room.js';

/** Milliseconds between two looks at the sizes of the files. */
const MEASURE_MS = 5_000;

const WITHOUT = new Set([RESERVE_FILE]);

/** What it works on. */
export interface HousekeepingDeps extends PurgeDeps {
  readonly directory: string;
  readonly room: Room;
}

/** Done now and then while the database works. */
export class Housekeeping {
  readonly #deps: HousekeepingDeps;
  readonly #keeper: DeadLetterKeeper;
  readonly #compaction = new Compaction();
  #measuredAt = Number.NEGATIVE_INFINITY;
  #diskBytes: number | undefined;

  constructor(deps: HousekeepingDeps, limits: DeadLetterLimits) {
    this.#deps = deps;
    this.#keeper = new DeadLetterKeeper(deps, limits, deps.books.log);
  }

  /** @param deadLetterBytes as far as known */
  usage(deadLetterBytes: number | undefined): OutboxUsage {
    return {
      diskBytes: this.#diskBytes,
      deadLetterBytes,
      droppedDeadLetters: { ...this.#deps.books.dropped },
    };
  }

  /** Does not throw. */
  async tidy(db: Level): Promise<void> {
    const { database, books, room } = this.#deps;
    const { lanes } = books;
    await room.look(db);
    try {
      await this.#keeper.look(db);
    } catch (error) {
      // A step that was refused has told the database already.
      if (!(error instanceof PluginError)) database.fail(db, error);
    }
    this.#compaction.look(db, lanes.removedBytes, lanes.bytes + lanes.deadBytes, room.isTight, (error) =>
      database.fail(db, error),
    );
    await this.#measure();
  }

  async #measure(): Promise<void> {
    const at = performance.now();
    if (at - this.#measuredAt < MEASURE_MS) return;
    this.#measuredAt = at;
    this.#diskBytes = await bytesOfFiles(this.#deps.directory, WITHOUT).catch(() => this.#diskBytes);
  }
}

/**
 * Bytes of the files in a directory and below, but for some at the top. LevelDB removes files meanwhile: these do not count.
 *
 * @param without names
 */
async function bytesOfFiles(directory: string, without: ReadonlySet<string>): Promise<number> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  let bytes = 0;
  for (const entry of entries) {
    if (!entry.isFile() || (entry.parentPath === directory && without.has(entry.name))) continue;
    bytes += (await stat(join(entry.parentPath, entry.name)).catch(() => undefined))?.size ?? 0;
  }
  return bytes;
}
