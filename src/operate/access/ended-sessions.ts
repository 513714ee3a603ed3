// Remembers which sessions were ended before their time, across restarts: a copy of a cookie must not work again.

import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseJson } from '../../base/json.js';
import type { Logger } from '../../base/logger.js';
import { makeParents, replacePrivateFile } from '../../base/private-files.js';
import { codeOf } from '../../base/system-error.js';
import type { EpochMs } from '../../base/time.js';
import { isJsonObject } from '../../model/segment-event.js';
import { LASTS_MS, type Session } from './sessions.js';
import type { Role } from './shapes.js';

/** Name of the file, beside the outbox: ids that are of no use without a signature. */
export const ENDED_SESSIONS_FILE = 'ended-sessions.json';

/** Ended sessions of one role that are remembered one by one. */
export const MAX_ENDED = 10_000;

/** Which sessions were ended before their time. */
export interface EndedMemory {
  /** Whether a session was ended. */
  has(session: Session): Promise<boolean>;
  /** Ends a session. It is written down then; where it cannot be, the log says so. */
  end(session: Session): Promise<void>;
  /** When a session that begins now is over: behind those that were ended all at once. */
  expiryFor(role: Role): Promise<EpochMs>;
}

interface EndedOfRole {
  /** Sessions that are over by themselves until then were ended, all of them. */
  until: EpochMs;
  /** When each that was ended would be over by itself, by its id. */
  readonly ids: Map<string, EpochMs>;
}

type Ended = Readonly<Record<Role, EndedOfRole>>;

/** What it works with. */
export interface EndedSessionsDeps {
  readonly file: string;
  /** In ms since 1970. */
  readonly now: () => EpochMs;
  readonly log: Logger;
  readonly max?: number;
}

/** @returns `undefined` for what was not written here */
function readRole(value: unknown): EndedOfRole | undefined {
  if (!isJsonObject(value) || !Number.isSafeInteger(value.until) || !isJsonObject(value.ids)) return undefined;
  const ids = Object.entries(value.ids).map(([id, expiresAt]) => [id, Number(expiresAt)] as const);
  return { until: Number(value.until), ids: new Map(ids) };
}

/**
 * The ended sessions of a process and of those before it. Each role has a memory of its own, so that readers cannot push out what writers ended. Where a memory is full, or the file cannot be
 * read, every session of the role that has begun until now is ended: none is forgotten.
 */
export class EndedSessions implements EndedMemory {
  readonly #deps: EndedSessionsDeps;
  #ended: Promise<Ended> | undefined;
  /** Of the last write, and of one that begins after it. */
  #writing: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #isToldUnkept = false;

  constructor(deps: EndedSessionsDeps) {
    this.#deps = deps;
  }

  async has({ role, id, expiresAt }: Session): Promise<boolean> {
    const { until, ids } = (await this.#read())[role];
    return expiresAt <= until || ids.has(id);
  }

  async end({ role, id, expiresAt }: Session): Promise<void> {
    const of = (await this.#read())[role];
    const { now, max = MAX_ENDED } = this.#deps;
    if (of.ids.size >= max) for (const [old, at] of of.ids) if (at <= now()) of.ids.delete(old);
    of.ids.set(id, expiresAt);
    if (of.ids.size > max) {
      of.until = Math.max(now() + LASTS_MS, of.until + 1);
      of.ids.clear();
    }
    await this.#write();
  }

  async expiryFor(role: Role): Promise<EpochMs> {
    const { until } = (await this.#read())[role];
    return Math.max(this.#deps.now() + LASTS_MS, until + 1);
  }

  #read(): Promise<Ended> {
    this.#ended ??= this.#readFile();
    return this.#ended;
  }

  async #readFile(): Promise<Ended> {
    const { file, now, log } = this.#deps;
    try {
      const kept = parseJson(await readFile(file, 'utf8'));
      const [read, write] = isJsonObject(kept) ? [readRole(kept.read), readRole(kept.write)] : [];
      if (read !== undefined && write !== undefined) return { read, write };
    } catch (error) {
      if (codeOf(error) === 'ENOENT')
        return { read: { until: 0, ids: new Map() }, write: { until: 0, ids: new Map() } };
    }
    log.warn({ file }, 'The file of ended sessions cannot be read: all sessions of the console were ended');
    const until = now() + LASTS_MS;
    return { read: { until, ids: new Map() }, write: { until, ids: new Map() } };
  }

  /** Those that come while one is being written share the next. */
  #write(): Promise<void> {
    this.#next ??= this.#writing.then(() => {
      this.#next = undefined;
      this.#writing = this.#writeFile();
      return this.#writing;
    });
    return this.#next;
  }

  async #writeFile(): Promise<void> {
    const { file, log } = this.#deps;
    const { read, write } = await this.#read();
    const textOf = ({ until, ids }: EndedOfRole) => ({ until, ids: Object.fromEntries(ids) });
    try {
      await makeParents(dirname(file));
      await replacePrivateFile(file, JSON.stringify({ read: textOf(read), write: textOf(write) }));
      this.#isToldUnkept = false;
    } catch (error) {
      if (this.#isToldUnkept) return;
      this.#isToldUnkept = true;
      log.warn(
        { file, code: codeOf(error) },
        'Ended sessions cannot be kept: after a restart a copy of their cookies works until it is over',
      );
    }
  }
}
