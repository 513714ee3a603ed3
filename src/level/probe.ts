// Tries a database in a process of its own: what is wrong with it may abort that process, but not this one.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ClassicLevel } from 'classic-level';

const CHILD = fileURLToPath(new URL('./probe-child.js', import.meta.url));

/** Ends that a process gives itself, or gets for what it did. */
const OWN_FAULT: ReadonlySet<string> = new Set(['SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGSEGV', 'SIGTRAP']);

/** @returns the signal that ended a process which opened the database, read it all and compacted it; `undefined` when it lived */
export async function probeDatabase(directory: string): Promise<string | undefined> {
  return (await runChild([directory])).signal;
}

/**
 * LevelDB's repair in a process of its own.
 *
 * @throws Error where it ends that process, and the error of the disk
 */
export async function repairDatabase(directory: string): Promise<void> {
  const { signal, code } = await runChild([directory, 'repair']);
  if (signal !== undefined) throw new Error(`the repair ends the process that does it (${signal})`);
  // Here it says what is wrong with the disk.
  if (code !== 0) await ClassicLevel.repair(directory);
}

interface Ended {
  /** Of an end that was its own fault. */
  readonly signal: string | undefined;
  readonly code: number | null;
}

function runChild(args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [CHILD, ...args], { stdio: 'ignore' });
    // Without a child it is done here, and the next start knows how that ended.
    child.once('error', () => resolve({ signal: undefined, code: null }));
    child.once('exit', (code, signal) =>
      resolve({ signal: signal !== null && OWN_FAULT.has(signal) ? signal : undefined, code }),
    );
  });
}
