// Says what came of a torture of the shared outbox, line by line.

import { countBy, reportDirections, toLines } from '../torture-report.js';
import type { SharedTortureResult } from './shared-run.js';
import type { TakeOver } from './take-overs.js';

/** Takeovers after a death of a process are to be this quick. */
const QUICK_MS = 2_000;

function takeOverText(takeOvers: readonly TakeOver[], trouble: TakeOver['trouble']): string {
  const times = takeOvers
    .filter((each) => each.trouble === trouble)
    .flatMap(({ ms }) => ms)
    .sort((a, b) => a - b);
  const at = (part: number) => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? Number.NaN;
  const left = takeOvers.filter((each) => each.trouble === trouble).reduce((sum, each) => sum + each.left, 0);
  const late = trouble === 'killed' ? `, later than ${QUICK_MS} ms ${times.filter((ms) => ms > QUICK_MS).length}` : '';
  return `${times.length} lanes, median ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms${late}; never taken ${left}`;
}

function alarmText(alarms: readonly string[]): string {
  return countBy(alarms, (line) => /"msg":"([^"]{0,90})/.exec(line)?.[1] ?? line.slice(0, 90));
}

/** What was done, one by one, to look for what a broken promise is due to. */
export function listDisturbances({ disturbances }: SharedTortureResult): readonly string[] {
  return disturbances.map(({ trouble, run = 'all', from, to }) => `${from} to ${to}: ${trouble} ${run}`);
}

/** The report, for people. @param copies targets of each workspace */
export function reportSharedTorture(result: SharedTortureResult, copies: number): readonly string[] {
  const { disturbances, seen, takeOvers, people, overlaps, unexcusedOverlaps, alarms, backlog, drainedMs } = result;
  return [
    ...toLines([['trouble', countBy(disturbances, ({ trouble }) => trouble)], ...seen]),
    ...reportDirections(result, copies),
    'lists',
    ...toLines([
      ['pushed', `${people.pushed} changes, ${people.calls} calls of the console`],
      ['calls', `at most ${people.mostCalls} in any 10 s`],
    ]),
    'all',
    ...toLines([
      [
        'at once',
        `${overlaps} requests beside another one of their lane; without a trouble ${unexcusedOverlaps.length}`,
      ],
      ['SIGKILL', takeOverText(takeOvers, 'killed')],
      ['SIGSTOP', takeOverText(takeOvers, 'stopped')],
      ['log', `${alarms.length} errors: ${alarmText(alarms)}`],
      ['drained', `${backlog} waiting deliveries in ${(drainedMs / 1000).toFixed(1)} s once all was well`],
    ]),
  ];
}
