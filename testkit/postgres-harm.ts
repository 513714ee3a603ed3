// Does each kind of harm at each statement of an operation.

import type { Fault, PostgresProxy } from './postgres-proxy.js';

/** What was done, and what the operation said. */
export interface Harmed {
  readonly fault: Fault;
  /** The statement that it was done to. */
  readonly statement: string;
  /** What it threw; `undefined` where it went well all the same. */
  readonly error: unknown;
}

/** After which nothing more is heard of the statement. */
export const ALL_FAULTS: readonly Fault[] = ['cut before', 'cut after', 'silent before', 'silent after'];

/**
 * Runs the operation once to see its statements, then once for each of them and each fault.
 *
 * @param operation given the number of the run
 * @param after what has to be so then; it runs without harm
 * @returns the statements that were harmed
 */
export async function harmEachStatement(
  proxy: PostgresProxy,
  operation: (run: number) => Promise<unknown>,
  after: (harmed: Harmed, run: number) => Promise<void>,
  faults: readonly Fault[] = ALL_FAULTS,
): Promise<readonly string[]> {
  proxy.forget();
  let run = 0;
  await operation(run);
  // By text: what runs by itself in between changes the numbers.
  const statements = [...new Set(proxy.seen.map(({ text }) => text))];
  for (const statement of statements) {
    for (const fault of faults) {
      run += 1;
      proxy.forget();
      let isDone = false;
      void proxy
        .failAt(({ text }) => text === statement, fault)
        .then(() => {
          isDone = true;
        });
      const error = await operation(run).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      proxy.forget();
      if (isDone) await after({ fault, statement, error }, run);
    }
  }
  return statements;
}
