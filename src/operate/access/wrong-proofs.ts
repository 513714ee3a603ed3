// Slows down who tries out tokens.

import { LRUCache } from 'lru-cache';
import RateLimiterMemory from 'rate-limiter-flexible/lib/RateLimiterMemory.js';
import { PluginError } from '../../base/errors.js';
import { digestOf } from './digest.js';

/** Wrong proofs of one address until it has to wait. */
const POINTS = 10;

/** Seconds that it waits then; before that, wrong ones count as long. */
const SECONDS = 60;

/** Addresses are counted in groups, 16⁴ of them: many addresses cannot fill the memory. */
const GROUP_CHARACTERS = 4;

/** Proofs that are known to be right, or wrong. */
const MAX_KNOWN = 1000;

/** Counts wrong tokens, cookies and links by the address that sent them. */
export class WrongProofs {
  readonly #limiter = new RateLimiterMemory({ points: POINTS, duration: SECONDS });
  readonly #right = new LRUCache<string, true>({ max: MAX_KNOWN });
  readonly #wrong = new LRUCache<string, true>({ max: MAX_KNOWN });

  /** Takes a proof for right that was made here. */
  know(proof: string): void {
    this.#right.set(digestOf(proof), true);
  }

  /**
   * Tries one proof. What was right before is tried also for an address that has to wait: somebody else behind the same proxy cannot lock an operator out. The same
   * wrong one counts once: a script with an old token guesses nothing.
   *
   * @param find what the proof is for; `undefined` where it is wrong
   * @throws PluginError ADMIN_REFUSED, TOO_MANY_WRONG_TOKENS
   */
  async try<T>(address: string, proof: string, find: () => T | undefined | Promise<T | undefined>): Promise<T> {
    const digest = digestOf(proof);
    const group = digestOf(address).slice(0, GROUP_CHARACTERS);
    const isKnown = this.#right.has(digest);
    if (!isKnown) {
      const counted = await this.#limiter.get(group);
      if (counted !== null && counted.consumedPoints >= POINTS)
        throw new PluginError('TOO_MANY_WRONG_TOKENS', `again in ${Math.ceil(counted.msBeforeNext / 1000)} s`);
    }
    const found = await find();
    if (found !== undefined) {
      if (!isKnown) this.#right.set(digest, true);
      return found;
    }
    if (!this.#wrong.has(digest)) {
      this.#wrong.set(digest, true);
      await this.#limiter.penalty(group);
    }
    throw new PluginError('ADMIN_REFUSED');
  }
}
