// Keeps what was refused, one line of JSON each.

import { type FileHandle, open } from 'node:fs/promises';
import { toJsonText } from '../base/json.js';
import { PRIVATE_FILE } from '../base/private-files.js';
import { codeOf } from '../base/system-error.js';
import { ReplayError } from './replay-error.js';

/** The file of dead letters. They hold people's events, so that only this user may read them. */
export interface DeadLetterFile {
  add(letters: readonly object[]): Promise<void>;
  /** Syncs what was added. @returns bytes of the file */
  sync(): Promise<number>;
  close(): Promise<void>;
}

/** Without the event where it is nested too deep to be written. */
function toLine(letter: object): string {
  return `${toJsonText(letter) ?? JSON.stringify({ ...letter, event: undefined })}\n`;
}

/** Keeps nothing. */
export const NO_DEAD_LETTERS: DeadLetterFile = { add: async () => {}, sync: async () => 0, close: async () => {} };

/**
 * Opens the file, or makes it.
 *
 * @param bytes what of it belongs to the position that a replay goes on from: what is behind is written again
 * @throws ReplayError
 */
export async function openDeadLetterFile(path: string, bytes: number): Promise<DeadLetterFile> {
  let file: FileHandle;
  let size = bytes;
  let isSynced = true;
  try {
    file = await open(path, bytes > 0 ? 'r+' : 'w', PRIVATE_FILE);
    await file.truncate(bytes);
  } catch (error) {
    throw new ReplayError(`The dead letters cannot be written to ${path} (${codeOf(error)}).`);
  }
  return {
    async add(letters) {
      if (letters.length === 0) return;
      const text = Buffer.from(letters.map(toLine).join(''));
      await file.write(text, 0, text.length, size);
      size += text.length;
      isSynced = false;
    },
    async sync() {
      if (!isSynced) await file.datasync();
      isSynced = true;
      return size;
    },
    close: () => file.close(),
  };
}
