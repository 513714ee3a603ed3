// Checks an edit as a load would, before anything is written.

import { parseInSlices } from '../document.js';
import { type MergedDocuments, mergeDocuments } from '../document-set.js';
import { createKnownEntries } from '../known-entries.js';
import { type ReadSecret, withoutFiles } from '../secret-reference.js';
import { createFileReader, type FileReader } from '../sources/file-reader.js';
import { isServiceUrl } from '../sources/location.js';

/** Checks edits of the files of one location. */
export interface EditChecker {
  /** What all files come to together once this one holds the text. */
  check(file: string, text: string): Promise<MergedDocuments>;
}

/** @param location a file, a directory, or the URL of a config service, whose text is all there is @param readSecret looks `env:` and `file:` up */
export function createEditChecker(location: string, readSecret: ReadSecret): EditChecker {
  const instead = new Map<string, string>();
  let read: FileReader | undefined;
  let last: MergedDocuments | undefined;
  let running: Promise<unknown> = Promise.resolve();

  async function checkAlone(source: string, text: string): Promise<MergedDocuments> {
    const isOfService = isServiceUrl(location);
    const options = isOfService
      ? ({ readSecret: withoutFiles(readSecret), defaultId: false } as const)
      : ({ readSecret } as const);
    return mergeDocuments([await parseInSlices(text, source, options, createKnownEntries())]);
  }

  async function check(file: string, text: string): Promise<MergedDocuments> {
    if (isServiceUrl(location)) return checkAlone(file, text);
    instead.clear();
    instead.set(file, text);
    // Kept: what is not edited is not parsed for each edit.
    read ??= createFileReader(location, readSecret, instead);
    const reading = await read();
    if (reading === undefined) return checkAlone(file, text);
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
