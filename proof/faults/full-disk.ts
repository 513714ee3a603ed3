// A small disk is filled by the outbox itself: by what waits, or by dead letters.

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DiskRig } from '../../testkit/disk-rig.js';
import { mountTmpfs } from '../../testkit/small-disk.js';
import type { Fault, Seen } from './fault.js';

const DISK_BYTES = 48 << 20;
const OLD_MS = 1_500;
const PATIENCE_MS = 120_000;

async function withDisk(run: (rig: DiskRig) => Promise<Seen>): Promise<Seen> {
  const disk = mountTmpfs(DISK_BYTES);
  if (disk === undefined) return { numbers: ['not run: mounting a file system is not permitted here'], broken: [] };
  const rig = new DiskRig(join(disk.path, 'outbox'));
  try {
    return await run(rig);
  } finally {
    await rig.close();
    disk.unmount();
  }
}

async function until(holds: () => Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    if (await holds()) return true;
    await sleep(100);
  }
  return false;
}

const takes = async (rig: DiskRig) => (await rig.push(15, 15_000)).status === 200;

export const fullOfWaiting: Fault = {
  name: 'full-of-waiting',
  what: 'what waits fills a disk of 48 MB, then the target comes back',
  promise: 'all of it goes out, and events are taken again; nothing is lost or comes twice',
  run: () =>
    withDisk(async (rig) => {
      await rig.start();
      await rig.fill();
      const full = rig.accepted.length;
      await rig.reviveStatsig();
      const isOut = await until(async () => new Set(rig.delivered).size === full);
      const isTaken = await until(() => takes(rig));
      return {
        numbers: [`${full} events filled it, ${rig.delivered.length} delivered`],
        broken: [
          ...(isOut ? [] : [`only ${new Set(rig.delivered).size} of ${full} went out`]),
          ...(rig.delivered.length > rig.accepted.length ? ['some came twice'] : []),
          ...(isTaken ? [] : ['it takes no events']),
        ],
      };
    }),
};

export const fullOfDeadLetters: Fault = {
  name: 'full-of-dead-letters',
  what: 'dead letters fill a disk of 48 MB, then they are dropped',
  promise: 'they can be dropped, and events are taken again',
  run: () =>
    withDisk(async (rig) => {
      // What waits is too old at once, so that each look at it buries what is there.
      await rig.start([], [], { OUTBOX_MAX_AGE_MS: String(OLD_MS) });
      await rig.push(15, 15_000);
      const count = async () => (await rig.metrics()).get('statsig_cdp_dead_letters') ?? 0;
      // Before the rest: nothing expires while the disk has little room for what is written in its place.
      const areDead = await until(async () => (await count()) > 0);
      await rig.fill();
      const letters = await count();
      const { status, text } = await rig.dropDeadLetters();
      const isTaken = await until(() => takes(rig));
      return {
        numbers: [`${letters} dead letters, dropped: ${text}`],
        broken: [
          ...(areDead ? [] : ['nothing that waited became a dead letter']),
          ...(status === 200 ? [] : [`dropping is answered ${status}`]),
          ...(isTaken ? [] : ['it takes no events']),
        ],
      };
    }),
};
