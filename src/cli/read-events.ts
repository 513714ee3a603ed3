// Reads a file of events: one JSON value, or one per line, of which no more than one is held at a time.

import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { parseJson } from '../base/json.js';

/** A file that cannot be read as events. The message says where. */
export class EventFileError extends Error {}

/** What ends in no line break is put together once, however many pieces it comes in. A byte order mark is skipped, as in a request. */
async function* linesOf(input: Readable): AsyncIterable<string> {
  let pieces: string[] | undefined;
  for await (const chunk of input) {
    const text = String(chunk);
    const isMarked = pieces === undefined && text.charCodeAt(0) === 0xfeff;
    const [first = '', ...others] = (isMarked ? text.slice(1) : text).split('\n');
    pieces ??= [];
    pieces.push(first);
    for (const line of others) {
      yield pieces.join('');
      pieces = [line];
    }
  }
  yield pieces?.join('') ?? '';
}

async function openInput(file: string): Promise<Readable> {
  if (file === '-') return process.stdin.setEncoding('utf8');
  const input = createReadStream(file, 'utf8');
  // What cannot be opened is told with its name, and not in the middle.
  await once(input, 'readable');
  return input;
}

/** The parser's own words quote the text, which may hold a key. */
function notJson(file: string, line: number): EventFileError {
  return new EventFileError(`${file}:${line}: not JSON`);
}

/**
 * The values of a file: each line is one, or, where the first line is none, the whole file.
 *
 * @param file path, or `-` for standard input
 * @throws EventFileError
 */
export async function* readValues(file: string): AsyncIterable<unknown> {
  let input: Readable;
  try {
    input = await openInput(file);
  } catch (error) {
    throw new EventFileError(`${file}: ${error instanceof Error ? error.message : 'cannot be read'}`);
  }
  let number = 0;
  let hasBegun = false;
  let whole: string[] | undefined;
  for await (const line of linesOf(input)) {
    number += 1;
    if (whole !== undefined) whole.push(line);
    else if (line.trim() !== '') {
      const value = parseJson(line);
      if (value === undefined && hasBegun) throw notJson(file, number);
      hasBegun = true;
      if (value === undefined) whole = [line];
      else yield value;
    }
  }
  if (whole === undefined) return;
  const value = parseJson(whole.join('\n'));
  if (value === undefined) throw notJson(file, number - whole.length + 1);
  yield value;
}
