// Lets the same thing be done only now and then.

/** Names that are remembered: events can make up as many lanes as they like. */
const MOST_NAMES = 10_000;

/** Says for each name whether its time has come. */
export class Seldom {
  readonly #everyMs: number;
  readonly #last = new Map<string, number>();

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** True once in that time for each name. */
  isDue(name: string): boolean {
    const at = performance.now();
    if (at - (this.#last.get(name) ?? Number.NEGATIVE_INFINITY) < this.#everyMs) return false;
    if (this.#last.size >= MOST_NAMES) this.#last.clear();
    this.#last.set(name, at);
    return true;
  }
}
