// Runs what the README names so many times, with loops beside it that keep the cores busy: a test that depends on the machine's speed fails here.
//
//   npm run suite:repeat -- 20          npm cit, twenty times
//   npm run suite:repeat -- 20 test     without the clean install

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Plain Node alone, read before the first run: that one installs and builds anew what this process was loaded from.

const BUSY_LOOPS = 4;
const ROOT = join(import.meta.dirname, '..', '..');

interface Timed {
  readonly name: string;
  readonly ms: number;
}

/** As `testkit/run-tests.ts` writes it. */
interface Report {
  readonly tests: readonly Timed[];
  readonly failed: readonly string[];
}

const [count = '20', command = 'cit'] = process.argv.slice(2);
const runs = Number(count);
if (!(Number.isInteger(runs) && runs > 0)) throw new Error(`${count} is no number of runs`);

const logs = mkdtempSync(join(tmpdir(), 'suite-repeat-'));
const slowest = new Map<string, number>();
const failures = new Map<string, number[]>();
const note = (name: string, run: number) => failures.set(name, [...(failures.get(name) ?? []), run]);

async function runOnce(run: number): Promise<void> {
  const report = join(logs, `report-${run}.json`);
  const began = performance.now();
  const env = { ...process.env, TEST_REPORT: report };
  const child = spawn('npm', [command], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk));
  const [code] = await once(child, 'close');
  const seconds = Math.round((performance.now() - began) / 1000);
  const { tests, failed }: Report = existsSync(report)
    ? JSON.parse(readFileSync(report, 'utf8'))
    : { tests: [], failed: [] };
  rmSync(report, { force: true });
  for (const { name, ms } of tests) slowest.set(name, Math.max(slowest.get(name) ?? 0, ms));
  for (const name of failed) note(name, run);
  if (code === 0 && tests.length > 0)
    return void console.log(`run ${run}: green after ${seconds} s, ${tests.length} tests`);
  if (failed.length === 0) note(`npm ${command}: exit code ${code}, ${tests.length} tests passed`, run);
  const log = join(logs, `run-${run}.log`);
  writeFileSync(log, Buffer.concat(output));
  console.log(`run ${run}: red after ${seconds} s, see ${log}`);
}

const loops = Array.from({ length: BUSY_LOOPS }, () =>
  spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
);
process.on('exit', () => {
  for (const loop of loops) loop.kill('SIGKILL');
});
process.on('SIGINT', () => process.exit(130)).on('SIGTERM', () => process.exit(143));

for (let run = 1; run <= runs; run += 1) await runOnce(run);

console.log('\nThe slowest tests, by their slowest run');
const ten = [...slowest].sort(([, one], [, other]) => other - one).slice(0, 10);
for (const [name, ms] of ten) console.log(`${(ms / 1000).toFixed(1).padStart(7)} s  ${name}`);
for (const [name, failedIn] of failures) console.log(`failed in run ${failedIn.join(', ')}: ${name}`);
console.log(failures.size === 0 ? `${runs} of ${runs} green` : `not green; the logs are in ${logs}`);
process.exit(failures.size === 0 ? 0 : 1);
