// What `statsig-cdp transform` prints, whichever the direction.

import type { Trace } from '../base/trace.js';

/** What the command prints. */
export interface TransformOutput {
  /** JSON, for standard output. */
  readonly requests: string;
  /** One line per event that is not sent, and with `explain` the decisions about each event, for standard error. */
  readonly notes: readonly string[];
  /** Events that are errors. */
  readonly invalid: number;
}

/** One line per decision. */
export function explain(trace: Trace): readonly string[] {
  return trace.entries.map(({ stage, decision, why }) => `  ${stage.padEnd(12)} ${decision}  <- ${why}`);
}
