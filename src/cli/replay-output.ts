// What `statsig-cdp replay` says at its end.

import { writeLongNumbers } from '../base/long-numbers.js';
import { toPrintableCell } from '../base/printable.js';
import { formatSeconds } from '../replay/progress.js';
import type { ReplayResult } from '../replay/start.js';
import { type Counts, countFiltered, countRefused } from '../replay/tally.js';

const isoOf = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());

/** The summary for programs. */
export function toSummary({ tally, files, seconds, eventsPerSecond, stopped, more }: ReplayResult): object {
  const { first, last, ...counts } = tally;
  return {
    ...counts,
    first: isoOf(first),
    last: isoOf(last),
    files,
    seconds: Number(seconds.toFixed(3)),
    eventsPerSecond,
    ...(stopped !== undefined && { stopped }),
    ...more,
  };
}

/** `3 filtered (identify_without_audience 2, loop 1)` */
function describeCounts(total: number, word: string, counts: Counts): string {
  const parts = Object.entries(counts).map(([name, n]) => `${name} ${n}`);
  return `${total} ${word}${parts.length === 0 ? '' : ` (${parts.join(', ')})`}`;
}

/** The summary for people, a line each. */
export function describeReplay(result: ReplayResult, isDryRun: boolean): readonly string[] {
  const { tally, files, seconds, eventsPerSecond, more } = result;
  const { events, accepted, duplicates, filtered, refused, first, last } = tally;
  const parts = [
    `${accepted} ${isDryRun ? 'would be sent' : 'accepted'}`,
    ...(duplicates > 0 ? [`${duplicates} duplicates`] : []),
    describeCounts(countFiltered(tally), 'filtered', filtered),
    describeCounts(countRefused(tally), 'refused', refused),
  ];
  const ofFiles = [
    `${files.read} read`,
    ...(files.skipped > 0 ? [`${files.skipped} skipped by their path`] : []),
    ...(files.broken > 0 ? [`${files.broken} broken`] : []),
  ];
  const sample = 'sample' in more && Array.isArray(more.sample) ? more.sample : [];
  return [
    ...sample.map((request) => writeLongNumbers(request)),
    `${events} ${events === 1 ? 'event' : 'events'}: ${parts.join(', ')}`,
    ...(first === undefined ? [] : [`from ${isoOf(first)} to ${isoOf(last)}`]),
    `files: ${ofFiles.join(', ')}; ${formatSeconds(seconds)}, ${eventsPerSecond} events/s`,
    ...((filtered.older_than_7_days ?? 0) > 0
      ? ['Statsig says that a replay goes back 7 days: what is older was left out. --allow-older sends it.']
      : []),
  ].map((line) => (line.startsWith('{') ? line : toPrintableCell(line)));
}
