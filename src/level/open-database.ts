// Opens a LevelDB database: checks it first, rescues what is undamaged in a damaged one, and tries in a child process what may have ended the last runs.

import { ClassicLevel } from 'classic-level';
import type { Logger } from '../base/logger.js';
import { makePrivateDirectory } from '../base/private-files.js';
import type { EpochMs } from '../base/time.js';
import { checkDatabase, type Health, isSoundDatabase } from './check-database.js';
import { isWithoutData, nameAside, setAllAside } from './database-files.js';
import { noteOpen, withDatabaseLock } from './database-lock.js';
import { describeDiskError } from './disk-error.js';
import type { IsSound } from './operation.js';
import { probeDatabase } from './probe.js';
import { rescueDatabase } from './rescue-database.js';
import type { RunMarker } from './run-marker.js';

/** A database whose keys and values are text. */
export type Level = ClassicLevel<string, string>;

/** What opening found and did. */
export interface Found {
  /** No file of a database was there. */
  readonly isNew: boolean;
  /** The number of the last operation. */
  readonly operations: number;
  /** Operations that were synced and are gone from the end. */
  readonly missing: number;
  /** What was damaged, and where the files are kept; empty for a sound database. */
  readonly damage: readonly string[];
}

/** Where and how to open. */
export interface DatabaseSettings {
  /** Made when it is missing. Used by one process at a time. */
  readonly directory: string;
  /** What it is, for the log. */
  readonly name: string;
  readonly writeBufferSize: number;
  readonly cacheSize: number;
  /** The number of the last operation that is known to be synced. */
  readonly synced: number | undefined;
  readonly marker: RunMarker;
  readonly isSound: IsSound;
  /** Reads through the database once it is open; damage that it meets is repaired like damage that the check meets. */
  load(db: Level, found: Found): Promise<void>;
  readonly now: () => EpochMs;
  readonly log: Logger;
}

/**
 * Opens the database, making the directory if need be.
 *
 * @param suspect what LevelDB said of damage while it was open
 * @throws the error of the disk when there is nothing to repair: it is full, read-only, locked by another process, …
 */
export async function openDatabase(settings: DatabaseSettings, suspect?: string): Promise<Level> {
  const { directory, marker } = settings;
  await makePrivateDirectory(directory);
  const opening = new Opening(settings);
  try {
    await opening.check(suspect);
    if ((await marker.opening()).areSuspicious) await opening.probe();
    return await opening.open();
  } catch (error) {
    await marker.failed();
    throw error;
  }
}

/** Files named in a sentence; the log has them all. */
const MOST_NAMED = 3;

/** One try to open. */
class Opening {
  readonly #settings: DatabaseSettings;
  readonly #damage: string[] = [];
  readonly #aside: string;
  #health: Health | undefined;

  constructor(settings: DatabaseSettings) {
    this.#settings = settings;
    this.#aside = nameAside(settings.now());
  }

  /** Rescues what the check finds damaged; where LevelDB met damage that the check does not see, everything is written anew. */
  async check(suspect: string | undefined): Promise<void> {
    const health = await this.#look();
    if (isSoundDatabase(health) && suspect === undefined) return;
    await this.#repair(suspect);
  }

  /** What ended the last runs ends another process now, where it is in the files. */
  async probe(): Promise<void> {
    const health = this.#health ?? (await this.#look());
    if (isWithoutData(health.files)) return;
    const signal = await probeDatabase(this.#settings.directory);
    if (signal !== undefined) await this.#repair(`it ends the process that opens it (${signal})`);
  }

  async open(): Promise<Level> {
    for (const measure of [() => this.#repairAll(), () => this.#beginAnew()]) {
      try {
        return await this.#load();
      } catch (error) {
        const { damaged, text } = describeDiskError(error);
        if (!damaged) throw error;
        this.#say(text);
        await withDatabaseLock(this.#settings.directory, measure);
      }
    }
    return this.#load();
  }

  async #look(): Promise<Health> {
    this.#health = await checkDatabase(this.#settings.directory, this.#settings.synced);
    return this.#health;
  }

  #say(said: string): void {
    const { log, directory, name } = this.#settings;
    log.error({ directory, said }, `The ${name} is damaged. What is undamaged is being rescued.`);
  }

  /** Only with the lock: what another process has open looks damaged while it is written. */
  #repair(suspect: string | undefined): Promise<void> {
    return withDatabaseLock(this.#settings.directory, async () => {
      const health = await this.#look();
      if (isSoundDatabase(health)) {
        if (suspect === undefined) return;
        this.#say(suspect);
        await this.#repairAll();
        return;
      }
      const faults = [...health.faults].map(([file, fault]) => `${file}: ${fault}`);
      this.#say(faults.join('; '));
      await this.#rescue(health, false, faults);
    });
  }

  async #repairAll(): Promise<void> {
    await this.#rescue(await this.#look(), true, []);
  }

  async #rescue(health: Health, everything: boolean, faults: readonly string[]): Promise<void> {
    const { directory, isSound } = this.#settings;
    const aside = this.#aside;
    try {
      await rescueDatabase({ directory, health, isSound, aside, everything });
      if (!isSoundDatabase(await this.#look())) return await this.#beginAnew();
    } catch (error) {
      if (describeDiskError(error).passing) throw error;
      return this.#beginAnew();
    }
    const more = faults.length > MOST_NAMED ? [`${faults.length - MOST_NAMED} more`] : [];
    const named = faults.length > 0 ? ` (${[...faults.slice(0, MOST_NAMED), ...more].join('; ')})` : '';
    this.#damage.push(`it was repaired${named}; the damaged files are kept in ${aside}`);
  }

  async #beginAnew(): Promise<void> {
    await setAllAside(this.#settings.directory, this.#aside);
    this.#damage.push(`it could not be repaired and began empty; the old files are kept in ${this.#aside}`);
    await this.#look();
  }

  async #load(): Promise<Level> {
    const { directory, writeBufferSize, cacheSize, load, marker } = this.#settings;
    const { files, operations, missing } = this.#health ?? (await this.#look());
    const db: Level = new ClassicLevel(directory, { writeBufferSize, cacheSize });
    const isNew = isWithoutData(files);
    await db.open({ createIfMissing: isNew });
    noteOpen(directory, db);
    try {
      await load(db, { isNew, operations, missing, damage: this.#damage });
      await marker.opened();
      return db;
    } catch (error) {
      await db.close();
      throw error;
    }
  }
}
