// One replay that is killed on its way, and what arrived of it.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPlugin } from '../../testkit/plugin-process.js';
import { makeArchive } from './archive.js';
import { startCountingStatsig } from './counting-statsig.js';
import { type KilledReplay, randomPlaces, runKilled } from './killed-replay.js';

/** Where it goes: into a running plugin, or straight to Statsig from an outbox of its own. */
export type ReplayWay = 'plugin' | 'straight';

export interface ReplayRun {
  readonly way: ReplayWay;
  /** Of the archive, decompressed. */
  readonly bytes: number;
  readonly kills: number;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
}

/** What came of a run. */
export interface ReplayFindings extends KilledReplay {
  readonly archived: number;
  /** How many events came how often to Statsig: the index is how often. */
  readonly histogram: readonly number[];
}

const WRITE_KEY = 'write-key';

const LOOK_MS = 100;
const STILL_MS = 60_000;

/** What was killed in the middle of a request may send its events once more (the lane waits for each answer). */
export const EVENTS_OF_A_REQUEST = 500;

/** Sentences about what did not hold. @param maxResidentMiB of the command */
export function judgeReplay(
  { way, kills }: Pick<ReplayRun, 'way' | 'kills'>,
  { archived, histogram, summary, exitCode, kills: killed, mostResidentMiB }: ReplayFindings,
  maxResidentMiB: number,
): readonly string[] {
  const [lost = 0, , ...repeated] = histogram;
  const twice = repeated.reduce((all, count) => all + count, 0);
  const allowed = way === 'plugin' ? 0 : kills * EVENTS_OF_A_REQUEST;
  return [
    ...(lost > 0 ? [`${lost} events did not come`] : []),
    ...(twice > allowed ? [`${twice} events came more than once, ${allowed} may`] : []),
    ...(summary.events === archived ? [] : [`${summary.events} events are counted of ${archived}`]),
    ...(summary.accepted + summary.duplicates === archived
      ? []
      : [`${summary.accepted} accepted and ${summary.duplicates} duplicates are not ${archived}`]),
    ...(exitCode === 0 ? [] : [`it ended with ${exitCode}`]),
    ...(killed === kills ? [] : [`it was killed ${killed} times of ${kills}`]),
    ...(mostResidentMiB <= maxResidentMiB ? [] : [`it took ${mostResidentMiB} MiB, the limit is ${maxResidentMiB}`]),
  ];
}

async function hasNothingWaiting(url: string): Promise<boolean> {
  const response = await fetch(`${url}/readyz`);
  const { checks } = (await response.json()) as { checks: { delivery: { outbox?: { waiting: number } } } };
  return checks.delivery.outbox?.waiting === 0;
}

/** Resolves when nothing waits any more, or nothing has come for a minute. */
async function deliveredBy(isEmpty: () => Promise<boolean>, total: () => number): Promise<void> {
  let last = { total: total(), at: performance.now() };
  while (!(await isEmpty())) {
    if (total() !== last.total) last = { total: total(), at: performance.now() };
    if (performance.now() - last.at > STILL_MS) return;
    await sleep(LOOK_MS);
  }
}

/** Everything is in a directory of its own, which is gone afterwards. */
export async function runReplayProof({ way, bytes, kills, random }: ReplayRun): Promise<ReplayFindings> {
  const directory = mkdtempSync(join(tmpdir(), 'statsig-cdp-replay-proof-'));
  const closing: (() => Promise<unknown>)[] = [];
  try {
    const { events } = await makeArchive(directory, bytes, Date.now());
    const statsig = await startCountingStatsig(events);
    closing.push(statsig.close);
    const settings = join(directory, 'settings.json');
    const shop = {
      id: 'shop',
      secretKey: 'secret-example',
      eventsUrl: statsig.url,
      trackingApi: { writeKeys: [WRITE_KEY] },
    };
    writeFileSync(settings, JSON.stringify([shop]));
    const args = [join(directory, 'segment-logs')];
    let isEmpty = async () => true;
    if (way === 'straight') args.push('--settings', settings);
    else {
      const plugin = startPlugin(
        { PORT: '0', STATSIG_CDP_SETTINGS: settings, OUTBOX_DIRECTORY: join(directory, 'outbox'), LOG_LEVEL: 'info' },
        directory,
      );
      closing.push(() => plugin.end('SIGTERM'));
      const url = `http://127.0.0.1:${await plugin.listening}`;
      args.push('--to', url, '--write-key', WRITE_KEY);
      isEmpty = () => hasNothingWaiting(url);
    }
    const places = randomPlaces(kills, events, random);
    const replayed = await runKilled(args, join(directory, 'checkpoint'), places, events);
    await deliveredBy(isEmpty, () => statsig.total);
    return { ...replayed, archived: events, histogram: statsig.histogram() };
  } finally {
    for (const close of closing.reverse()) await close();
    rmSync(directory, { recursive: true, force: true, maxRetries: 20 });
  }
}
