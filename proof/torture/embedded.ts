// The torture of one process with the embedded outbox.

import { endWithin, readNumber, readSeed } from './torture-options.js';
import { TARGETS } from './torture-outbound-events.js';
import { reportTorture } from './torture-report.js';
import { runTorture } from './torture-run.js';

const LONGEST_MS = 178_000;

/** Runs it and prints what came of it. @returns the promises that were broken */
export async function tortureEmbedded(): Promise<readonly string[]> {
  const seed = readSeed();
  const kills = readNumber('KILLS', 30);
  const seconds = readNumber('SECONDS', 90);
  console.log(`seed ${seed}, ${kills} kills in about ${seconds} s`);
  endWithin(LONGEST_MS, seed);
  const result = await runTorture({ seed, kills, seconds, workspaces: 5, drainMs: 75_000 });
  for (const line of reportTorture(result, TARGETS.length)) console.log(line);
  return result.broken;
}
