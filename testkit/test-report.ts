// What a run of the tests comes to: which failed and why, and which took longest.

import { relative, resolve } from 'node:path';
import type { run } from 'node:test';

/** A test, or a file of tests, and how long it took. */
export interface Timed {
  readonly name: string;
  readonly ms: number;
}

/** A test, or a process of test files, that failed. */
export interface Failure {
  readonly name: string;
  /** Lines: the error; of a process also how it ended, and what it said last. */
  readonly why: readonly string[];
}

/** One run. */
export interface TestReport {
  /** Tests that hold no others. */
  readonly tests: readonly Timed[];
  /** Test files, by their tests. */
  readonly files: readonly Timed[];
  readonly failures: readonly Failure[];
  /** Paths of the files that they stand in, or of those that were run. */
  readonly failedFiles: ReadonlySet<string>;
}

type Results = ReturnType<typeof run>;

/** Lines of stderr that are kept of a process. */
const LAST_LINES = 15;

/** What the runner knows of a failure, where it knows it: `details.error` is typed as an error and no more. */
interface Told {
  readonly message?: unknown;
  readonly cause?: unknown;
  readonly failureType?: unknown;
  readonly exitCode?: unknown;
  readonly signal?: unknown;
}

const isTold = (value: unknown): value is Told => typeof value === 'object' && value !== null;

/** The message, and how a process ended. */
function describe(error: unknown): readonly string[] {
  if (!isTold(error)) return [String(error)];
  const { message, cause, failureType, exitCode, signal } = error;
  const reason = isTold(cause) ? (cause.message ?? cause) : (cause ?? message);
  const code = typeof exitCode === 'number' ? [`exit code ${exitCode}`] : [];
  const ended = [...code, ...(typeof signal === 'string' ? [`signal ${signal}`] : [])];
  const first = `${String(failureType)}: ${String(reason)}`;
  return [ended.length === 0 ? first : `${first} (${ended.join(', ')})`];
}

/** What processes say between the ends of two of them. The runner passes it on process by process. */
class Said {
  #begun: string | undefined;
  /** Errors that came when the test that caused them was over: they fail the process and no test. */
  #late: string[] = [];
  readonly #stderr = new Map<string, string[]>();

  constructor(results: Results) {
    results.on('test:dequeue', ({ name, file }) => {
      if (name !== file) this.#begun = name;
    });
    results.on('test:diagnostic', ({ message }) => {
      if (message.startsWith('Error: ')) this.#late.push(message);
    });
    results.on('test:stderr', ({ file, message }) => {
      const lines = [...(this.#stderr.get(file) ?? []), message.trimEnd()];
      this.#stderr.set(file, lines.slice(-LAST_LINES));
    });
  }

  /** A process has failed. @returns what it said */
  take(file: string): readonly string[] {
    const begun = this.#begun === undefined ? [] : [`the last test that it began: ${this.#begun}`];
    const lines = this.#stderr.get(file) ?? [];
    const said = [...this.#late, ...begun, ...lines.map((line) => `stderr: ${line}`)];
    this.#begun = undefined;
    this.#late = [];
    return said;
  }
}

/** Listens to a run. The report is whole when the stream has ended. @param dist what was built: files are named from there */
export function reportOf(results: Results, dist: string): TestReport {
  const files = new Map<string, number>();
  const tests: Timed[] = [];
  const failures: Failure[] = [];
  const failedFiles = new Set<string>();
  const said = new Said(results);
  const nameOf = ({ name, file }: { readonly name: string; readonly file?: string | undefined }) =>
    file === undefined || file === name ? relative(dist, name) : `${relative(dist, file)}: ${name}`;
  results.on('test:pass', (test) => {
    const { nesting, file = test.name, details } = test;
    if (details.type !== 'suite') tests.push({ name: nameOf(test), ms: details.duration_ms });
    if (nesting === 0) files.set(file, (files.get(file) ?? 0) + details.duration_ms);
  });
  results.on('test:fail', (test) => {
    const { name, file = name, details } = test;
    const why = [...describe(details.error), ...(resolve(name) === resolve(file) ? said.take(file) : [])];
    failures.push({ name: nameOf(test), why });
    failedFiles.add(resolve(file));
  });
  return {
    tests,
    failures,
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

/** What failed, and why. */
export function describeFailures(failures: readonly Failure[]): string {
  return failures
    .map(({ name, why }) => [`failed: ${name}`, ...why.flatMap((line) => line.split('\n'))].join('\n    '))
    .map((text) => `${text}\n`)
    .join('');
}
