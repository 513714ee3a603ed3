// Starts worker processes and asks them.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Delivered, FromWorker, WorkerCalls, WorkerTask } from './worker-contract.js';

const WORKER = new URL('worker.js', import.meta.url).pathname;

/** A running worker. */
export interface Worker {
  readonly child: ChildProcess;
  readonly pid: number;
  /** @throws Error when it fails, or the worker is gone */
  ask<Call extends keyof WorkerCalls>(
    call: Call,
    ...argument: Parameters<WorkerCalls[Call]>
  ): Promise<Awaited<ReturnType<WorkerCalls[Call]>>>;
  end(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts one; resolves once it has opened its outbox. @param onDelivered told of each delivery of a worker that rests between appends */
export async function startWorker(
  task: WorkerTask,
  onDelivered: (delivered: Delivered) => void = () => {},
): Promise<Worker> {
  const child = fork(WORKER, [JSON.stringify(task)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const waiting = new Map<number, { resolve: (result: never) => void; reject: (error: Error) => void }>();
  let asked = 0;
  const gone = () => {
    for (const { reject } of waiting.values()) reject(new Error('the worker is gone'));
    waiting.clear();
  };
  const ready = new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => {
      gone();
      reject(new Error(`the worker ended with code ${code}`));
    });
    child.on('message', (message: FromWorker) => {
      if (message.kind === 'ready') resolve();
      else if (message.kind === 'delivered') onDelivered(message);
      else {
        const { resolve: answer, reject: fail } = waiting.get(message.number) ?? {};
        waiting.delete(message.number);
        if (message.kind === 'answer') answer?.(message.result as never);
        else fail?.(new Error(message.message));
      }
    });
  });
  await ready;
  return {
    child,
    pid: child.pid ?? 0,
    ask(call, ...[argument]) {
      asked += 1;
      const number = asked;
      return new Promise((resolve, reject) => {
        waiting.set(number, { resolve, reject });
        child.send({ number, call, argument });
      });
    },
    async end(signal = 'SIGKILL') {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
  };
}
