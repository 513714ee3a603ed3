// Remembers beside a database whether the run that has it open ended well.

import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const FILE = 'run';

/** Runs in a row that did not end well, after which it may be the database that ends them. */
const SUSPICIOUS = 2;

/** What is known of the last runs. */
export interface LastRuns {
  /** The database may have ended them: it is to be tried in a process of its own first. */
  readonly areSuspicious: boolean;
}

/** Where it cannot be written nothing is remembered: that costs a second failed start at most. */
export class RunMarker {
  readonly #file: string;
  #before: string | undefined;
  #unclean = 0;

  /** @param directory of the database */
  constructor(directory: string) {
    this.#file = join(directory, FILE);
  }

  /** The database is about to be opened. */
  async opening(): Promise<LastRuns> {
    let areSuspicious = false;
    if (this.#before === undefined) {
      this.#before = await readFile(this.#file, 'utf8').catch(() => '');
      const [, phase, count] = /^(opening|open) (\d{1,6})\n$/.exec(this.#before) ?? [];
      this.#unclean = count === undefined ? 0 : Number(count) + 1;
      areSuspicious = phase === 'opening' || this.#unclean >= SUSPICIOUS;
    }
    await this.#write(`opening ${this.#unclean}\n`);
    return { areSuspicious };
  }

  /** It was opened and read. */
  async opened(): Promise<void> {
    await this.#write(`open ${this.#unclean}\n`);
  }

  /** It could not be opened, which says nothing new: another process may have it open. */
  async failed(): Promise<void> {
    if (this.#before === undefined) return;
    await this.#write(this.#before);
    this.#before = undefined;
  }

  /** It was closed. */
  async closed(): Promise<void> {
    await rm(this.#file, { force: true }).catch(() => undefined);
  }

  async #write(text: string): Promise<void> {
    await writeFile(this.#file, text).catch(() => undefined);
  }
}
