// Says that an event is not sent, to the caller and to anyone who follows the decisions.

import type { Trace } from '../../base/trace.js';
import type { Filtered, FilterReason } from '../../model/conversion.js';

/** @param detail the part of the event the rule looked at */
export function filtered(stage: string, reason: FilterReason, detail: string, trace: Trace | undefined): Filtered {
  trace?.add(stage, `filtered (${reason})`, detail);
  return { kind: 'filtered', reason, detail };
}
