// What a run of the tests comes to: which failed, and which took longest.

import { relative, resolve } from 'node:path';
import type { run } from 'node:test';

/** A test, or a file of tests, and how long it took. */
export interface Timed {
  readonly name: string;
  readonly ms: number;
}

/** One run. */
export interface TestReport {
  /** Tests that hold no others. */
  readonly tests: readonly Timed[];
  /** Test files, by their tests. */
  readonly files: readonly Timed[];
  /** Names of the tests and files that failed. */
  readonly failed: readonly string[];
  /** Paths of the files that they stand in, or of those that were run. */
  readonly failedFiles: ReadonlySet<string>;
}

type Results = ReturnType<typeof run>;

/** Listens to a run. The report is whole when the stream has ended. @param dist what was built: files are named from there */
export function reportOf(results: Results, dist: string): TestReport {
  const files = new Map<string, number>();
  const tests: Timed[] = [];
  const failed: string[] = [];
  const failedFiles = new Set<string>();
  const nameOf = (test: { readonly name: string; readonly file?: string | undefined }) =>
    test.file === undefined || test.file === test.name ? test.name : `${relative(dist, test.file)}: ${test.name}`;
  results.on('test:pass', (test) => {
    const { nesting, file = test.name, details } = test;
    if (details.type !== 'suite') tests.push({ name: nameOf(test), ms: details.duration_ms });
    if (nesting === 0) files.set(file, (files.get(file) ?? 0) + details.duration_ms);
  });
  results.on('test:fail', (test) => {
    failed.push(nameOf(test));
    failedFiles.add(resolve(test.file ?? test.name));
  });
  return {
    tests,
    failed,
    failedFiles,
    get files() {
      return [...files].map(([file, ms]) => ({ name: relative(dist, file), ms }));
    },
  };
}

/** The slowest ten, a line each. */
export function slowestTen(timed: readonly Timed[]): string {
  const ten = timed.toSorted((one, other) => other.ms - one.ms).slice(0, 10);
  return ten.map(({ name, ms }) => `${(ms / 1000).toFixed(1).padStart(7)} s  ${name}\n`).join('');
}
