// Writes to the terminal, and lets nothing through that commands it.

import { toPrintable } from './printable.js';

/** Writes lines to standard output. */
export function say(text: string): void {
  console.log(toPrintable(text));
}

/** Writes lines to standard error. */
export function complain(text: string): void {
  console.error(toPrintable(text));
}
