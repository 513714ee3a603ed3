// Knows when nothing has been under way for a while.

/** Counts what is under way, and tells when it has been nothing for so long. */
export class Quiet {
  readonly #quietMs: number;
  readonly #onQuiet: () => void;
  #open = 0;
  #timer: NodeJS.Timeout | undefined;
  #waiting: (() => void)[] = [];
  #isQuiet = true;

  /** @param onQuiet called before those that wait go on */
  constructor(quietMs: number, onQuiet: () => void) {
    this.#quietMs = quietMs;
    this.#onQuiet = onQuiet;
  }

  /** Something begins. */
  begin(): void {
    this.#open += 1;
    this.#isQuiet = false;
    clearTimeout(this.#timer);
  }

  /** Something ends. */
  end(): void {
    this.#open -= 1;
    if (this.#open > 0) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#settle(), this.#quietMs);
  }

  #settle(): void {
    this.#isQuiet = true;
    this.#onQuiet();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }

  /** Resolves when it is quiet: at once where it is. */
  async settled(): Promise<void> {
    while (!this.#isQuiet) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  /** Ends the waiting. */
  close(): void {
    clearTimeout(this.#timer);
    this.#settle();
  }
}
