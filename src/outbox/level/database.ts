// Keeps the outbox's database open: after a fault it is closed, repaired if need be, and opened again until it works.

import type { Logger } from '../../base/logger.js';
import type { DiskProblem } from '../../level/disk-error.js';
import type { Level } from '../../level/open-database.js';
import type { OwnedDatabase } from '../../level/owned-database.js';
import { LOOK_MS } from '../../level/ownership.js';
import type { Room } from './room.js';

/** Milliseconds until the next try to open; doubled each time. */
const FIRST_DELAY = 100;
const LONGEST_DELAY = 10_000;

/** Milliseconds between two looks whether a directory that is gone is back: it costs little. */
const GONE_DELAY = 1_000;

/** What a disk without room says. */
const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

/** Who uses the database. */
export interface DatabaseUser {
  /** It works now. */
  usable(): void;
  /** To be called now and then while it works. Does not throw. */
  tidy(db: Level): Promise<void>;
}

/** What the database is made of. */
export interface LevelDatabaseOptions {
  readonly directory: string;
  readonly database: OwnedDatabase;
  readonly room: Room;
  readonly log: Logger;
}

/**
 * One LevelDB database that comes back by itself.
 *
 * After a failed write LevelDB may go on with a log that it cannot read back later, so no write follows a failed one:
 * the database is closed and opened anew, which cuts the log where it broke.
 */
export class LevelDatabase {
  readonly #directory: string;
  readonly #log: Logger;
  readonly #database: OwnedDatabase;
  readonly #room: Room;
  readonly #user: DatabaseUser;
  #db: Level | undefined;
  #problem: DiskProblem | undefined;
  #delay = FIRST_DELAY;
  #timer: NodeJS.Timeout | undefined;
  #opening: Promise<void> | undefined;
  #looking: Promise<void> | undefined;
  readonly #looks: NodeJS.Timeout;
  #closed = false;

  constructor({ directory, database, room, log }: LevelDatabaseOptions, user: DatabaseUser) {
    this.#directory = directory;
    this.#database = database;
    this.#room = room;
    this.#log = log;
    this.#user = user;
    this.#looks = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  /** The open database; `undefined` while it cannot be used. */
  get db(): Level | undefined {
    return this.#db;
  }

  /** Why it cannot be used. */
  get problem(): DiskProblem | undefined {
    return this.#problem;
  }

  /** Tries to open it once; where that fails it goes on trying. Does not throw. */
  open(): Promise<void> {
    this.#opening = this.#open();
    return this.#opening;
  }

  /** @throws OwnershipError: what was written is not where the next start reads */
  verify(): Promise<void> {
    return this.#database.verify();
  }

  /** A write succeeded. */
  wrote(): void {
    this.#delay = FIRST_DELAY;
  }

  /** A read or write of the database failed: it is closed and opened again. */
  fail(db: Level, error: unknown): void {
    if (this.#db !== db) return;
    this.#db = undefined;
    this.#fault(error, 'The outbox failed. It takes nothing until its database is open again.');
    // Closing waits for what is under way; its errors say nothing new.
    this.#opening = db
      .close()
      .catch(() => undefined)
      .then(() => this.#makeRoom());
    this.#opening.then(() => this.#tryLater());
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearInterval(this.#looks);
    await this.#opening;
    await this.#looking;
    const db = this.#db;
    this.#db = undefined;
    await this.#database.close(db).catch((error: unknown) => this.#fault(error, 'The outbox did not close well.'));
  }

  async #open(): Promise<void> {
    try {
      await this.#room.measure();
      const db = await this.#database.open();
      await this.#room.look(db);
      if (this.#problem !== undefined) this.#log.info({ directory: this.#directory }, 'The outbox works again.');
      this.#db = db;
      this.#problem = undefined;
      this.#user.usable();
    } catch (error) {
      this.#fault(error, 'The outbox cannot be opened. It takes nothing; the next try follows by itself.');
      await this.#makeRoom();
      this.#tryLater();
    }
  }

  /** Closed it can give up what it has kept for this. */
  async #makeRoom(): Promise<void> {
    if (FULL.has(this.#problem?.code ?? '')) await this.#room.release();
  }

  /** One look at a time: on a disk that hangs they would pile up. */
  #look(): void {
    const db = this.#db;
    if (db === undefined || this.#looking !== undefined) return;
    this.#looking = this.#database
      .look()
      .then(() => this.#user.tidy(db))
      .catch((error: unknown) => this.fail(db, error))
      .finally(() => {
        this.#looking = undefined;
      });
  }

  /** The same problem is logged loudly once. */
  #fault(error: unknown, message: string): void {
    const problem = this.#database.failed(error);
    const known = this.#problem?.code === problem.code;
    this.#problem = problem;
    this.#log[known ? 'debug' : 'error'](
      { directory: this.#directory, code: problem.code, said: problem.text },
      message,
    );
  }

  #tryLater(): void {
    if (this.#closed) return;
    const { code } = this.#problem ?? {};
    if (code === 'GONE') this.#delay = Math.min(this.#delay, GONE_DELAY);
    // The new owner is let in.
    if (code === 'TAKEN') this.#delay = LONGEST_DELAY;
    this.#timer = setTimeout(() => void this.open(), this.#delay);
    this.#delay = Math.min(this.#delay * 2, LONGEST_DELAY);
  }
}
