// Takes the secrets of a deed out of what its thread tells: the other side may repeat a token in its answers.

import { SecretFinder } from '../secret-finder.js';

/** Knows the secrets of one deed. */
export class Concealer {
  readonly #secrets: string[];
  #finder: SecretFinder;

  constructor(secrets: readonly string[]) {
    this.#secrets = [...secrets];
    this.#finder = new SecretFinder(this.#secrets);
  }

  /** More of them, that are known only now. */
  add(secrets: readonly string[]): void {
    this.#secrets.push(...secrets);
    this.#finder = new SecretFinder(this.#secrets);
  }

  /** The same value, without any of them in its strings. Names of fields are ours, but in bodies that are shown. */
  conceal<Value>(value: Value): Value {
    return this.#concealed(value) as Value;
  }

  #concealed(value: unknown): unknown {
    if (typeof value === 'string') return this.#finder.redact(value);
    if (Array.isArray(value)) return value.map((each) => this.#concealed(each));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => [this.#finder.redact(name), this.#concealed(part)]),
    );
  }
}
