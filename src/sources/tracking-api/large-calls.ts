// Lets one large call be worked on at a time: anybody can have a write key, and a few kilobytes of gzip hold thousands of events.

import { PluginError } from '../../base/errors.js';
import { Mutex } from '../../base/mutex.js';

/** Large calls that wait, or are worked on. Each takes some tenths of a second, and SDKs wait for ten at the least. */
const MOST = 20;

/** The same of one write key: it cannot keep the calls of all others out. */
const MOST_OF_ONE_KEY = MOST / 2;

/** Works on large calls in the order in which they come. */
export class LargeCalls {
  readonly #mutex = new Mutex();
  readonly #keys = new Map<string | undefined, number>();
  #count = 0;

  /**
   * @param key the write key that the call names, as far as it is known
   * @param work on the call, to where its events are on disk
   * @throws PluginError OVERLOADED where too many wait already, and what `work` throws
   */
  async run<T>(key: string | undefined, work: () => Promise<T>): Promise<T> {
    const ofKey = this.#keys.get(key) ?? 0;
    if (this.#count >= MOST || ofKey >= MOST_OF_ONE_KEY)
      throw new PluginError('OVERLOADED', 'too many large calls wait');
    this.#count += 1;
    this.#keys.set(key, ofKey + 1);
    try {
      return await this.#mutex.run(work);
    } finally {
      this.#count -= 1;
      const left = (this.#keys.get(key) ?? 0) - 1;
      if (left > 0) this.#keys.set(key, left);
      else this.#keys.delete(key);
    }
  }
}
