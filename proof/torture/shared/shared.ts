// The torture of replicas that share an outbox on PostgreSQL.

import { endWithin, readNumber, readSeed } from '../torture-options.js';
import { TARGETS } from '../torture-outbound-events.js';
import { listDisturbances, reportSharedTorture } from './shared-report.js';
import { runSharedTorture } from './shared-run.js';
import { makeTrouble } from './trouble.js';

const DRAIN_MS = 180_000;

/** Beside the trouble and the two drains: the start, and stops and silences that are still under way when all of it was begun. */
const SPARE_MS = 240_000;

/** Runs it and prints what came of it. @returns the promises that were broken */
export async function tortureShared(): Promise<readonly string[]> {
  const seed = readSeed();
  const counts = {
    kills: readNumber('KILLS', 100),
    stops: readNumber('STOPS', 10),
    databaseKills: readNumber('DATABASE_KILLS', 5),
    silences: readNumber('SILENCES', 5),
    cuts: readNumber('CUTS', 10),
  };
  const seconds = readNumber('SECONDS', 600);
  const replicas = readNumber('REPLICAS', 3);
  const leaseMs = readNumber('LEASE_MS', 15_000);
  const { PROGRAM: program } = process.env;
  console.log(
    `seed ${seed}, ${replicas} replicas, lease ${leaseMs / 1000} s, about ${seconds} s: ${Object.entries(counts)
      .map(([kind, count]) => `${kind} ${count}`)
      .join(', ')}`,
  );
  endWithin(seconds * 2_000 + 2 * DRAIN_MS + SPARE_MS, seed);
  const result = await runSharedTorture({
    seed,
    play: async (stage) => ({ disturbances: await makeTrouble({ counts, seconds }, stage), seen: [], broken: [] }),
    replicas,
    workspaces: readNumber('WORKSPACES', 5),
    leaseMs,
    drainMs: DRAIN_MS,
    ...(program !== undefined && { program }),
  });
  for (const line of reportSharedTorture(result, TARGETS.length)) console.log(line);
  if (result.broken.length > 0) for (const line of listDisturbances(result)) console.log(line);
  return result.broken;
}
