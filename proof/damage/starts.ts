// Starts outboxes in child processes, one after the other in each, and survives those that are aborted.

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Order, Start } from './child.js';

/** What became of a start: `died` with the signal, or what the open threw. */
export type Started = Start | { readonly died: string };

export interface Starter {
  start(order: Order): Promise<Started>;
  close(): void;
}

/** Longer than any start takes, even of a machine that is busy. */
const LONGEST_MS = 60_000;

export function createStarter(): Starter {
  let child: ChildProcess | undefined;
  const running = (): ChildProcess => {
    child ??= fork(fileURLToPath(new URL('./child.js', import.meta.url)), {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    return child;
  };
  return {
    start(order) {
      const at = running();
      return new Promise((resolve) => {
        const timer = setTimeout(() => at.kill('SIGKILL'), LONGEST_MS);
        const done = (started: Started) => {
          clearTimeout(timer);
          at.removeAllListeners();
          resolve(started);
        };
        at.once('message', (message: Start | { readonly threw: string }) =>
          done('threw' in message ? { died: message.threw } : message),
        );
        at.once('exit', (code, signal) => {
          child = undefined;
          done({ died: signal ?? `exit ${code}` });
        });
        at.send(order);
      });
    },
    close: () => child?.kill(),
  };
}
