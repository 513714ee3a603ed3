// Proves the delivery guarantees the hard way: KILLS kills in SECONDS seconds while Statsig and all other targets fail; exits with 1 when a promise is broken.

import { loadavg } from 'node:os';
import { TARGETS } from './torture/torture-outbound-events.js';
import { reportTorture } from './torture/torture-report.js';
import { runTorture } from './torture/torture-run.js';

/** Whatever happens, the run is over by then. */
const LONGEST_MS = 178_000;

function readNumber(name: string, fallback: number): number {
  const value = Number(process.env[name] ?? fallback);
  if (!Number.isInteger(value) || value < 0) throw new Error(`${name} must be a whole number`);
  return value;
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

const result = await runTorture({ seed, kills, seconds, workspaces: 5, drainMs: 75_000 });
for (const line of reportTorture(result, TARGETS.length)) console.log(line);
for (const sentence of result.broken) console.log(`BROKEN: ${sentence}`);
console.log(result.broken.length === 0 ? 'Every promise held.' : `Repeat it with SEED=${seed}.`);
process.exitCode = result.broken.length === 0 ? 0 : 1;
