// Remembers what the workspaces of a string came to, so that an edit of one builds one document anew.

import { isDeepStrictEqual } from 'node:util';
import type { ParsedDocuments } from './document.js';
import type { DocumentEntry } from './document-entries.js';
import { type ReadSecret, recordSecrets, type SecretReading } from './secret-reference.js';

interface Known {
  readonly secrets: readonly SecretReading[];
  readonly parsed: ParsedDocuments;
  isUsed: boolean;
}

/** Of one text. Only what had no faults is remembered: faults say where they stand. */
export interface KnownEntries {
  /**
   * What an entry comes to. Its unique values stand where they stood, which only the caller can tell better.
   *
   * @param readAnew called unless the settings, and the secrets that they name, are what they were
   */
  read(
    entry: DocumentEntry,
    defaultId: string | false,
    readSecret: ReadSecret,
    readAnew: (entry: DocumentEntry, readSecret: ReadSecret) => ParsedDocuments,
  ): ParsedDocuments;
  /** Forgets what was not asked for since the last time. */
  forgetOthers(): void;
}

/** Nothing is known at first. */
export function createKnownEntries(): KnownEntries {
  let entries = new Map<string, Known>();
  const isCurrent = ({ secrets }: Known, readSecret: ReadSecret) =>
    secrets.every(({ reference, text }) => isDeepStrictEqual(readSecret(reference), text));
  return {
    read(entry, defaultId, readSecret, readAnew) {
      const key = JSON.stringify([defaultId, entry.value]);
      const known = entries.get(key);
      if (known !== undefined && !known.isUsed && isCurrent(known, readSecret)) {
        known.isUsed = true;
        return known.parsed;
      }
      const secrets: SecretReading[] = [];
      const parsed = readAnew(entry, recordSecrets(readSecret, secrets));
      if (parsed.faults.length === 0) entries.set(key, { secrets, parsed, isUsed: true });
      return parsed;
    },
    forgetOthers() {
      entries = new Map([...entries].filter(([, { isUsed }]) => isUsed));
      for (const known of entries.values()) known.isUsed = false;
    },
  };
}
