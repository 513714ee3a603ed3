// Asks a person for one line.

import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { toPrintable } from '../base/printable.js';

/** Ctrl+C and Ctrl+D reject a question; a terminal that is gone leaves it open for ever. @returns what was typed; empty where it was not */
async function ask(question: string, output: NodeJS.WritableStream, terminal: boolean | undefined): Promise<string> {
  const lines = createInterface({ input: process.stdin, output, ...(terminal !== undefined && { terminal }) });
  const closed = once(lines, 'close').then(() => '');
  const asked = lines.question(question).catch(() => '');
  const answer = await Promise.race([asked, closed]);
  lines.close();
  return answer.trim();
}

/** Asks on standard error. */
export function askLine(question: string): Promise<string> {
  return ask(toPrintable(question), process.stderr, undefined);
}

/** The same, and shows nothing of what is typed. */
export async function askUnseen(question: string): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  process.stderr.write(toPrintable(question));
  const answer = await ask('', silent, true);
  process.stderr.write('\n');
  return answer;
}

/** Asks whether to go on; everything but a yes is a no. */
export async function isYes(question: string): Promise<boolean> {
  return /^y(?:es)?$/i.test(await askLine(`${question} [y/N] `));
}
