// What a scenario is.

import type { Rig, RigOptions } from './rig.js';

/** Starts what the scenario needs. */
export type Start = (options: RigOptions) => Promise<Rig>;

/** One thing that has to work. */
export interface Scenario {
  readonly name: string;
  /**
   * Drives the programs and compares.
   *
   * @returns what was compared, with the numbers that were seen
   * @throws Error that says what is wrong
   */
  readonly run: (start: Start) => Promise<string>;
}
