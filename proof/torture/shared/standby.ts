// The torture of the shared outbox whose database has a synchronous standby.

import { endWithin, readNumber, readSeed } from '../torture-options.js';
import { TARGETS } from '../torture-outbound-events.js';
import { listDisturbances, reportSharedTorture } from './shared-report.js';
import { runSharedTorture } from './shared-run.js';
import { playStandby, type StandbyTimes } from './standby-play.js';

const DRAIN_MS = 120_000;
const LONGEST_MS = 600_000;

/** Runs it and prints what came of it. @returns the promises that were broken */
export async function tortureStandby(): Promise<readonly string[]> {
  const seed = readSeed();
  const seconds = readNumber('SECONDS', 60);
  const times: StandbyTimes = {
    before: seconds * 0.2,
    gone: seconds * 0.3,
    between: seconds * 0.25,
    after: seconds * 0.25,
  };
  console.log(`seed ${seed}, about ${seconds} s: a synchronous standby that goes away, comes back, and is promoted`);
  endWithin(LONGEST_MS, seed);
  const { PROGRAM: program } = process.env;
  const cleanUp: (() => Promise<void>)[] = [];
  try {
    const result = await runSharedTorture({
      seed,
      play: (stage) => playStandby(stage, times, (close) => cleanUp.push(close)),
      replicas: readNumber('REPLICAS', 2),
      workspaces: readNumber('WORKSPACES', 4),
      leaseMs: readNumber('LEASE_MS', 15_000),
      drainMs: DRAIN_MS,
      ...(program !== undefined && { program }),
    });
    for (const line of reportSharedTorture(result, TARGETS.length)) console.log(line);
    if (result.broken.length > 0) for (const line of listDisturbances(result)) console.log(line);
    return result.broken;
  } finally {
    for (const close of cleanUp) await close();
  }
}
