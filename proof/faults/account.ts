// Settles up after a fault: what came in, what came out, and which promises that breaks.

import type { SenderLog } from '../torture/torture-senders.js';
import { type Evidence, judgeRun } from '../torture/torture-verdict.js';

/** One direction's evidence: what was accepted, and what became of it. */
export interface Direction {
  readonly log: { readonly accepted: SenderLog['accepted']; readonly faults: readonly string[] };
  readonly ledger: Evidence['ledger'];
  readonly deadLetters: Evidence['deadLetters'];
}

/** The sum of a run, in deliveries: an event out of Statsig counts once for each of its targets. */
export interface Account {
  readonly accepted: number;
  readonly delivered: number;
  /** All of them poison, or `broken` says so. */
  readonly deadLetters: number;
  readonly repeated: number;
  readonly broken: readonly string[];
}

function name(items: readonly string[], what: string): readonly string[] {
  return items.length === 0 ? [] : [`${items.length} ${what}: ${items.slice(0, 3).join('; ')}`];
}

/** Judges each direction by the same rules. Pure. */
export function settleUp(directions: readonly Direction[]): Account {
  const judged = directions.map(({ log, ledger, deadLetters }) => ({
    log,
    verdict: judgeRun({ accepted: log.accepted, ledger, deadLetters, disturbances: [] }),
  }));
  const sum = (count: (each: (typeof judged)[number]) => number) => judged.reduce((all, each) => all + count(each), 0);
  const { length: windows } = judged.flatMap(({ log }) => log.accepted.filter(({ once }) => once !== undefined));
  return {
    accepted: sum(({ log }) => log.accepted.length) - windows,
    delivered: sum(({ verdict }) => verdict.delivered),
    deadLetters: sum(({ verdict }) => verdict.deadLetters),
    repeated: sum(({ verdict }) => verdict.repeatedAfterCut + verdict.unexplained.length),
    broken: judged.flatMap(({ log, verdict }) => [
      ...name(verdict.lost, 'lost'),
      ...name(verdict.unexplained, 'came twice without a reason'),
      ...name(verdict.reordered, 'out of order'),
      ...name(verdict.wrongDeadLetters, 'wrong dead letters'),
      ...name(verdict.wrongWindows, 'wrong windows of exposures'),
      ...name(log.faults, 'pushes answered wrong'),
    ]),
  };
}
