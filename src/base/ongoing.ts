// Tells the beginning of a trouble from its going on, so that a log says it once and not with each failure.

/** Troubles that go on, by name. */
export class Ongoing {
  readonly #names = new Set<string>();

  /** Notes a failure. @returns true for the first one since the start, or since the trouble of this name was over: the one that is to be logged */
  begins(name = ''): boolean {
    if (this.#names.has(name)) return false;
    this.#names.add(name);
    return true;
  }

  /** True from the first failure until it went well. */
  goesOn(name = ''): boolean {
    return this.#names.has(name);
  }

  /** It went well: the next failure is the first one again. */
  ends(name = ''): void {
    this.#names.delete(name);
  }
}
