// Proves that a replay can be killed: an archive of a gigabyte, killed five times at random, into a running plugin, and a tenth of it straight to Statsig. Exits with 1 when a promise is broken.

import { loadavg } from 'node:os';
import { createRandom } from '../testkit/random.js';
import { measureRate } from './replay/rate.js';
import { judgeReplay, type ReplayWay, runReplayProof } from './replay/run.js';

/** Flat, whatever the archive's size. */
const MAX_RESIDENT_MIB = 250;

/** Events in a second, on two cores with nothing else to do. No promise: what is missed breaks nothing. */
const GOAL = 40_000;

function readNumber(name: string, fallback: number): number {
  const value = Number(process.env[name] ?? fallback);
  if (!(value >= 0)) throw new Error(`${name} must be a number`);
  return value;
}

const seed = readNumber('SEED', Date.now() % 1_000_000);
const megabytes = readNumber('MEGABYTES', 1_000);
const kills = readNumber('KILLS', 5);
const load = () =>
  loadavg()
    .map((value) => value.toFixed(1))
    .join(' ');
console.log(`seed ${seed}, ${megabytes} MB, ${kills} kills; load of the machine before: ${load()}`);

const rate = await measureRate((megabytes * 1e6) / 5);
console.log(`${rate} events/s into the outbox, while Statsig does not answer; goal ${GOAL}; load ${load()}`);
const { fraction } = createRandom(seed);
const RUNS: readonly (readonly [way: ReplayWay, megabytes: number])[] = [
  ['plugin', megabytes],
  ['straight', megabytes / 10],
];
let isBroken = false;
for (const [way, size] of RUNS) {
  const findings = await runReplayProof({ way, bytes: size * 1e6, kills, random: fraction });
  const { archived, histogram, summary, residentMiB, mostResidentMiB, eventsPerSecond } = findings;
  const often = histogram.map((count, times) => `${count} ${times}×`).join(', ');
  console.log(
    [
      `${way}: ${archived} events, ${size} MB, killed ${findings.kills} times`,
      `  ${eventsPerSecond} events/s ${way === 'plugin' ? 'into the outbox, while it delivers' : 'to Statsig'}; load ${load()}`,
      `  at Statsig: ${often}; the command counts ${summary.accepted} accepted, ${summary.duplicates} duplicates`,
      `  RSS of the command ${residentMiB.join(', ')} MiB by tenths of the archive, ${mostResidentMiB} at most`,
    ].join('\n'),
  );
  for (const sentence of judgeReplay({ way, kills }, findings, MAX_RESIDENT_MIB)) {
    isBroken = true;
    console.log(`BROKEN: ${sentence}`);
  }
}
console.log(isBroken ? `Repeat it with SEED=${seed}.` : 'Every promise held.');
process.exitCode = isBroken ? 1 : 0;
