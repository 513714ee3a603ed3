// What a row of the speed benchmark is.

import type { LoadGenerator } from './load-generator.js';
import type { Options } from './options.js';

/** What rows work with. */
export interface Bench {
  readonly options: Options;
  readonly generator: LoadGenerator;
  /** Share of the look-ups of compiled settings that found them, by the row's name: the smallest of its measurements. */
  readonly hitRates: Map<string, number>;
}

/** One goal and what came out. */
export interface Verdict {
  /** What is looked at, with the number to reach. */
  readonly goal: string;
  /** What was measured. */
  readonly measured: string;
  /** `undefined`: it could not be measured. */
  readonly reached: boolean | undefined;
}

/** A row. It prints its measurements itself. */
export interface Row {
  /** Its name on the command line. */
  readonly id: string;
  readonly title: string;
  run(bench: Bench): Promise<readonly Verdict[]>;
}
