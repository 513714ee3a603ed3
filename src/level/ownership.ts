// Knows whether the directory of an open database is still the one that was opened, and this process the only one that writes there.
//
// An open file goes on to take writes after its directory was renamed or deleted, and LevelDB finds its files by their path: what was written last would be
// in a place that no start reads, and its next file would begin a database beside the old one. LevelDB's own lock is one on a file: with that file deleted two
// processes hold it at once.

import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { replacePrivateFile } from '../base/private-files.js';
import { codeOf } from '../base/system-error.js';
import { openSealedJson, sealJson } from './sealed-json.js';

const OWNER_FILE = 'owner';

/** Milliseconds between two looks of an owner that writes nothing. */
export const LOOK_MS = 500;

/** Milliseconds for another owner to see that it is no longer that: three of its looks. */
const TAKE_OVER_MS = 3 * LOOK_MS;

/** A take-over that is older was broken off. */
const LONGEST_TAKE_OVER_MS = 10_000;

/** What file systems may write as one and the same time. */
const TICK_MS = 50n;
const NANOSECONDS = 1_000_000n;

const LOG_FILE = /^(\d+)\.log$/;
const DATA_FILE = /^(?:\d+\.(?:ldb|sst|log)|MANIFEST-\d+)$/;

/** What the file `owner` in the directory says. */
interface Owner {
  /** Of the database, as long as it lives. */
  readonly store: string;
  /** Of one opening. */
  readonly epoch: string;
  readonly pid: number;
  readonly host: string;
  /** LevelDB's lock file, as a file; absent while the database is being taken over. */
  readonly lock?: string;
  /** The database was closed. */
  readonly released?: boolean;
}

/** The directory is not (any more) one that may be written. `code`: `GONE` or `TAKEN`. */
export class OwnershipError extends Error {
  readonly code: 'GONE' | 'TAKEN';

  constructor(code: 'GONE' | 'TAKEN', message: string) {
    super(message);
    this.code = code;
  }
}

/** Which database is guarded. */
export interface OwnershipSettings {
  readonly directory: string;
  /** For people: `the outbox`. */
  readonly name: string;
  /** What would be lost without the directory, for people; `undefined` when nothing would. */
  readonly stake: () => string | undefined;
  /** Told that another database takes the place of the one that was open, which is gone. */
  readonly onNew?: () => void;
}

/** A file, whatever its name. LevelDB has files of its directory open, so the number is not given to another one meanwhile. */
interface FileId {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** A log of LevelDB. `file` is `undefined` while it could not be seen. */
interface Log {
  readonly number: number;
  readonly file: FileId | undefined;
}

const NO_LOG: Log = { number: 0, file: undefined };

function isSameFile(one: FileId, other: FileId): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}

/** How the directory looked when all was well. */
interface Look extends FileId {
  readonly mtimeNs: bigint;
  /** A change in the same tick of the clock would not show. */
  readonly isSettled: boolean;
}

function readText(text: string): Owner | undefined {
  try {
    // With a byte that is not what was written it could name an owner that never was, for whom a start would wait.
    const read = openSealedJson(text, 'owner');
    if (read === undefined) return undefined;
    const { store, epoch, pid, host, lock, released } = read;
    if (typeof store !== 'string' || typeof epoch !== 'string') return undefined;
    return {
      ...{ store, epoch, pid: Number(pid), host: String(host) },
      ...(typeof lock === 'string' && { lock }),
      ...(released === true && { released }),
    };
  } catch {
    return undefined;
  }
}

const MISSING: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR']);

function isMissing(error: unknown): boolean {
  return MISSING.has(codeOf(error));
}

/** `undefined` for what is not there. @throws the system's other errors */
function ifThere<T>(found: Promise<T>): Promise<T | undefined> {
  return found.catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
}

