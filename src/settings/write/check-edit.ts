// Checks an edit as a load would, before anything is written.

import { parseInSlices } from '../document.js';
import { type MergedDocuments, mergeDocuments } from '../document-set.js';
import { createKnownEntries } from '../known-entries.js';
import type { ReadSecret } from '../secret-reference.js';
import { createFileReader, type FileReader } from '../sources/file-reader.js';

/** Checks edits of the files of one location. */
export interface EditChecker {
  /** What all files come to together once this one holds the text. */
  check(file: string, text: string): Promise<MergedDocuments>;
}

/** @param readSecret looks `env:` and `file:` up */
export function createEditChecker(location: string, readSecret: ReadSecret): EditChecker {
  const instead = new Map<string, string>();
  let read: FileReader | undefined;
  let last: MergedDocuments | undefined;
  let running: Promise<unknown> = Promise.resolve();

  async function check(file: string, text: string): Promise<MergedDocuments> {
    instead.clear();
    instead.set(file, text);
    // Kept: what is not edited is not parsed for each edit.
    read ??= createFileReader(location, readSecret, instead);
    const reading = await read();
    if (reading === undefined)
      return mergeDocuments([await parseInSlices(text, file, { readSecret }, createKnownEntries())]);
    if (reading.parsed !== undefined) last = reading.parsed;
    return last ?? { documents: [], faults: [], warnings: [], secretFiles: [] };
  }

  return {
    check(file, text) {
      // One at a time: they share what is known of the files.
      const result = running.then(() => check(file, text));
      running = result.catch(() => {});
      return result;
    },
  };
}
