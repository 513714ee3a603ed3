// Proves that damage on disk is noticed, said and survived: flips, cuts and removes files of outboxes; exits with 1 when a promise is broken.

import { loadavg } from 'node:os';
import { describeBroken, reportDamage } from './damage/report.js';
import { runDamage } from './damage/run.js';

function readNumber(name: string, fallback: number): number {
  const value = Number(process.env[name] ?? fallback);
  if (!Number.isInteger(value) || value < 0) throw new Error(`${name} must be a whole number`);
  return value;
}

/** More would not be read. */
const MOST_SHOWN = 40;

const seed = readNumber('SEED', Date.now() % 1_000_000);
const cases = readNumber('CASES', 5000);
console.log(
  `seed ${seed}, ${cases} harms; load of the machine before: ${loadavg()
    .map((value) => value.toFixed(1))
    .join(' ')}`,
);
const began = Date.now();
const results = await runDamage({ seed, cases, fills: 3, workers: 2 });
for (const line of reportDamage(results)) console.log(line);
const broken = describeBroken(results);
for (const line of broken.slice(0, MOST_SHOWN)) console.log(`BROKEN: ${line}`);
if (broken.length > MOST_SHOWN) console.log(`... and ${broken.length - MOST_SHOWN} more`);
console.log(`${Math.round((Date.now() - began) / 1000)} s`);
console.log(broken.length === 0 ? 'Every promise held.' : `Repeat it with SEED=${seed}.`);
process.exitCode = broken.length === 0 ? 0 : 1;
