// What a source of settings documents and the store say to each other.

import type { WorkspaceDocument } from '../document.js';
import type { SettingsError } from '../settings-error.js';

/** The part of a pino logger that settings need. */
export interface SettingsLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Takes what a source finds. */
export interface SettingsSink {
  /**
   * Puts a whole set of valid documents in force; one that has lost something, once that has stayed away.
   *
   * @param hints `isCut`: the end of a string is missing
   */
  accept(documents: readonly WorkspaceDocument[], hints?: { readonly isCut?: boolean }): void;
  /** Keeps the set in force and tells people, once per distinct error. */
  reject(error: SettingsError): void;
  /** What is away and still in force, for people. */
  readonly missing: readonly string[];
}

/** A place that documents come from. */
export interface SettingsSource {
  /** Stops looking; when it resolves nothing of the source runs any more. */
  close(): Promise<void>;
}
