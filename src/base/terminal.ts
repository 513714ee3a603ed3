// Writes to the terminal, and lets nothing through that commands it.

import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { toPrintable } from './printable.js';
import { codeOf } from './system-error.js';

/** Writes lines to standard output. */
export function say(text: string): void {
  console.log(toPrintable(text));
}

/** Writes lines to standard error. */
export function complain(text: string): void {
  console.error(toPrintable(text));
}

async function writeLine(stream: Writable, text: string): Promise<void> {
  if (!stream.write(`${toPrintable(text)}\n`)) await once(stream, 'drain');
}

/** Writes one of many lines to standard output; resolves when there is room for the next, so that a slow reader does not fill the memory. */
export function sayLine(text: string): Promise<void> {
  return writeLine(process.stdout, text);
}

/** The same to standard error. */
export function complainLine(text: string): Promise<void> {
  return writeLine(process.stderr, text);
}

/** Where a command that can be run within a process writes, and what it ends with. */
export interface Terminal {
  /** Writes one of many lines of what was asked for. */
  sayLine(text: string): Promise<void>;
  /** Writes one of many lines for a person. */
  complainLine(text: string): Promise<void>;
  endWith(exitCode: number): void;
}

/** The terminal of this process. */
export const TERMINAL: Terminal = {
  sayLine,
  complainLine,
  endWith(exitCode) {
    process.exitCode = exitCode;
  },
};

/** Ends the process, without an error, when no one reads its output any more: `| head`. */
export function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error) => {
      if (codeOf(error) !== 'EPIPE') throw error;
      process.exit();
    });
}
