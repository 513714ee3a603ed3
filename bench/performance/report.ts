// Prints what the rounds of a row came to.

import { loadavg } from 'node:os';
import type { Measured } from './measure.js';
import { MEASURES, type Measure, ratio } from './ratios.js';
import type { Rounds } from './rounds.js';
import { spreadOf, spreadText, wholeSpreadText } from './spread.js';

function refusals(measured: readonly Measured[]): string {
  const counts = new Map<string, number>();
  for (const { seen } of measured)
    for (const [status, count] of Object.entries(seen.statuses))
      if (status !== '200') counts.set(status, (counts.get(status) ?? 0) + count);
  return [...counts].map(([status, count]) => ` ${status}: ${count} calls`).join('');
}

/** Prints a line for each contender. */
export function printRounds(rounds: Rounds): void {
  for (const [name, measured] of rounds) {
    const of = (read: (each: Measured) => number) => spreadOf(measured.map(read));
    console.log(
      [
        `  ${name.padEnd(22)}`,
        `${wholeSpreadText(of((each) => each.eventsPerSecond)).padEnd(26)} events/s`,
        `${wholeSpreadText(of((each) => each.eventsPerCpuSecond)).padEnd(26)} per CPU-second`,
        `p50 ${of((each) => each.p50Ms).median.toFixed(2)} ms`,
        `p99 ${spreadText(
          of((each) => each.p99Ms),
          1,
        )} ms`,
        `RSS ${wholeSpreadText(of((each) => each.residentMiB))} MiB`,
        `${of((each) => each.seen.bytesPerEvent).median.toFixed(0)} bytes/event`,
        `generator ${of((each) => each.seen.cores).median.toFixed(2)} cores${refusals(measured)}`,
      ].join('  '),
    );
  }
  console.log(`  load ${loadavg()[0]?.toFixed(1)}`);
}

/** Prints the ratio in every measure. */
export function printRatios(rounds: Rounds, of: string, to: string): void {
  const texts = (Object.keys(MEASURES) as Measure[]).flatMap((by) => {
    const found = ratio(rounds, of, to, by);
    return found === undefined ? [] : [`${spreadText(found, 2)} in ${MEASURES[by]}`];
  });
  if (texts.length > 0) console.log(`  ${of} / ${to}: ${texts.join(', ')}`);
}
