// A secret that can be used but not printed: every way of turning it into text gives `[redacted]`.

import { inspect } from 'node:util';

/** What stands for what is not shown. */
export const REDACTED = '[redacted]';

/** Holds a secret. Only `reveal()` gives it out; JSON, string conversion and `util.inspect` do not. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The secret itself: call it where the secret goes on the wire, nowhere else. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
