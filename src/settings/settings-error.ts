// The faults of settings documents, and the error that carries them to a person.

/** One fault of a settings document, or of the place the documents come from. */
export interface DocumentFault {
  /** Where the document comes from: a file's path as the operator wrote it, or a URL without query and credentials. */
  readonly source: string;
  /** From 1. Absent when the fault is no place in a string, such as a missing file. */
  readonly line?: number;
  /** From 1. */
  readonly column?: number;
  /** `identifierMappings[0].to`. Empty for the whole document. */
  readonly path: string;
  /** What is wrong and what would be right. Never holds the value. */
  readonly message: string;
}

/** One line for people: `settings/acme.yaml:12:3 identifierMappings[0].to: must be a string, but is a list`. */
export function describeFault({ source, line, column, path, message }: DocumentFault): string {
  const place = line === undefined ? source : `${source}:${line}:${column ?? 1}`;
  return path === '' ? `${place}: ${message}` : `${place} ${path}: ${message}`;
}

/** Settings that cannot be used. The message has one line per fault and nothing secret, so it can be printed as it is. */
export class SettingsError extends Error {
  readonly faults: readonly DocumentFault[];

  constructor(faults: readonly DocumentFault[]) {
    super(faults.map(describeFault).join('\n'));
    this.name = 'SettingsError';
    this.faults = faults;
  }

  /** The error for a fault of the place itself: a missing directory, a config service that does not answer. */
  static ofSource(source: string, message: string): SettingsError {
    return new SettingsError([{ source, path: '', message }]);
  }
}
