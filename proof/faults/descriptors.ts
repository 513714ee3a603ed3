// The process has few descriptors, and strangers take them.

import type { ChildProcess } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './fault.js';
import { sayOutcome, withRig } from './fault-rig.js';

/** Node opens most modules at once while it starts. */
const DESCRIPTORS = 256;
/** The process closes some again at once. */
const NEARLY_ALL = DESCRIPTORS - 8;
const STRANGERS = 600;
/** Longer than any machine takes. */
const USED_UP_MS = 120_000;
const EXHAUSTED_MS = 15_000;
const SHORT_MS = 1_000;
/** The outbox tries a disk again within 10 s. */
const RECOVERED_MS = 30_000;

async function untilAnswered(url: string): Promise<number> {
  const start = performance.now();
  for (;;) {
    const ready = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) }).then(
      ({ status }) => status === 200,
      () => false,
    );
    if (ready || performance.now() - start > RECOVERED_MS) return performance.now() - start;
    await sleep(100);
  }
}

/** Waits until hardly any is left: how long that takes is the machine's. @returns the most that were in use */
async function untilUsedUp(child: ChildProcess): Promise<number> {
  const start = performance.now();
  let highest = 0;
  while (highest < NEARLY_ALL && child.exitCode === null && performance.now() - start < USED_UP_MS) {
    highest = Math.max(highest, readdirSync(`/proc/${child.pid}/fd`).length);
    await sleep(50);
  }
  return highest;
}

/** Opens connections and keeps them as long as they are let; one that is closed is opened again. */
function crowd(port: number, count: number): () => void {
  const sockets = new Set<Socket>();
  let gone = false;
  const enter = () => {
    if (gone) return;
    const socket = connect(port, '127.0.0.1');
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => {
      sockets.delete(socket);
      setTimeout(enter, 100).unref();
    });
  };
  for (let index = 0; index < count; index += 1) enter();
  return () => {
    gone = true;
    for (const socket of sockets) socket.destroy();
  };
}

export const descriptors: Fault = {
  name: 'descriptors',
  what: `a process with ${DESCRIPTORS} descriptors, of which ${STRANGERS} idle connections take all that are free`,
  promise: 'the process stays up and answers again afterwards; nothing that was answered 2xx is lost',
  run: (options) =>
    withRig(
      {
        ...options,
        via: ['bash', '-c', `ulimit -n ${DESCRIPTORS}; exec "$@"`, 'bash'],
        expectedErrors: /EMFILE|too many open files/i,
      },
      async (rig) => {
        const stop = rig.push('everybody');
        await sleep(1_000);
        const leave = crowd(Number(new URL(rig.url).port), STRANGERS);
        const highest = await untilUsedUp(rig.process.child);
        await sleep(options.short ? SHORT_MS : EXHAUSTED_MS);
        const isUp = rig.process.child.exitCode === null;
        leave();
        const readyAfterMs = isUp ? await untilAnswered(rig.url) : Number.POSITIVE_INFINITY;
        await stop();
        const outcome = await rig.finish();
        return {
          numbers: [
            `${highest} of ${DESCRIPTORS} descriptors in use, ready ${(readyAfterMs / 1000).toFixed(1)} s after`,
            ...sayOutcome(outcome, rig),
            `${rig.process.errors.filter((line) => /EMFILE|too many open files/i.test(line)).length} errors in the log about descriptors`,
          ],
          broken: [
            ...outcome.broken,
            ...(isUp ? [] : ['the process ended']),
            ...(readyAfterMs < RECOVERED_MS ? [] : [`not ready ${RECOVERED_MS / 1000} s after`]),
            ...(highest < NEARLY_ALL ? [`only ${highest} descriptors were in use`] : []),
          ],
        };
      },
    ),
};
