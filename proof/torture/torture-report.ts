// Says what came of a torture, line by line.

import type { Direction } from './torture-findings.js';
import type { TortureResult } from './torture-run.js';

type Row = readonly [name: string, value: string];

/** What every torture comes to. */
type Both = Pick<TortureResult, 'inbound' | 'outbound' | 'wrongMessageIds'>;

function toList(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([key, count]) => `${key} ${count}`)
    .join(', ');
}

/** How many there are of each name, the most first. */
export function countBy<T>(items: readonly T[], name: (item: T) => string): string {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(name(item), (counts.get(name(item)) ?? 0) + 1);
  return toList(counts);
}

function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

/** What does not depend on whom it is for. @param whom whose events' order is kept */
function rowsOf({ log, ledger, verdict }: Direction, copies: number, whom: string): readonly Row[] {
  const poison = log.accepted.filter((event) => event.poison !== undefined && event.once === undefined);
  const unwritten = sumOf(verdict.repeatedAfter);
  const repeated = verdict.repeatedAfterCut + unwritten + verdict.unexplained.length;
  const inWindows = verdict.windows > 0 ? `, ${verdict.deadLetters - poison.length} exposures with a window` : '';
  const filtered = log.filtered > 0 ? `; ${log.filtered} exposures were filtered, their window was open` : '';
  return [
    ['pushes', `${toList(log.calls)}; sent again ${log.repeats} times`],
    ['answers', countBy(ledger, ({ deed }) => deed)],
    [
      'accepted',
      `${log.events} events answered 2xx${copies > 1 ? `, for ${copies} targets each` : ''}; ${log.duplicates} of them were on disk already when the sender repeated them${filtered}`,
    ],
    ['delivered', `${verdict.delivered}`],
    [
      'dead letters',
      `${verdict.deadLetters}: ${poison.length} poison events (${countBy(poison, (event) => event.poison ?? '')})${inWindows}; wrong: ${verdict.wrongDeadLetters.length}`,
    ],
    ['lost', `${verdict.lost.length}`],
    [
      'duplicated',
      `${repeated}: answer cut off ${verdict.repeatedAfterCut}, trouble before the answer was written down ${unwritten} (${toList(verdict.repeatedAfter)}; at most ${verdict.longestUnwrittenMs} ms after the request), unexplained ${verdict.unexplained.length}`,
    ],
    ['reordered', `${verdict.reordered.length} (per user and ${whom}, first arrivals; repetitions aside)`],
  ];
}

function outboundRows({ outbound: { verdict }, wrongMessageIds }: Both): readonly Row[] {
  return [
    ['messageIds', `${wrongMessageIds.length} wrong (the same each time an event comes, and of no other)`],
    [
      'windows',
      `${verdict.windows} of exposures, ${verdict.windowsGivenBack} of them given back by a dead letter; not exactly one arrived: ${verdict.wrongWindows.length}`,
    ],
  ];
}

/** Rows, their values in a column. */
export function toLines(rows: readonly Row[]): readonly string[] {
  return rows.map(([name, value]) => `${name.padEnd(13)}${value}`);
}

/** What came of the events of both directions, for people. @param copies targets of each workspace */
export function reportDirections(result: Both, copies: number): readonly string[] {
  return [
    'into Statsig',
    ...toLines(rowsOf(result.inbound, 1, 'workspace')),
    'out of Statsig',
    ...toLines([...rowsOf(result.outbound, copies, 'target'), ...outboundRows(result)]),
  ];
}

/** The report, for people. @param copies targets of each workspace */
export function reportTorture(result: TortureResult, copies: number): readonly string[] {
  const { kills, alarms, backlog, drainedMs } = result;
  const unheard = kills.filter(({ wasListening }) => !wasListening).length;
  return [
    ...toLines([
      ['kills', `${kills.length}: ${countBy(kills, ({ moment }) => moment)}; ${unheard} before it listened`],
    ]),
    ...reportDirections(result, copies),
    'both',
    ...toLines([
      ['alarms', `${alarms.length} (errors in the log beside dead letters)`],
      ['drained', `${backlog} waiting deliveries in ${(drainedMs / 1000).toFixed(1)} s once all targets were well`],
    ]),
  ];
}
