// One run of the torture: senders push, the process is killed again and again, Statsig fails; then all must be where it belongs.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../e2e/free-port.js';
import { Bell } from './bell.js';
import { type PluginProcess, readMetrics, startPlugin } from './plugin-process.js';
import { createRandom } from './random.js';
import { type Kill, killAgainAndAgain, MEAN_PAUSE_MS } from './torture-kills.js';
import { runSenders, type SenderLog, type TortureLane } from './torture-senders.js';
import { type LedgerEntry, startTortureStandIn } from './torture-stand-in.js';
import { judgeRun, type Verdict } from './torture-verdict.js';

/** How hard to torture. */
export interface TortureOptions {
  readonly seed: number;
  readonly kills: number;
  /** How long the killing takes, about. */
  readonly seconds: number;
  readonly lanes: number;
  /** How long what is left may take to go out, once Statsig is well. */
  readonly drainMs: number;
}

/** What came of it. */
export interface TortureResult {
  readonly senders: SenderLog;
  readonly ledger: readonly LedgerEntry[];
  readonly kills: readonly Kill[];
  readonly verdict: Verdict;
  /** Errors in the log beside those about dead letters. A kill is no damage. */
  readonly alarms: readonly string[];
  /** Events that waited when Statsig became well. */
  readonly backlog: number;
  readonly drainedMs: number;
  /** The promises that were broken, for people. None is what we want. */
  readonly broken: readonly string[];
}

const ADMIN_TOKEN = 'torture';
const GIVEN_UP = /Given up, the events are dead letters now/;

function makeLanes(count: number): readonly TortureLane[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `lane-${index}`,
    secretKey: `secret-lane-${index}`,
    writeKey: `write-lane-${index}`,
    sharedSecret: `shared-lane-${index}`,
  }));
}

function writeSettings(directory: string, lanes: readonly TortureLane[], eventsUrl: string): void {
  for (const { id, secretKey, writeKey, sharedSecret } of lanes) {
    const document = {
      id,
      secretKey,
      eventsUrl,
      maxBatchEvents: 50,
      metadataMaxLength: 20_000,
      trackingApi: { writeKeys: [writeKey] },
      segment: { sharedSecrets: [sharedSecret] },
    };
    writeFileSync(join(directory, `${id}.json`), JSON.stringify(document));
  }
}

async function countWaiting(url: string): Promise<number> {
  return (await readMetrics(url)).get('statsig_cdp_outbox_events') ?? 0;
}

/** @returns how many are left when the time is up */
async function drain(url: string, drainMs: number): Promise<number> {
  const deadline = performance.now() + drainMs;
  for (;;) {
    const waiting = await countWaiting(url);
    if (waiting === 0 || performance.now() > deadline) return waiting;
    await sleep(50);
  }
}

async function readDeadLetters(url: string): Promise<readonly { messageId: string; reason: string }[]> {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
  const response = await fetch(`${url}/api/dead-letters`, { headers, signal: AbortSignal.timeout(30_000) });
  const lines = (await response.text()).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line));
}

/** Each broken promise as a sentence with its first examples. */
function findBroken(verdict: Verdict, faults: readonly string[], alarms: readonly string[]): readonly string[] {
  const lists: readonly (readonly [string, readonly string[]])[] = [
    ['events lost', verdict.lost],
    ['events came twice without a reason', verdict.unexplained],
    ['events came out of order', verdict.reordered],
    ['dead letters are wrong', verdict.wrongDeadLetters],
    ['requests or answers were wrong', faults],
    ['alarms in the log', alarms],
  ];
  return lists
    .filter(([, items]) => items.length > 0)
    .map(([what, items]) => `${items.length} ${what}: ${items.slice(0, 5).join('; ')}`);
}

/** Runs it. Everything that was started is stopped at the end, and nothing is left on disk. */
export async function runTorture({
  seed,
  kills,
  seconds,
  lanes: count,
  drainMs,
}: TortureOptions): Promise<TortureResult> {
  const directory = mkdtempSync(join(tmpdir(), 'statsig-cdp-torture-'));
  const lanes = makeLanes(count);
  let part = 0;
  // Each part has numbers of its own, so that one part's haste does not change the other's fate.
  const makeRandom = () => createRandom(seed + 1_000_003 * part++);
  const standIn = await startTortureStandIn(new Map(lanes.map(({ secretKey, id }) => [secretKey, id])), makeRandom());
  writeSettings(directory, lanes, standIn.url);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const processes: PluginProcess[] = [];
  const start = () => {
    const started = startPlugin(
      {
        PORT: String(port),
        STATSIG_CDP_SETTINGS: directory,
        OUTBOX_DIRECTORY: join(directory, 'data', 'outbox'),
        ADMIN_TOKEN,
      },
      directory,
    );
    processes.push(started);
    return started;
  };

  const enough = new AbortController();
  const quit = new AbortController();
  try {
    const pushed = new Bell();
    const pushing = runSenders({ url, lanes, makeRandom, pushed, enough: enough.signal, quit: quit.signal });
    const meanLifeMs = (seconds * 1000) / Math.max(kills, 1) - MEAN_PAUSE_MS;
    const { answered } = standIn;
    const killed = await killAgainAndAgain({ kills, meanLifeMs, start, pushed, answered, random: makeRandom() });
    enough.abort();
    const last = start();
    if ((await last.listening) === undefined) throw new Error(`it does not start: ${last.errors.join('\n')}`);
    const senders = await pushing;
    const backlog = await countWaiting(url);
    standIn.heal();
    const healedAt = performance.now();
    const left = await drain(url, drainMs);
    const drainedMs = performance.now() - healedAt;
    const deadLetters = await readDeadLetters(url);
    const end = await last.end('SIGTERM');

    const verdict = judgeRun({
      accepted: senders.accepted,
      ledger: standIn.ledger,
      deadLetters,
      kills: killed.map(({ at }) => at),
    });
    const alarms = processes.flatMap(({ errors }) => errors).filter((line) => !GIVEN_UP.test(line));
    const broken = [
      ...findBroken(verdict, [...senders.faults, ...standIn.faults], alarms),
      ...(left > 0 ? [`${left} events still waited ${drainMs} ms after Statsig was well`] : []),
      ...(end === 'code 0' ? [] : [`the last process ended with ${end} after SIGTERM`]),
    ];
    return { senders, ledger: standIn.ledger, kills: killed, verdict, alarms, backlog, drainedMs, broken };
  } finally {
    enough.abort();
    quit.abort();
    for (const { child } of processes) child.kill('SIGKILL');
    await Promise.all(processes.map(({ ended }) => ended));
    await standIn.close();
    rmSync(directory, { recursive: true, force: true });
  }
}
