// What valid settings say and cannot mean.

import type { SettingsPath } from '../settings-path.js';

/** A value that is allowed and does nothing, or something else than it says. */
export interface Mistake {
  /** A fault keeps the document out of force, because it cannot work as it stands. A warning is for what some sender might really need. */
  readonly kind: 'fault' | 'warning';
  readonly at: SettingsPath;
  /** What is wrong and what would be right. Never holds the value. */
  readonly message: string;
}

/** Looks through settings, and passes over what is of another type than the manifest says. */
export type MistakeRule = (settings: object) => Iterable<Mistake>;
