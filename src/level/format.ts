// What is on disk carries a version, so that an older program leaves alone what it does not understand.

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
