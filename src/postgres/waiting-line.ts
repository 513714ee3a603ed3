// Lets a bounded number of statements run, and a bounded number wait.

import { DatabaseError } from './database-error.js';

/** Bounds of a line. */
export interface LineSettings {
  /** How many may run now. Where it is less than one, those that wait are refused. */
  most(): number;
  /** How many may wait. */
  readonly mostWaiting: number;
  /** For how long one waits, in milliseconds. */
  readonly patienceMs: number;
  /** Why nothing may run. */
  refusal(): DatabaseError;
}

interface Waiting {
  enter(): void;
  refuse(error: DatabaseError): void;
}

const busy = (text: string) => new DatabaseError('BUSY', text, 'not stored');

/** First come, first served. */
export class WaitingLine {
  readonly #settings: LineSettings;
  readonly #waiting = new Set<Waiting>();
  #running = 0;

  constructor(settings: LineSettings) {
    this.#settings = settings;
  }

  /** How many wait. */
  get length(): number {
    return this.#waiting.size;
  }

  /** Waits for a place. Each is to be given back by `leave`. @throws DatabaseError `BUSY` or the refusal: there is no place to give back */
  enter(): Promise<void> {
    const { mostWaiting, patienceMs } = this.#settings;
    if (this.#waiting.size === 0 && this.#running < this.#settings.most()) {
      this.#running += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        enter: () => {
          this.#end(waiting, timer);
          this.#running += 1;
          resolve();
        },
        refuse: (error) => {
          this.#end(waiting, timer);
          reject(error);
        },
      };
      const timer = setTimeout(() => waiting.refuse(busy('all connections to the database are busy')), patienceMs);
      this.#waiting.add(waiting);
      this.look();
      if (this.#waiting.size > mostWaiting) waiting.refuse(busy('too much waits for the database'));
    });
  }

  /** Gives a place back. */
  leave(): void {
    this.#running -= 1;
    this.look();
  }

  /** Lets in who may run: to be called when `most` may say more, or nothing. */
  look(): void {
    for (const waiting of this.#waiting) {
      const most = this.#settings.most();
      if (most < 1) waiting.refuse(this.#settings.refusal());
      else if (this.#running < most) waiting.enter();
      else return;
    }
  }

  #end(waiting: Waiting, timer: NodeJS.Timeout): void {
    clearTimeout(timer);
    this.#waiting.delete(waiting);
  }
}
