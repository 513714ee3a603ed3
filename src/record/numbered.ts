// Gives each value a number, so that the same value becomes the same replacement.

/** More values than a recording that people read has; a recorder that runs for weeks must not keep each address that it sees. */
const MAX_VALUES = 100_000;

/** Too many different values to keep apart. */
export class TooManyValuesError extends Error {}

/** Numbers values from 1 in the order in which they come. */
export class Numbered {
  readonly #numbers = new Map<string, number>();

  /** @throws TooManyValuesError */
  of(value: string): number {
    const known = this.#numbers.get(value);
    if (known !== undefined) return known;
    if (this.#numbers.size >= MAX_VALUES) throw new TooManyValuesError();
    const number = this.#numbers.size + 1;
    this.#numbers.set(value, number);
    return number;
  }

  has(value: string): boolean {
    return this.#numbers.has(value);
  }
}
