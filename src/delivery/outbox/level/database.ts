// Keeps the outbox's database open: after a fault it is closed, repaired if need be, and opened again until it works.

import type { Logger } from '../../../observe/logger.js';
import { openDirectory } from './directory.js';
import { type DiskProblem, describeDiskError } from './disk-error.js';
import type { Level } from './step.js';

/** Milliseconds until the next try to open; doubled each time. */
const FIRST_DELAY = 100;
const LONGEST_DELAY = 10_000;

/** What the database needs of its user. */
export interface DatabaseUser {
  /**
   * Reads what is on disk. Called each time the database was opened; an error counts as a failed opening.
   *
   * @returns what somebody should look at although the database can be used
   */
  load(db: Level): Promise<string | undefined>;
  /** It works now. */
  usable(): void;
}

/**
 * One LevelDB database that comes back by itself.
 *
 * After a failed write LevelDB may go on with a log that it can't read back later, so no write follows a failed one:
 * the database is closed and opened anew, which cuts the log where it broke.
 */
export class LevelDatabase {
  readonly #directory: string;
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #user: DatabaseUser;
  #db: Level | undefined;
  #problem: DiskProblem | undefined;
  #notice: string | undefined;
  /** Damage was seen since it last worked. */
  #damaged = false;
  #delay = FIRST_DELAY;
  #timer: NodeJS.Timeout | undefined;
  #opening: Promise<void> | undefined;
  #closed = false;

  constructor(directory: string, log: Logger, now: () => number, user: DatabaseUser) {
    this.#directory = directory;
    this.#log = log;
    this.#now = now;
    this.#user = user;
  }

  /** The open database; `undefined` while it can't be used. */
  get db(): Level | undefined {
    return this.#db;
  }

  /** Why it can't be used. */
  get problem(): DiskProblem | undefined {
    return this.#problem;
  }

  /** What somebody should look at although it can be used. */
  get notice(): string | undefined {
    return this.#notice;
  }

  /** Tries to open it once; where that fails it goes on trying. Does not throw. */
  open(): Promise<void> {
    this.#opening = this.#open();
    return this.#opening;
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
    this.#opening = db.close().catch(() => undefined);
    this.#opening.then(() => this.#tryLater());
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#opening;
    const db = this.#db;
    this.#db = undefined;
    await db?.close().catch((error: unknown) => this.#fault(error, 'The outbox did not close well.'));
  }

  async #open(): Promise<void> {
    try {
      const { db, notice } = await openDirectory({
        directory: this.#directory,
        repairFirst: this.#damaged,
        load: (opened) => this.#user.load(opened),
        log: this.#log,
        now: this.#now,
      });
      if (this.#problem !== undefined) this.#log.info({ directory: this.#directory }, 'The outbox works again.');
      this.#db = db;
      this.#problem = undefined;
      this.#damaged = false;
      this.#notice = notice ?? this.#notice;
      this.#user.usable();
    } catch (error) {
      this.#fault(error, 'The outbox can not be opened. It takes nothing; the next try follows by itself.');
      this.#tryLater();
    }
  }

  /** The same problem is logged loudly once. */
  #fault(error: unknown, message: string): void {
    const problem = describeDiskError(error);
    const known = this.#problem?.code === problem.code;
    this.#problem = problem;
    this.#damaged ||= problem.damaged;
    this.#log[known ? 'debug' : 'error'](
      { directory: this.#directory, code: problem.code, said: problem.text },
      message,
    );
  }

  #tryLater(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.open(), this.#delay);
    this.#delay = Math.min(this.#delay * 2, LONGEST_DELAY);
  }
}
