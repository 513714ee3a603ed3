// Seals what is written, so that what comes back from the disk proves to be that: by a checksum, and by a version where the form may change.

import { crc32 } from 'node:zlib';

/** The checksum of a string. @param under what it is stored under, which the sum covers too */
export function sumOf(text: string, under = ''): number {
  return crc32(text, crc32(under));
}

/**
 * A text behind its sum. LevelDB does not check what it reads from its tables.
 *
 * @param start of the text, short, and `rest` of it: a long one is not copied for the sum
 * @param under as in `sumOf`
 */
export function seal(start: string, rest = '', under = ''): string {
  return `${crc32(rest, crc32(under + start))} ${start}${rest}`;
}

/** The text that was sealed; `undefined` for one that is not what was written. */
export function unseal(sealed: string, under?: string): string | undefined {
  const text = sealedText(sealed);
  return Number(sealed.slice(0, sealed.length - text.length)) === sumOf(text, under) ? text : undefined;
}

/** The same without a look at the sum. */
export function sealedText(sealed: string): string {
  return sealed.slice(sealed.indexOf(' ') + 1);
}

/** The files are of a newer version of the program. They are left as they are. */
export class NewerFormatError extends Error {
  readonly code = 'NEWER_FORMAT';

  /** @param what is kept there @param format that they have @param known the newest that this program reads */
  constructor(what: string, format: number, known: number) {
    super(
      `the ${what} was written by a newer version of statsig-cdp (format ${format}; this one reads up to ${known}). Nothing was changed`,
    );
  }
}

/**
 * To be called before anything else is read: an older program leaves alone what it does not understand.
 *
 * @param what is kept there, for people
 * @param format as it was read
 * @throws NewerFormatError
 */
export function assertKnownFormat(what: string, format: unknown, known: number): void {
  if (typeof format === 'number' && format > known) throw new NewerFormatError(what, format, known);
}
