// Runs every test file below folders of dist through Node's own test runner, which takes directories differently from version to version.
//
//   node dist/testkit/run-tests.js test

import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec as Spec } from 'node:test/reporters';
import { filesToRun } from './test-groups.js';
import { reportOf, slowestTen } from './test-report.js';

/** For one process: a test that hangs fails. */
const TIMEOUT_MS = 600_000;

const DIST = join(import.meta.dirname, '..');

/** More than there are cores: many spend half of their time waiting. On two cores four take 212 s, two 258 s. */
const BESIDE_CORES = 2;

const files = [...filesToRun(DIST, process.argv.slice(2))];
const results = run({ files, concurrency: availableParallelism() + BESIDE_CORES, timeout: TIMEOUT_MS });
const report = reportOf(results, DIST);
results
  .on('test:fail', () => {
    process.exitCode = 1;
  })
  .on('end', () => {
    const { TEST_REPORT } = process.env;
    if (TEST_REPORT !== undefined) writeFileSync(TEST_REPORT, JSON.stringify(report));
  });
const lines = results.compose(new Spec());
lines.on('end', () => {
  process.stdout.write(
    `\nThe slowest files\n${slowestTen(report.files)}\nThe slowest tests\n${slowestTen(report.tests)}`,
  );
  for (const name of report.failed) process.stdout.write(`failed: ${name}\n`);
});
lines.pipe(process.stdout, { end: false });
