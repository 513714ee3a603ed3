// Proves the delivery guarantees the hard way: KILLS kills in SECONDS seconds while Statsig fails; exits with 1 when a promise is broken.

import { loadavg } from 'node:os';
import { runTorture, type TortureResult } from './support/torture-run.js';

/** Whatever happens, the run is over by then. */
const LONGEST_MS = 178_000;

function readNumber(name: string, fallback: number): number {
  const value = Number(process.env[name] ?? fallback);
  if (!Number.isInteger(value) || value < 0) throw new Error(`${name} must be a whole number`);
  return value;
}

function countBy<T>(items: readonly T[], name: (item: T) => string): string {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(name(item), (counts.get(name(item)) ?? 0) + 1);
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([key, count]) => `${key} ${count}`)
    .join(', ');
}

function print({ senders, ledger, kills, verdict, alarms, backlog, drainedMs }: TortureResult): void {
  const { calls, repeats, duplicates, accepted } = senders;
  const poison = accepted.filter((event) => event.poison !== undefined);
  const repeated = verdict.repeatedAfterCut + verdict.repeatedAfterKill + verdict.unexplained.length;
  const rows = [
    ['pushes', `batch ${calls.batch}, single ${calls.single}, webhook ${calls.webhook}; sent again ${repeats} times`],
    [
      'kills',
      `${kills.length}: ${countBy(kills, ({ moment }) => moment)}; ${kills.filter(({ wasListening }) => !wasListening).length} before it listened`,
    ],
    ['answers', countBy(ledger, ({ deed }) => deed)],
    [
      'accepted',
      `${accepted.length} events answered 2xx; ${duplicates} of them were on disk already when the sender repeated them`,
    ],
    ['delivered', `${verdict.delivered}`],
    [
      'dead letters',
      `${verdict.deadLetters} of ${poison.length} poison events (${countBy(poison, (event) => event.poison ?? '')}); wrong: ${verdict.wrongDeadLetters.length}`,
    ],
    ['lost', `${verdict.lost.length}`],
    [
      'duplicated',
      `${repeated}: answer cut off ${verdict.repeatedAfterCut}, killed before the answer was written down ${verdict.repeatedAfterKill} (at most ${verdict.longestUnwrittenMs} ms after the request), unexplained ${verdict.unexplained.length}`,
    ],
    ['reordered', `${verdict.reordered.length} (per user and workspace, first arrivals; repetitions aside)`],
    ['alarms', `${alarms.length} (errors in the log beside dead letters)`],
    ['drained', `${backlog} waiting events in ${(drainedMs / 1000).toFixed(1)} s once Statsig was well`],
  ] as const;
  for (const [name, value] of rows) console.log(`${name.padEnd(13)}${value}`);
}

const seed = readNumber('SEED', Date.now() % 1_000_000);
const kills = readNumber('KILLS', 30);
const seconds = readNumber('SECONDS', 90);
const load = loadavg().map((value) => value.toFixed(1));
console.log(`seed ${seed}, ${kills} kills in about ${seconds} s; load of the machine before: ${load.join(' ')}`);
setTimeout(() => {
  console.log(`BROKEN: not over after ${LONGEST_MS / 1000} s (SEED=${seed})`);
  process.exit(1);
}, LONGEST_MS).unref();

const result = await runTorture({ seed, kills, seconds, lanes: 5, drainMs: 75_000 });
print(result);
for (const sentence of result.broken) console.log(`BROKEN: ${sentence}`);
console.log(result.broken.length === 0 ? 'Every promise held.' : `Repeat it with SEED=${seed}.`);
process.exitCode = result.broken.length === 0 ? 0 : 1;
