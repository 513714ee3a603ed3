// Tells of settings that may not be meant as they are written.

import { type DocumentFault, describeFault } from './settings-error.js';
import type { SettingsLog } from './sources/source.js';

/** Warnings that are listed in one place. */
const MAX_WARNINGS = 20;

/** What there is to say of the settings in force. */
export interface Warner {
  /** Writes those to the log that were not among the last ones: an edit of another line is no reason to repeat them. */
  warn(warnings: readonly DocumentFault[]): void;
  /** The last ones, at most twenty, each as a line for people. */
  readonly current: readonly string[];
}

/** @param source names the settings in the log */
export function createWarner(source: string, log: SettingsLog): Warner {
  let told = new Set<string>();
  let current: readonly string[] = [];
  return {
    warn(warnings) {
      const keys = warnings.map((warning) => JSON.stringify([warning.source, warning.path, warning.message]));
      const news = warnings.filter((_, index) => !told.has(keys[index] ?? '')).map(describeFault);
      told = new Set(keys);
      current = warnings.slice(0, MAX_WARNINGS).map(describeFault);
      if (news.length === 0) return;
      const more = news.length > 1 ? ` (and ${news.length - 1} more)` : '';
      log.warn({ source, warnings: news.slice(0, MAX_WARNINGS) }, `The settings may not mean this: ${news[0]}${more}`);
    },
    get current() {
      return current;
    },
  };
}
