// Asks a person for one line.

import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { toPrintable } from '../base/printable.js';

/** Ctrl+C and Ctrl+D reject a question; a terminal that is gone leaves it open for ever. @returns what was typed; empty where it was not */
async function ask(question: string, isUnseen: boolean): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const output = isUnseen ? { output: silent, terminal: true } : { output: process.stderr };
  // From here on the terminal shows nothing of its own.
  const lines = createInterface({ input: process.stdin, ...output });
  if (isUnseen) process.stderr.write(question);
  const closed = once(lines, 'close').then(() => '');
  const asked = lines.question(isUnseen ? '' : question).catch(() => '');
  const answer = await Promise.race([asked, closed]);
  lines.close();
  return answer.trim();
}

/** Asks on standard error. */
export function askLine(question: string): Promise<string> {
  return ask(toPrintable(question), false);
}

/** The same, and shows nothing of what is typed. */
export async function askUnseen(question: string): Promise<string> {
  const answer = await ask(toPrintable(question), true);
  process.stderr.write('\n');
  return answer;
}

/** Asks whether to go on; everything but a yes is a no. */
export async function isYes(question: string): Promise<boolean> {
  return /^y(?:es)?$/i.test(await askLine(`${question} [y/N] `));
}
