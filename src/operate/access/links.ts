// Links that sign a browser in, once: a command makes them, so that nobody has to copy a token.

import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { EpochMs } from '../../base/time.js';
import { digestOf } from './digest.js';
import type { Role } from './shapes.js';

/** How long a link works. */
export const LINK_LASTS_MS = 60_000;

/** At once: a new one ends the oldest. */
export const MAX_LINKS = 20;

interface Known {
  readonly role: Role;
  readonly expiresAt: EpochMs;
}

/** A new link. */
export interface Link extends Known {
  readonly code: string;
}

/** The links that were not used yet. */
export interface LinkBook {
  make(role: Role): Promise<Link>;
  /** The role of a link, which is over then; `undefined` for one that never was, is used or too old. */
  take(code: string): Promise<Role | undefined>;
}

/** Those of one process. */
export class Links implements LinkBook {
  /** By digest: to find one takes no time that depends on the code. */
  readonly #links = new LRUCache<string, Known>({ max: MAX_LINKS });
  readonly #now: () => EpochMs;

  /** @param now in ms since 1970 */
  constructor(now: () => EpochMs) {
    this.#now = now;
  }

  async make(role: Role): Promise<Link> {
    const code = randomBytes(24).toString('base64url');
    const link = { role, expiresAt: this.#now() + LINK_LASTS_MS };
    this.#links.set(digestOf(code), link);
    return { ...link, code };
  }

  async take(code: string): Promise<Role | undefined> {
    const digest = digestOf(code);
    const link = this.#links.get(digest);
    this.#links.delete(digest);
    return link !== undefined && this.#now() < link.expiresAt ? link.role : undefined;
  }
}