/** This process's hold on a directory, through all times that it is opened. */
export class Ownership {
  readonly #settings: OwnershipSettings;
  readonly #epoch = randomUUID();
  /** Of the database that was opened last. */
  #store: string | undefined;
  #look: Look | undefined;
  /** The directory that was opened last, as a file. Its name and what is in it are those of a copy, too. */
  #opened: FileId | undefined;
  /** The newest log: LevelDB never goes back, and it is the file that takes the writes. */
  #newestLog: Log = NO_LOG;

  constructor(settings: OwnershipSettings) {
    this.#settings = settings;
  }

  /**
   * To be called before the database is opened.
   *
   * @returns what somebody should know: the directory that was open before is gone, and nothing was lost with it
   * @throws OwnershipError: something would be lost, or another process has taken the directory
   */
  async takeOver(): Promise<string | undefined> {
    this.#look = undefined;
    const owner = await this.#readOwner();
    const notice = await this.#requireSame(owner);
    if (owner === undefined || owner.released === true || owner.epoch === this.#epoch) return notice;
    const lock = await this.#lockFile();
    // LevelDB's lock tells whether its holder lives, as long as both mean the same file.
    if (lock !== undefined && lock === owner.lock) return notice;
    if (owner.lock === undefined && !(await this.#isOldOwner())) throw this.#taken(owner);
    await this.#write({ store: owner.store, lock: undefined });
    await sleep(TAKE_OVER_MS);
    const after = await this.#readOwner();
    if (after?.epoch !== this.#epoch) throw this.#taken(after);
    return notice;
  }

  /** To be called once the database is open. @throws the system's error when the disk takes nothing */
  async own(): Promise<void> {
    this.#store ??= (await this.#readOwner())?.store ?? randomUUID();
    await this.#write({ store: this.#store, lock: await this.#lockFile() });
    this.#newestLog = NO_LOG;
    this.#opened = undefined;
    await this.#lookClosely();
  }

  /**
   * To be called after each synced write, before it is acknowledged. Costs some microseconds, unless something in the directory has changed: a look that goes
   * through the thread pool costs as much as the write, and a file system that has just synced does not hang here.
   *
   * @throws OwnershipError: what was written last is not where the next start reads
   */
  async verify(): Promise<void> {
    const now = statSync(this.#settings.directory, { bigint: true, throwIfNoEntry: false });
    if (now === undefined || !this.#isAsBefore(now)) await this.#lookClosely();
  }

  /** The same for one that writes nothing. @throws OwnershipError */
  async look(): Promise<void> {
    const now = await ifThere(stat(this.#settings.directory, { bigint: true }));
    if (now === undefined || !this.#isAsBefore(now)) await this.#lookClosely();
  }

  #isAsBefore(now: Omit<Look, 'isSettled'>): boolean {
    const look = this.#look;
    return look?.isSettled === true && isSameFile(now, look) && now.mtimeNs === look.mtimeNs;
  }

  /** To be called before the database is closed for good: the next owner need not wait. */
  async release(): Promise<void> {
    if (this.#store === undefined || (await this.#readOwner())?.epoch !== this.#epoch) return;
    await this.#write({ store: this.#store, lock: undefined, released: true });
  }

  async #lookClosely(): Promise<void> {
    const { directory } = this.#settings;
    // Before the directory is read: another look may be under way, and see the next log meanwhile.
    const before = this.#newestLog;
    const seen = await ifThere(stat(directory, { bigint: true }));
    const owner = await this.#readOwner();
    const names = (await ifThere(readdir(directory))) ?? [];
    if (seen === undefined || owner?.store !== this.#store) throw this.#gone(this.#settings.stake());
    if (owner?.epoch !== this.#epoch) throw this.#taken(owner);
    const { dev, ino, mtimeNs } = seen;
    // A copy says the same as the directory that was opened.
    if (this.#opened !== undefined && !isSameFile(seen, this.#opened)) throw this.#gone(this.#settings.stake());
    const newestLog = await this.#findLog(names);
    if (!names.includes('CURRENT') || newestLog.number < before.number || newestLog.number === 0)
      throw this.#gone('its newest files');
    // A file of the same name takes the place of the one that takes the writes.
    if (newestLog.number === before.number && newestLog.file !== undefined && before.file !== undefined)
      if (!isSameFile(newestLog.file, before.file)) throw this.#gone('its newest files');
    this.#opened = { dev, ino };
    if (newestLog.number >= this.#newestLog.number) this.#newestLog = newestLog;
    const age = BigInt(Date.now()) - mtimeNs / NANOSECONDS;
    this.#look = { dev, ino, mtimeNs, isSettled: age > TICK_MS };
  }

  async #findLog(names: readonly string[]): Promise<Log> {
    const number = Math.max(0, ...names.map((name) => Number(LOG_FILE.exec(name)?.[1] ?? 0)));
    const name = names.find((one) => Number(LOG_FILE.exec(one)?.[1] ?? 0) === number);
    if (number === 0 || name === undefined) return NO_LOG;
    // LevelDB may have put the next one in its place since the directory was read.
    const file = await ifThere(stat(join(this.#settings.directory, name), { bigint: true }));
    return { number, file: file === undefined ? undefined : { dev: file.dev, ino: file.ino } };
  }

  /** A database that was open in this process is not silently taken for a new one. */
  async #requireSame(owner: Owner | undefined): Promise<string | undefined> {
    if (this.#store === undefined) return undefined;
    const { directory } = this.#settings;
    const names = (await ifThere(readdir(directory))) ?? [];
    const now = await ifThere(stat(directory, { bigint: true }));
    const stake = this.#settings.stake();
    // A file system that was mounted anew has another device number; a copy on the same one has another inode.
    const isCopy = now !== undefined && this.#opened !== undefined && now.ino !== this.#opened.ino;
    const isSame = owner?.store === this.#store && names.some((name) => DATA_FILE.test(name));
    if (isSame && !(isCopy && stake !== undefined)) return undefined;
    if (stake !== undefined) throw this.#gone(stake);
    this.#store = undefined;
    this.#settings.onNew?.();
    return `the directory of ${this.#settings.name} was deleted, renamed or replaced when nothing waited in it; what it remembered is forgotten`;
  }

  #gone(stake: string | undefined): OwnershipError {
    const { directory, name } = this.#settings;
    return new OwnershipError(
      'GONE',
      `${directory}, the directory of ${name}, was deleted, renamed or replaced${stake === undefined ? '' : `, with ${stake}`}: put it back, or start the process anew to begin an empty one`,
    );
  }

  #taken(owner: Owner | undefined): OwnershipError {
    const by = owner === undefined ? 'another process' : `another process (${owner.pid} on ${owner.host})`;
    return new OwnershipError('TAKEN', `${by} has taken the directory of ${this.#settings.name}`);
  }

  async #readOwner(): Promise<Owner | undefined> {
    const text = await ifThere(readFile(join(this.#settings.directory, OWNER_FILE), 'utf8'));
    return text === undefined ? undefined : readText(text);
  }

  /** Whole or not at all. */
  async #write(owner: Pick<Owner, 'store' | 'released'> & { readonly lock: string | undefined }): Promise<void> {
    const file = join(this.#settings.directory, OWNER_FILE);
    const mine: Omit<Owner, 'lock'> & typeof owner = {
      ...owner,
      epoch: this.#epoch,
      pid: process.pid,
      host: hostname(),
    };
    await replacePrivateFile(file, `${sealJson({ ...mine })}\n`);
  }

  async #lockFile(): Promise<string | undefined> {
    const found = await ifThere(stat(join(this.#settings.directory, 'LOCK'), { bigint: true }));
    return found === undefined ? undefined : `${found.dev}:${found.ino}`;
  }

  async #isOldOwner(): Promise<boolean> {
    const found = await ifThere(stat(join(this.#settings.directory, OWNER_FILE)));
    return found === undefined || Date.now() - found.mtimeMs > LONGEST_TAKE_OVER_MS;
  }
}
