// What an operator should know of damage, kept on disk until it is acknowledged.

import type { Level } from '../../level/open-database.js';
import { decodeNotices, encodeNotices, NOTICES_KEY } from './records.js';
import type { Step } from './step.js';

/** More are not kept: what is said first is what began it. */
const MOST = 20;

/** Said in `/readyz` until they are acknowledged, also after a restart. */
export class Notices {
  #said: readonly string[] = [];

  /** What is to be said; `undefined` for nothing. */
  get text(): string | undefined {
    return this.#said.length === 0 ? undefined : this.#said.join('; ');
  }

  async load(db: Level): Promise<void> {
    const value = await db.get(NOTICES_KEY);
    if (value !== undefined)
      this.#said = decodeNotices(value) ?? ['damaged: what was said of earlier damage cannot be read'];
    else this.#said = [];
  }

  add(said: readonly string[], step: Step): void {
    if (said.length === 0) return;
    this.#said = [...new Set([...this.#said, ...said])].slice(0, MOST);
    step.put(NOTICES_KEY, encodeNotices(this.#said));
  }

  /** @returns to be called once the step is synced: false when there was nothing */
  acknowledge(step: Step): () => boolean {
    const had = this.#said.length > 0;
    if (had) step.del(NOTICES_KEY);
    return () => {
      this.#said = [];
      return had;
    };
  }
}
