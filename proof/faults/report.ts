// Runs a fault and writes it as a row of a table: what happens, what was promised, what was seen, whether it held.

import type { Fault, FaultRun, Seen } from './fault.js';

/** The first lines of the table. */
export const TABLE_HEAD: readonly string[] = ['| Fault | Promise | Seen | Held? |', '| --- | --- | --- | --- |'];

/** A run that fails half-way is a promise that did not hold. */
export async function runFault(fault: Fault, options: FaultRun): Promise<Seen> {
  try {
    return await fault.run(options);
  } catch (error) {
    return { numbers: [], broken: [error instanceof Error ? `${error.message} ${error.stack ?? ''}` : String(error)] };
  }
}

/** The row, and a line for each part of the promise that did not hold. */
export function reportFault({ name, what, promise }: Fault, { numbers, broken }: Seen): readonly string[] {
  const verdict = broken.length === 0 ? 'held' : '**not held**';
  return [
    `| \`${name}\`: ${what} | ${promise} | ${numbers.join('; ')} | ${verdict} |`,
    ...broken.map((sentence) => `BROKEN ${name}: ${sentence}`),
  ];
}
