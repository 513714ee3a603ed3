// Tries a database in a process of its own: what is wrong with it may abort that process, but not this one.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('./probe-child.js', import.meta.url));

/** Ends that a process gives itself, or gets for what it did. */
const OWN_FAULT: ReadonlySet<string> = new Set(['SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGSEGV', 'SIGTRAP']);

/** @returns the signal that ended a process which opened the database, read it all and compacted it; `undefined` when it lived */
export function probeDatabase(directory: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [CHILD, directory], { stdio: 'ignore' });
    // Without the try the next opening is the try.
    child.once('error', () => resolve(undefined));
    child.once('exit', (_, signal) => resolve(signal !== null && OWN_FAULT.has(signal) ? signal : undefined));
  });
}
