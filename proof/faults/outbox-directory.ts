// The directory of the outbox is taken away under load: renamed and put back, or opened by a second process whose lock file was deleted.

import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPlugin } from '../../testkit/plugin-process.js';
import type { Fault, FaultRun, Seen } from './fault.js';
import { type FaultRig, sayOutcome, withRig } from './fault-rig.js';

const AWAY_MS = 8_000;
const SHORT_MS = 3_000;
/** Within it the last push is answered 2xx. */
const NOTICED_MS = 1_000;
/** It tries every second to ten seconds. */
const BACK_MS = 30_000;

/** What it says of it. */
const EXPECTED = /outbox/i;

const outboxOf = (rig: FaultRig) => join(rig.settings, 'data', 'outbox');
const takenBy = ({ logs }: FaultRig) => logs.inbound.accepted.length + logs.outbound.accepted.length;

async function untilReady(rig: FaultRig, isReady: boolean): Promise<number> {
  const start = performance.now();
  for (;;) {
    const { ok } = await fetch(`${rig.url}/readyz`, { signal: AbortSignal.timeout(5_000) });
    if (ok === isReady || performance.now() - start > BACK_MS) return performance.now() - start;
    await sleep(20);
  }
}

/** Nothing is to be taken while it is away. @returns how much was */
async function watchRefusing(rig: FaultRig, ms: number): Promise<number> {
  await sleep(NOTICED_MS);
  const before = takenBy(rig);
  await sleep(ms);
  return takenBy(rig) - before;
}

async function runMoved(options: FaultRun): Promise<Seen> {
  return withRig({ ...options, expectedErrors: EXPECTED }, async (rig) => {
    const stop = rig.push('everybody');
    const away = `${outboxOf(rig)}-elsewhere`;
    let taken = 0;
    let backMs = 0;
    for (let turn = 0; turn < (options.short ? 1 : 3); turn += 1) {
      await sleep(2_000);
      renameSync(outboxOf(rig), away);
      taken += await watchRefusing(rig, options.short ? SHORT_MS : AWAY_MS);
      renameSync(away, outboxOf(rig));
      backMs = Math.max(backMs, await untilReady(rig, true));
    }
    await sleep(1_000);
    await stop();
    const outcome = await rig.finish();
    return {
      numbers: [
        `${taken} taken a second after it was gone, taken again ${(backMs / 1000).toFixed(1)} s after it was back`,
        ...sayOutcome(outcome, rig),
      ],
      broken: [
        ...outcome.broken,
        ...(taken === 0 ? [] : [`${taken} events were answered 2xx while the directory was gone`]),
      ],
    };
  });
}

async function runTaken(options: FaultRun): Promise<Seen> {
  return withRig({ ...options, expectedErrors: EXPECTED }, async (rig) => {
    const stop = rig.push('everybody');
    await sleep(2_000);
    rmSync(join(outboxOf(rig), 'LOCK'));
    const environment = { PORT: '0', STATSIG_CDP_SETTINGS: rig.settings, OUTBOX_DIRECTORY: outboxOf(rig) };
    const second = startPlugin(environment, rig.settings);
    try {
      const noticedMs = await untilReady(rig, false);
      const taken = await watchRefusing(rig, options.short ? SHORT_MS : AWAY_MS);
      await second.end('SIGTERM');
      const backMs = await untilReady(rig, true);
      await sleep(1_000);
      await stop();
      const outcome = await rig.finish();
      return {
        numbers: [
          `the first stopped ${(noticedMs / 1000).toFixed(1)} s after the second was started, took over ${(backMs / 1000).toFixed(1)} s after it ended`,
          ...sayOutcome(outcome, rig),
        ],
        broken: [
          // What the first had under way is sent by the second, too.
          ...outcome.broken.filter((sentence) => !/came twice|out of order/.test(sentence)),
          ...(noticedMs < BACK_MS ? [] : ['the first did not stop']),
          ...(taken === 0 ? [] : [`${taken} events were answered 2xx by a process that had lost the directory`]),
        ],
      };
    } finally {
      await second.end('SIGKILL');
    }
  });
}

export const movedDirectory: Fault = {
  name: 'moved-directory',
  what: 'the directory of the outbox is renamed under load for 8 s, three times, and put back',
  promise:
    'nothing is answered 2xx that is not there when it is back; it goes on without a restart; nothing is lost or comes twice without a reason',
  run: runMoved,
};

export const takenDirectory: Fault = {
  name: 'taken-directory',
  what: 'the lock file is deleted, and a second process is started on the same outbox, under load',
  promise: 'the first one stops, and takes over when the second ends; nothing that either has answered 2xx is lost',
  run: runTaken,
};
