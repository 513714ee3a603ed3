// Whether the process is on its way out, and what it is still doing.

/** The requests under way, and the will to stop. */
export class Lifecycle {
  #draining = false;
  #active = 0;
  #whenIdle: (() => void) | undefined;
  readonly #onDrain: (() => void)[] = [];

  /** True once the process was asked to stop. */
  get draining(): boolean {
    return this.#draining;
  }

  /** Counts a request in; call what it returns once, when the request is over. */
  enter(): () => void {
    this.#active += 1;
    return () => {
      this.#active -= 1;
      if (this.#active === 0) this.#whenIdle?.();
    };
  }

  /** Told once when the process is asked to stop. */
  onDrain(listener: () => void): void {
    this.#onDrain.push(listener);
  }

  /**
   * From now on new work is refused. Resolves when no request is under way, or at the deadline.
   *
   * @param deadlineMs milliseconds from now
   */
  drain(deadlineMs: number): Promise<void> {
    this.#draining = true;
    for (const listener of this.#onDrain.splice(0)) listener();
    if (this.#active === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const deadline = setTimeout(resolve, deadlineMs);
      this.#whenIdle = () => {
        clearTimeout(deadline);
        resolve();
      };
    });
  }
}
