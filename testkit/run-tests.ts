// Runs every test file below folders of dist through Node's own test runner, which takes directories differently from version to version.
//
//   node dist/testkit/run-tests.js test

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec as Spec } from 'node:test/reporters';
import { startSharedCluster, TEST_POSTGRES_URL } from './postgres.js';
import { postgresPrograms } from './postgres-cluster.js';
import { processesToRun } from './test-groups.js';
import { describeFailures, reportOf, slowestTen, type TestReport } from './test-report.js';

/** For one process: a test that hangs fails. */
const TIMEOUT_MS = 600_000;

const DIST = join(import.meta.dirname, '..');

/** More than there are cores: many spend half of their time waiting. On two cores four take 212 s, two 258 s. */
const BESIDE_CORES = 2;

const processes = processesToRun(DIST, process.argv.slice(2));

/** Runs them and prints what becomes of each test. */
async function runFiles(files: Iterable<string>): Promise<TestReport> {
  const results = run({ files: [...files], concurrency: availableParallelism() + BESIDE_CORES, timeout: TIMEOUT_MS });
  const report = reportOf(results, DIST);
  const lines = results.compose(new Spec());
  lines.pipe(process.stdout, { end: false });
  await once(lines, 'end');
  return report;
}

/** What ends a process, or keeps it waiting, takes the tests of the other files in it along. */
function sharersOf(failedFiles: ReadonlySet<string>): readonly string[] {
  return [...processes].flatMap(([file, within]) =>
    within.length > 1 && [file, ...within].some((each) => failedFiles.has(each)) ? within : [],
  );
}

const isGiven = process.env[TEST_POSTGRES_URL] !== undefined;
const cluster = isGiven || postgresPrograms() === undefined ? undefined : await startSharedCluster();
if (cluster !== undefined) process.env[TEST_POSTGRES_URL] = cluster.url;
const report = await runFiles(processes.keys());
const sharers = sharersOf(report.failedFiles);
if (sharers.length > 0) process.stdout.write('\nWhat shared a process with a failure, once more, each file alone\n');
const alone = sharers.length > 0 ? await runFiles(sharers) : undefined;
const failures = [
  ...report.failures,
  ...(alone?.failures ?? []).map((failure) => ({ ...failure, name: `${failure.name} (alone)` })),
];
// Also where each passes alone: they disturb each other then.
if (failures.length > 0) process.exitCode = 1;
await cluster?.close();
const { tests, files } = report;
const { TEST_REPORT } = process.env;
const failed = failures.map(({ name }) => name);
if (TEST_REPORT !== undefined) writeFileSync(TEST_REPORT, JSON.stringify({ tests, files, failed }));
process.stdout.write(`\nThe slowest files\n${slowestTen(files)}\nThe slowest tests\n${slowestTen(tests)}`);
process.stdout.write(describeFailures(failures));
