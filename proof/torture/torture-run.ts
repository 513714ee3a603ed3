// One run of the torture: senders push, the process is killed again and again, its targets fail; then all must be where it belongs.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bell } from '../../testkit/bell.js';
import { createRandom } from '../../testkit/random.js';
import { type Direction, directionOf, findBroken, sayBroken } from './torture-findings.js';
import { inboundSenders } from './torture-inbound.js';
import { type Kill, killAgainAndAgain, MEAN_PAUSE_MS } from './torture-kills.js';
import { webhookSenders } from './torture-outbound.js';
import { startPlaces, type TorturePlaces } from './torture-places.js';
import { preparePlugin, runName, type TorturePlugin } from './torture-plugin.js';
import { createSenderLog, pushUntilTaken, runSenders } from './torture-senders.js';
import { makeWorkspaces } from './torture-workspaces.js';

/** How hard to torture. */
export interface TortureOptions {
  readonly seed: number;
  readonly kills: number;
  /** How long the killing takes, about. */
  readonly seconds: number;
  readonly workspaces: number;
  /** How long what is left may take to go out, once all targets are well. */
  readonly drainMs: number;
}

/** What came of it. */
export interface TortureResult {
  readonly inbound: Direction;
  readonly outbound: Direction;
  /** Events that came with another messageId than before, or with that of another event. */
  readonly wrongMessageIds: readonly string[];
  readonly kills: readonly Kill[];
  /** Errors in the log beside those about dead letters. A kill is no damage. */
  readonly alarms: readonly string[];
  /** Deliveries that waited when the targets became well. */
  readonly backlog: number;
  readonly drainedMs: number;
  /** The promises that were broken, for people. None is what we want. */
  readonly broken: readonly string[];
}

const GIVEN_UP = /Given up, the events are dead letters now/;

/** Lets senders push and kills, until it is enough; then what is left has to go out. */
async function torture(
  { seed, kills, seconds, workspaces: count, drainMs }: TortureOptions,
  directory: string,
  cleanUp: (() => void | Promise<void>)[],
): Promise<TortureResult> {
  let part = 0;
  // Each part has numbers of its own, so that one part's haste does not change the other's fate.
  const makeRandom = () => createRandom(seed + 1_000_003 * part++);
  const workspaces = makeWorkspaces(count);
  const places: TorturePlaces = await startPlaces(workspaces, makeRandom);
  cleanUp.push(() => places.close());
  const plugin: TorturePlugin = await preparePlugin(directory, workspaces, places.urls);
  cleanUp.push(async () => {
    for (const { child } of plugin.processes) child.kill('SIGKILL');
    await Promise.all(plugin.processes.map(({ ended }) => ended));
  });
  const enough = new AbortController();
  const quit = new AbortController();
  cleanUp.push(() => {
    enough.abort();
    quit.abort();
  });

  const pushed = new Bell();
  const options = { url: plugin.url, pushed, enough: enough.signal, quit: quit.signal };
  const inboundLog = createSenderLog();
  const outboundLog = createSenderLog();
  const webhooks = webhookSenders(workspaces, makeRandom);
  const pushing = Promise.all([
    runSenders(inboundSenders(workspaces, makeRandom), inboundLog, options),
    runSenders(webhooks, outboundLog, options),
  ]);
  const meanLifeMs = (seconds * 1000) / Math.max(kills, 1) - MEAN_PAUSE_MS;
  const { answered } = places;
  const { start } = plugin;
  const killed = await killAgainAndAgain({ kills, meanLifeMs, start, pushed, answered, random: makeRandom() });
  enough.abort();
  const last = start();
  if ((await last.listening) === undefined) throw new Error(`it does not start: ${last.errors.join('\n')}`);
  await pushing;

  const backlog = await plugin.countWaiting();
  places.heal();
  const healedAt = performance.now();
  const left = await plugin.drain(drainMs);
  const drainedMs = performance.now() - healedAt;
  // What is in a window now keeps these back, unless it became a dead letter.
  for (const sender of webhooks) {
    const push = sender.last();
    if (push !== undefined) await pushUntilTaken(sender, push, outboundLog, options);
  }
  const leftOfLast = await plugin.drain(drainMs);
  const deadLetters = await plugin.readDeadLetters();
  const end = await last.end('SIGTERM');

  const disturbances = killed.map(
    ({ at }, index) => ({ trouble: 'killed', run: runName(index), from: at, to: at }) as const,
  );
  const inbound = directionOf(inboundLog, places.statsigLedger, deadLetters.inbound, disturbances);
  const outbound = directionOf(outboundLog, places.targetsLedger(), deadLetters.outbound, disturbances);
  const alarms = plugin.processes.flatMap(({ errors }) => errors).filter((line) => !GIVEN_UP.test(line));
  const broken = [
    ...sayBroken([
      ...findBroken('into', inbound),
      ...findBroken('out of', outbound),
      ['messageIds are not of one event', places.messageIds.faults],
      ['requests were wrong', places.faults()],
      ['alarms in the log', alarms],
    ]),
    ...(left + leftOfLast > 0 ? [`${left} + ${leftOfLast} events still waited ${drainMs} ms after all was well`] : []),
    ...(end === 'code 0' ? [] : [`the last process ended with ${end} after SIGTERM`]),
  ];
  const wrongMessageIds = places.messageIds.faults;
  return { inbound, outbound, wrongMessageIds, kills: killed, alarms, backlog, drainedMs, broken };
}

/** Runs it. Everything that was started is stopped at the end, and nothing is left on disk. */
export async function runTorture(options: TortureOptions): Promise<TortureResult> {
  const directory = mkdtempSync(join(tmpdir(), 'statsig-cdp-torture-'));
  const cleanUp: (() => void | Promise<void>)[] = [];
  try {
    return await torture(options, directory, cleanUp);
  } finally {
    for (const step of cleanUp.reverse()) await step();
    rmSync(directory, { recursive: true, force: true });
  }
}
