// Says what was seen in a soak, minute by minute and at the end.

import type { SoakResult } from './soak-run.js';
import type { Descriptors, Span } from './vitals.js';

/** A line for a minute. */
export function reportMinute(minute: number, span: Span): string {
  const { residentMiB, descriptors, processorShare, longestLagMs, waiting } = span;
  return [
    `minute ${String(minute).padStart(2)}`,
    `RSS ${residentMiB.toFixed(0)} MiB`,
    `${descriptors} descriptors`,
    `${(processorShare * 100).toFixed(0)} % of a core`,
    `longest lag of the event loop ${longestLagMs.toFixed(0)} ms`,
    `${waiting} wait`,
  ].join(', ');
}

function sayDescriptors({ sockets, files, others }: Descriptors): string {
  return `${sockets} sockets, ${others} others, ${files} files of the outbox`;
}

/** The lines at the end. */
export function reportSoak(result: SoakResult): readonly string[] {
  const { outcome, traffic, weather, memorySlope, atStart, atEnd } = result;
  const rows: readonly (readonly [string, string])[] = [
    ['weather', `${weather.length} spells: ${[...new Set(weather)].join(', ')}`],
    [
      'delivered',
      `${outcome.accepted} in = ${outcome.delivered} delivered + ${outcome.deadLetters} dead letters (poison); ${outcome.repeated} came twice, their answer was lost`,
    ],
    ...traffic.map(({ name, tally }) => [name, `${tally.in} in, ${tally.out} out`] as const),
    [
      'memory',
      `highest ${outcome.residentMiB.toFixed(0)} MiB, ${memorySlope.toFixed(2)} MiB a minute in the second half`,
    ],
    ['descriptors', `at the start ${sayDescriptors(atStart)}; at the end ${sayDescriptors(atEnd)}`],
    ['drained', `nothing waits after ${(outcome.drainedMs / 1000).toFixed(1)} s`],
  ];
  return rows.map(([name, value]) => `${name.padEnd(15)}${value}`);
}
