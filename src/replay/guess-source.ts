// Guesses whose events an archive holds.

import { parseJson } from '../base/json.js';
import { isJsonObject } from '../model/segment-event.js';
import type { ArchivedSource } from './choice.js';
import { openContents } from './file-contents.js';
import { type FoundFile, STANDARD_INPUT } from './find-files.js';
import { guessFormat } from './guess-format.js';
import { readLayout } from './layout.js';
import { createSplitter } from './split.js';
import { unwrapValue } from './unwrap.js';

/** A guess, and what shows it: a phrase that goes on after "because". */
export interface GuessedSource {
  readonly source: ArchivedSource;
  readonly why: string;
}

/** Files that are looked into: the first may be empty or broken. */
const MAX_FILES = 20;

/** The first event of a file; `undefined` where its beginning holds none. */
async function firstEventOf(path: string, signal: AbortSignal): Promise<unknown> {
  try {
    for await (const chunk of (await openContents(path, signal)).chunks) {
      const format = guessFormat(chunk);
      if (format === undefined) return undefined;
      const splitter = createSplitter(format, { offset: 0, line: 1 });
      for (const { text = '' } of [...splitter.push(chunk), ...splitter.end()]) {
        const value = parseJson(text);
        if (value !== undefined) return unwrapValue(value, text)[0]?.value;
      }
      return undefined;
    }
  } catch {
    // It is told when it is read.
  }
  return undefined;
}

/** By the first event, and by where it lies. Standard input can be looked at once only, and is not looked at here. */
export async function guessArchivedSource(files: readonly FoundFile[], signal: AbortSignal): Promise<GuessedSource> {
  for (const { path } of files.slice(0, MAX_FILES)) {
    if (path === STANDARD_INPUT) break;
    const event = await firstEventOf(path, signal);
    if (!isJsonObject(event)) continue;
    if (Object.hasOwn(event, 'eventName')) return { source: 'statsig', why: 'its first event has an `eventName`' };
    const { cdp } = readLayout(path);
    if (cdp !== undefined) return { source: cdp, why: 'it lies as that archive does' };
    return Object.hasOwn(event, 'rudderId')
      ? { source: 'rudderstack', why: 'its first event has a `rudderId`' }
      : { source: 'segment', why: 'its first event is one of the Segment Spec' };
  }
  return { source: 'segment', why: 'nothing in it says anything else' };
}
