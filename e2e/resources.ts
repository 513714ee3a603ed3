// Remembers what has to be stopped and removed, also when the run is interrupted.

/** Stops one thing. */
export type Close = () => Promise<unknown> | unknown;

/** A stack of things to stop; the last one in is stopped first. */
export class Resources {
  readonly #closes: Close[] = [];
  #closing: Promise<void> | undefined;

  /**
   * Adds a thing that is running.
   *
   * @throws Error when everything has been closed already: then the thing is stopped at once
   */
  add(close: Close): void {
    if (this.#closing !== undefined) {
      void close();
      throw new Error('the run is over');
    }
    this.#closes.push(close);
  }

  /** Stops everything, whatever fails on the way. Calls meanwhile wait for the same. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    for (const close of this.#closes.reverse()) {
      try {
        await close();
      } catch (error) {
        console.error('could not clean up:', error instanceof Error ? error.message : error);
      }
    }
  }
}
