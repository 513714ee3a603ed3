// Runs the tests of a shared outbox until the first that fails, and says which it was.

import { once } from 'node:events';
import { join } from 'node:path';
import { run } from 'node:test';
import { reportOf } from '../../testkit/test-report.js';

/** What replicas promise each other, below `dist/test`; the quickest to see a break come first. */
const TESTS = [
  ...['replicas', 'remembering', 'model'].map((name) => `outbox/contract/${name}.test.js`),
  ...['ownership', 'late-statements', 'claims'].map((name) => `outbox/postgres/${name}.test.js`),
];

/** Those that ask a database. */
const OF_POSTGRES = '^(?!memory|embedded|shared memory)';

const AT_A_TIME = 3;

/** For a file: one that does not end has seen it, too. */
const TIMEOUT_MS = 90_000;

/** What came of the tests. */
export interface Outcome {
  /** The test that failed, and why; `undefined`: none has. */
  readonly failed: string | undefined;
  readonly seconds: number;
}

/** @param directory holds `dist` */
export async function runUntilFailure(directory: string): Promise<Outcome> {
  const dist = join(directory, 'dist');
  const begin = performance.now();
  const enough = new AbortController();
  const results = run({
    files: TESTS.map((name) => join(dist, 'test', name)),
    concurrency: AT_A_TIME,
    timeout: TIMEOUT_MS,
    testNamePatterns: OF_POSTGRES,
    signal: enough.signal,
  });
  const { failures } = reportOf(results, join(dist, 'test'));
  results.once('test:fail', () => enough.abort());
  await once(results.resume(), 'end');
  const [first] = failures;
  return {
    failed: first === undefined ? undefined : `${first.name}: ${first.why[0]?.split('\n')[0] ?? ''}`,
    seconds: (performance.now() - begin) / 1000,
  };
}
