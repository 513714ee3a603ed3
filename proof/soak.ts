// Mixed traffic for MINUTES minutes while targets fail in turn; exits with 1 when something is lost, left behind, or memory grows.

import { loadavg } from 'node:os';
import { reportMinute, reportSoak } from './soak/report.js';
import { runSoak } from './soak/soak-run.js';

/** MiB per minute, over the second half. */
const MOST_SLOPE = 2;
/** Memory goes up and down by 100 MiB with the weather, which takes 160 s to come round: the half of a shorter run holds too few rounds to tell a slope. */
const LEAST_MINUTES = 15;
const LONGEST_SPELL_MS = 10_000;
/** All of them once take sixteen times as long as one. */
const SPELLS = 18;
const CLOSING_MS = 75_000;

const minutes = Number(process.env.MINUTES ?? 15);
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
if (!(minutes > 0)) throw new Error('MINUTES must be a number above 0');
const load = loadavg().map((value) => value.toFixed(1));
console.log(`seed ${seed}, ${minutes} minutes; load of the machine before: ${load.join(' ')}`);

const result = await runSoak({
  seed,
  seconds: minutes * 60,
  spellMs: Math.min(LONGEST_SPELL_MS, (minutes * 60_000) / SPELLS),
  closingMs: CLOSING_MS,
  onMinute: (minute, span) => console.log(reportMinute(minute, span)),
});
for (const line of reportSoak(result)) console.log(line);
const grows = result.memorySlope > MOST_SLOPE;
const broken = [
  ...result.broken,
  ...(grows && minutes >= LEAST_MINUTES ? [`memory grows by ${result.memorySlope.toFixed(1)} MiB a minute`] : []),
];
if (grows && minutes < LEAST_MINUTES) console.log(`memory is judged in runs of ${LEAST_MINUTES} minutes and more`);
for (const sentence of broken) console.log(`BROKEN: ${sentence}`);
console.log(broken.length === 0 ? 'Every promise held.' : `Repeat it with SEED=${seed}.`);
process.exitCode = broken.length === 0 ? 0 : 1;
