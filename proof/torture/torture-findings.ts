// What came of the events of each direction of a torture, and which promises were broken, in sentences.

import type { Disturbance } from './torture-excuses.js';
import type { SenderLog } from './torture-senders.js';
import type { LedgerEntry } from './torture-stand-in.js';
import { type Evidence, judgeRun, type Verdict } from './torture-verdict.js';

/** What came of the events of one direction: into Statsig, or out of it. */
export interface Direction {
  readonly log: SenderLog;
  readonly ledger: readonly LedgerEntry[];
  readonly verdict: Verdict;
}

/** Judges one direction, once it has drained. */
export function directionOf(
  log: SenderLog,
  ledger: readonly LedgerEntry[],
  deadLetters: Evidence['deadLetters'],
  disturbances: readonly Disturbance[],
): Direction {
  return { log, ledger, verdict: judgeRun({ accepted: log.accepted, ledger, deadLetters, disturbances }) };
}

/** Broken promises, each with what shows it. */
export type Findings = readonly (readonly [what: string, items: readonly string[]])[];

/** Each broken promise as a sentence with its first examples. */
export function sayBroken(findings: Findings): readonly string[] {
  return findings
    .filter(([, items]) => items.length > 0)
    .map(([what, items]) => `${items.length} ${what}: ${items.slice(0, 5).join('; ')}`);
}

/** Of one direction. @param way `into` Statsig, or `out of` it */
export function findBroken(way: string, { log, verdict }: Direction): Findings {
  return [
    [`events ${way} Statsig lost`, verdict.lost],
    [`events ${way} Statsig came twice without a reason`, verdict.unexplained],
    [`events ${way} Statsig came out of order`, verdict.reordered],
    [`dead letters of events ${way} Statsig are wrong`, verdict.wrongDeadLetters],
    [`windows of exposures ${way} Statsig are wrong`, verdict.wrongWindows],
    [`pushes ${way} Statsig were answered wrong`, log.faults],
  ];
}
