// A worker of the benchmark of the shared outbox, in a process of its own: takes events and delivers them, counts, and answers what it is asked.

import { setTimeout as sleep } from 'node:timers/promises';
import { makeEvents, workspaceOf } from './bench-events.js';
import type { FromWorker, Question, WorkerCalls, WorkerSeen, WorkerTask } from './worker-contract.js';
import { CLAIM_BYTES, CLAIM_EVENTS, openEngine } from './worker-engine.js';

const task: WorkerTask = JSON.parse(process.argv[2] ?? '');
const FILL_BATCH = 250;
const FILL_APPENDS = 8;

const say = (message: FromWorker) => process.send?.(message);
const engine = await openEngine(task);
let counts = { appended: 0, settled: 0, failed: 0 };
let appendMs: number[] = [];
let claimMs: number[] = [];
let processorAt = process.cpuUsage();
let isProducing = false;
let producing: Promise<unknown> = Promise.resolve();
let made = process.pid * 7_919;

async function append(lane: number, count: number): Promise<void> {
  const events = makeEvents(lane, count, made);
  made += count;
  await engine.append(events);
}

async function keepAppending(): Promise<void> {
  while (isProducing) {
    const begin = performance.now();
    try {
      await append(Math.floor(Math.random() * task.lanes), task.batch);
      counts.appended += task.batch;
      appendMs.push(performance.now() - begin);
    } catch {
      counts.failed += 1;
      await sleep(10);
    }
    if (task.restMs > 0) await sleep(task.restMs);
  }
}

function theOutbox() {
  if (engine.outbox === undefined) throw new Error('the peer has no lanes');
  return engine.outbox;
}

const calls: WorkerCalls = {
  produce() {
    isProducing = true;
    producing = Promise.all(Array.from({ length: task.appends }, keepAppending));
  },
  async stop() {
    isProducing = false;
    await producing;
  },
  count() {
    counts = { appended: 0, settled: 0, failed: 0 };
    appendMs = [];
    claimMs = [];
    processorAt = process.cpuUsage();
  },
  seen(): WorkerSeen {
    const { user, system } = process.cpuUsage(processorAt);
    return { ...counts, appendMs, claimMs, processorMicros: user + system };
  },
  async fill(events) {
    let left = events;
    await Promise.all(
      Array.from({ length: FILL_APPENDS }, async () => {
        while (left > 0) {
          const count = Math.min(left, FILL_BATCH);
          left -= count;
          await append(Math.floor(Math.random() * task.lanes), count);
        }
      }),
    );
  },
  async touch() {
    await Promise.all(Array.from({ length: task.lanes }, (_, lane) => append(lane, 1)));
  },
  waiting() {
    const outbox = theOutbox();
    return outbox.lanes().reduce((sum, lane) => sum + outbox.countWaiting(lane), 0);
  },
  async claims(times) {
    const outbox = theOutbox();
    const took: number[] = [];
    // What waits is seen a moment late.
    while (outbox.lanes().length < task.lanes) await sleep(50);
    for (let nth = 0; nth < times; nth += 1) {
      const lanes = outbox.lanes();
      const lane = lanes[nth % lanes.length];
      if (lane === undefined) throw new Error('nothing waits in a lane that is held');
      const begin = performance.now();
      const deliveries = await outbox.claim(lane, CLAIM_EVENTS, CLAIM_BYTES);
      took.push(performance.now() - begin);
      await outbox.settle(deliveries.map((delivery) => ({ kind: 'delivered', delivery }) as const));
    }
    return took;
  },
  async purge(person) {
    const outbox = theOutbox();
    const isOf = new RegExp(`"userID":"${person}"`);
    const people = {
      ids: new Set([person]),
      of: (payload: string) => /"userID":"([^"]+)"/.exec(payload)?.[1],
    };
    const concerns = (payload: string) => isOf.test(payload);
    const begin = performance.now();
    let removed = 0;
    for (let lane = 0; lane < task.lanes; lane += 1)
      removed += (await outbox.purge(workspaceOf(lane), { people, concerns })).removed;
    return { ms: performance.now() - begin, removed };
  },
};

if (task.consumes)
  engine.consume((lane, events, ms) => {
    counts.settled += events;
    claimMs.push(ms);
    if (task.restMs > 0) say({ kind: 'delivered', lane, at: Date.now() });
  });

process.on('message', ({ number, call, argument }: Question) => {
  const ask: (argument: never) => unknown = calls[call];
  Promise.resolve()
    .then(() => ask(argument as never))
    .then(
      (result) => say({ kind: 'answer', number, result: result ?? null }),
      (error: unknown) =>
        say({
          kind: 'failed',
          number,
          message: error instanceof Error ? (error.stack ?? error.message) : String(error),
        }),
    );
});
process.on('disconnect', () => process.exit());
say({ kind: 'ready' });
