// Sends CASES arbitrary requests to every route of a real process (SEED repeats them); exits with 1 when an answer is none that is documented.

import { ERRORS } from '../src/base/errors.js';
import { startRig } from './fuzz/rig.js';
import { type FuzzResult, runFuzz } from './fuzz/run.js';

function readNumber(name: string, fallback: number): number {
  const value = Number(process.env[name] ?? fallback);
  if (!Number.isInteger(value) || value < 0) throw new Error(`${name} must be a whole number`);
  return value;
}

const PROGRESS_EVERY = 20_000;

function report({ cases, byRoute, byStatus, byCode, faults, lines, ended }: FuzzResult, seconds: number): void {
  console.log(`\n${cases} cases in ${seconds.toFixed(0)} s, ${Math.round(cases / seconds)} per second`);
  for (const [route, count] of byRoute) console.log(`${String(count).padStart(8)}  ${route}`);
  console.log(`answered: ${[...byStatus].map(([status, count]) => `${status} × ${count}`).join(', ')}`);
  const codes = Object.keys(ERRORS);
  const unseen = codes.filter((code) => !byCode.has(code));
  console.log(`codes seen: ${codes.length - unseen.length} of ${codes.length}; not seen: ${unseen.join(', ')}`);
  for (const { complaint, route, command, count } of faults)
    console.log(`\nFAULT: ${route}: ${complaint} (${count} cases)\n${command}`);
  for (const line of new Set(lines)) console.log(`\nFAULT: in the log: ${line.slice(0, 2_000)}`);
  for (const end of ended) console.log(`\nFAULT: ${end}`);
}

const seed = readNumber('SEED', Date.now() % 1_000_000);
const cases = readNumber('CASES', 200_000);
console.log(`seed ${seed}, ${cases} cases`);
const rig = await startRig();
const start = Date.now();
const result = await runFuzz(rig, {
  cases,
  seed,
  onProgress: (done) => {
    if (done % PROGRESS_EVERY === 0) console.log(`${done} cases after ${Math.round((Date.now() - start) / 1000)} s`);
  },
});
report(result, (Date.now() - start) / 1000);
const isSound = result.faults.length === 0 && result.lines.length === 0 && result.ended.length === 0;
console.log(isSound ? 'Every answer was a documented one.' : `Repeat it with SEED=${seed} CASES=${cases}.`);
if (!isSound && process.env.KEEP !== undefined) {
  console.log(`The processes go on: ${rig.alone.authority}, with a transformer behind it ${rig.behind.authority}.`);
} else {
  await rig.close();
}
process.exitCode = isSound ? 0 : 1;
