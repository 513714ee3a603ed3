// What a source of settings documents and the store say to each other.

import type { WorkspaceDocument } from '../document.js';
import type { DocumentFault, SettingsError } from '../settings-error.js';

/** The part of a pino logger that settings need. */
export interface SettingsLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What there is to say of a set of documents. */
export interface SetHints {
  /** The end of a string is missing. */
  readonly isCut?: boolean;
  /** What may not be meant as it is written. */
  readonly warnings?: readonly DocumentFault[];
}

/** Takes what a source finds. */
export interface SettingsSink {
  /**
   * Puts a whole set of valid documents in force; one that has lost something, once that has stayed away.
   */
  accept(documents: readonly WorkspaceDocument[], hints?: SetHints): void;
  /** Keeps the set in force and tells people, once per distinct error. */
  reject(error: SettingsError): void;
  /** What is away and still in force, for people. */
  readonly missing: readonly string[];
}

/** A place that documents come from. */
export interface SettingsSource {
  /** Looks now, and resolves when what was found is with the sink. Never rejects. */
  look(): Promise<void>;
  /** Stops looking; when it resolves nothing of the source runs any more. */
  close(): Promise<void>;
}
