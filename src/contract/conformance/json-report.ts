// The report as data.

import { countByProtocol, countOutcomes, type Outcome, rowsOf } from './outcome.js';

/** The numbers, and the rows with their fixtures: each with its verdict, and its differences or the reason why it cannot be seen. */
export function jsonReport(outcomes: readonly Outcome[]): object {
  return {
    counts: countOutcomes(outcomes),
    protocols: Object.fromEntries(countByProtocol(outcomes)),
    rows: rowsOf(outcomes).map(({ outcomes: ofRow, ...row }) => ({
      ...row,
      counts: countOutcomes(ofRow),
      fixtures: ofRow.map(({ file, fixture: { title, protocol }, verdict, differences, reason }) => ({
        ...{ file, title, protocol, verdict },
        ...(verdict === 'failed' && { differences }),
        ...(reason !== undefined && { reason }),
      })),
    })),
  };
}
