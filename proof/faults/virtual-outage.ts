// Ten minutes without Statsig and Segment under load, in virtual time: the dispatcher and the outbox on disk as they are, the clock moved by hand.

import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { createDispatcher } from '../../src/dispatch/dispatcher.js';
import { openLevelOutbox } from '../../src/outbox/level-outbox.js';
import { FakeClock } from '../../testkit/fake-clock.js';
import { TARGET_KINDS } from '../../testkit/target-kinds.js';
import type { Fault, Seen } from './fault.js';
import { startNamesStandIn } from './names-stand-in.js';

const TICK_MS = 100;
const EVENTS_PER_TICK = 5;
const OUTAGE_MS = 600_000;
const SHORT_MS = 60_000;
/** Circuits are looked at again after at most five minutes. */
const MOST_DRAIN_MS = 330_000;
/** A lane tries about ten times in ten minutes: five failures, then after 30 s, 60 s, 120 s, 240 s. */
const MOST_REQUESTS_PER_LANE = 15;
const MOST_GROWN_MIB = 150;
/** For one request, in real time. */
const STUCK_MS = 20_000;
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const WORKSPACE = 'shop';
async function runIn(directory: string, cleanUp: (() => unknown)[], outageMs: number): Promise<Seen> {
  const clock = new FakeClock();
  const outbox = await openLevelOutbox({
    directory,
    maxBytes: 1e9,
    isShared: () => false,
    deadLetters: { maxBytes: 1e9, maxAgeMs: Number.MAX_SAFE_INTEGER },
    reserveBytes: 0,
    maxAgeMs: 7 * 86_400_000,
    dedupeWindowMs: 0,
    maxDedupeEntries: 0,
    now: clock.now,
    log: SILENT,
  });
  cleanUp.push(() => outbox.close());
  const lanes = await Promise.all(
    TARGET_KINDS.map(async (kind) => {
      const standIn = await startNamesStandIn(kind);
      cleanUp.push(() => standIn.close());
      const maker = kind.open({ sessionId: 'outage', timeoutMs: 60_000, now: clock.now, record() {} });
      cleanUp.push(() => maker.close());
      const target = maker.make({ key: kind.key, workspaceId: WORKSPACE, url: standIn.url });
      return { kind, standIn, target, names: [] as string[] };
    }),
  );
  const dispatcher = createDispatcher({
    outbox,
    resolve: (_workspace, name) =>
      lanes.find(({ kind }) => kind.target === name)?.target ?? { kind: 'no target', why: 'not of this run' },
    log: SILENT,
    now: clock.now,
    after: clock.after,
  });
  cleanUp.push(async () => {
    const stopped = dispatcher.stop(0);
    clock.advance(0);
    await stopped;
  });
  dispatcher.start();

  /** A lane that has something to send either works or sleeps. Time stands still while one works: how long the machine takes is no part of this. */
  const isWorking = () => dispatcher.status().inFlight > 0 || clock.pending < outbox.lanes().length;

  async function pass(ms: number): Promise<void> {
    const end = clock.now() + ms;
    for (;;) {
      const began = performance.now();
      do {
        await turn();
        if (performance.now() - began > STUCK_MS) throw new Error('a lane neither works nor sleeps');
      } while (isWorking());
      const next = clock.pending > 0 ? await clock.nextIn() : Number.POSITIVE_INFINITY;
      const step = Math.min(next, end - clock.now());
      clock.advance(step);
      if (clock.now() >= end) return;
    }
  }

  const residentBefore = process.memoryUsage.rss();
  for (let tick = 0; tick < outageMs / TICK_MS; tick += 1) {
    const events = lanes.flatMap(({ kind, names }) =>
      Array.from({ length: EVENTS_PER_TICK }, () => {
        const name = `event-${names.length}`;
        names.push(name);
        return {
          workspaceId: WORKSPACE,
          target: kind.target,
          messageId: undefined,
          origin: 'bench',
          payload: kind.payload(name, 1_000),
          acceptedAt: clock.now(),
        };
      }),
    );
    await outbox.append(events);
    await pass(TICK_MS);
  }
  const requests = lanes.map(({ standIn }) => standIn.refused());
  const grownMiB = (process.memoryUsage.rss() - residentBefore) / 2 ** 20;
  for (const { standIn } of lanes) standIn.heal();
  const healedAt = clock.now();
  while (outbox.lanes().length > 0 && clock.now() - healedAt < 2 * MOST_DRAIN_MS) await pass(1_000);
  const drainedMs = clock.now() - healedAt;

  const wrong = lanes.filter(({ names, standIn }) => names.join() !== standIn.taken().join());
  const dead = outbox.lastStatus().lanes.reduce((sum, { deadLetters }) => sum + deadLetters, 0);
  const sent = lanes.reduce((sum, { names }) => sum + names.length, 0);
  const taken = lanes.reduce((sum, { standIn }) => sum + standIn.taken().length, 0);
  return {
    numbers: [
      `${outageMs / 1000} virtual seconds, ${sent} events in, ${taken} delivered, ${dead} dead letters`,
      `requests meanwhile: ${lanes.map(({ kind }, index) => `${kind.title} ${requests[index]}`).join(', ')}`,
      `drained ${Math.round(drainedMs / 1000)} virtual seconds after`,
      `RSS ${grownMiB.toFixed(0)} MiB above the start`,
    ],
    broken: [
      ...wrong.map(({ kind }) => `${kind.title}: lost, twice or out of order`),
      ...(dead === 0 ? [] : [`${dead} dead letters`]),
      ...(Math.max(...requests) <= MOST_REQUESTS_PER_LANE && Math.min(...requests) > 0
        ? []
        : [`${requests.join(' and ')} requests`]),
      ...(drainedMs <= MOST_DRAIN_MS ? [] : [`drained after ${drainedMs} ms`]),
      ...(grownMiB <= MOST_GROWN_MIB ? [] : [`memory grew by ${grownMiB.toFixed(0)} MiB`]),
    ],
  };
}

export const virtualOutage: Fault = {
  name: 'virtual-outage',
  what: 'Statsig and Segment answer 503 for ten minutes while 50 events a second come for each (virtual time, the outbox on disk)',
  promise:
    'every event arrives once, in order, within five and a half minutes after it; hardly any requests meanwhile; memory does not grow with what waits',
  async run({ short }) {
    const directory = mkdtempSync(join(tmpdir(), 'statsig-cdp-outage-'));
    const cleanUp: (() => unknown)[] = [];
    try {
      return await runIn(join(directory, 'outbox'), cleanUp, short ? SHORT_MS : OUTAGE_MS);
    } finally {
      for (const step of cleanUp.reverse()) await step();
      await rm(directory, { recursive: true, force: true, maxRetries: 20 });
    }
  },
};
