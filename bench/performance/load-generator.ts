// Runs the load generator in a child process.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Load, LoadSeen } from './load-contract.js';

const LOAD = new URL('load.js', import.meta.url).pathname;

/** The generator. It makes one load at a time. */
export interface LoadGenerator {
  /** @throws Error when the generator ends meanwhile */
  make(load: Load): Promise<LoadSeen>;
  close(): Promise<void>;
}

/** Starts the process. It is used for all loads of a run, so that it is as warm in the first measured one as in the last. */
export function startLoadGenerator(): LoadGenerator {
  const child = fork(LOAD, { stdio: 'inherit' });
  const exited = once(child, 'exit');
  return {
    async make(load) {
      const answered = once(child, 'message').then(([seen]): LoadSeen => seen);
      child.send(load);
      const seen = await Promise.race([answered, exited.then(() => undefined)]);
      if (seen === undefined) throw new Error('the load generator ended');
      return seen;
    },
    async close() {
      child.disconnect();
      await exited;
    },
  };
}
