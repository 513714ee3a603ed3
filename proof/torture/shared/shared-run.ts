// One run of the torture of the shared outbox: senders push through a balancer, replicas and the database are killed, stopped and cut off, targets fail; then all must be where it belongs.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bell } from '../../../testkit/bell.js';
import { type PostgresCluster, startCluster } from '../../../testkit/postgres-cluster.js';
import { createRandom, type Random } from '../../../testkit/random.js';
import { type Disturbance, unexcusedOverlaps } from '../torture-excuses.js';
import { type Direction, directionOf, findBroken, sayBroken } from '../torture-findings.js';
import { inboundSenders } from '../torture-inbound.js';
import { webhookSenders } from '../torture-outbound.js';
import { startPlaces } from '../torture-places.js';
import { questionsFor } from '../torture-questions.js';
import { createSenderLog, pushUntilTaken, runSenders } from '../torture-senders.js';
import { makeWorkspaces, writeWorkspaces } from '../torture-workspaces.js';
import { startBalancer } from './balancer.js';
import { PROBE_KEY } from './ingest-probe.js';
import { type People, startPeople } from './people.js';
import { type Replica, startReplicas } from './replicas.js';
import { type TakeOver, type TakeOvers, watchTakeOvers } from './take-overs.js';

/** What trouble is made with. */
export interface Stage {
  /** The database that the replicas begin with. */
  readonly cluster: PostgresCluster;
  readonly replicas: readonly Replica[];
  /** Of the balancer. */
  readonly url: string;
  readonly leaseMs: number;
  readonly takeOvers: TakeOvers;
  /** Rings when a sender has sent a push. */
  readonly pushed: Bell;
  /** Rings when a target has answered. */
  readonly answered: Bell;
  readonly random: Random;
}

/** What trouble was made. */
export interface Played {
  readonly disturbances: readonly Disturbance[];
  /** What was seen meanwhile, for people. */
  readonly seen: readonly (readonly [name: string, value: string])[];
  /** Promises that were broken meanwhile. */
  readonly broken: readonly string[];
}

/** How hard to torture. */
export interface SharedTortureOptions {
  readonly seed: number;
  /** Makes the trouble, while senders push; resolves when all can go well again. */
  readonly play: (stage: Stage) => Promise<Played>;
  readonly replicas: number;
  readonly workspaces: number;
  readonly leaseMs: number;
  /** How long what is left may take to go out, once all is well. */
  readonly drainMs: number;
  /** Another program than the one that was built. */
  readonly program?: string;
}

/** What came of it. */
export interface SharedTortureResult {
  readonly inbound: Direction;
  readonly outbound: Direction;
  readonly wrongMessageIds: readonly string[];
  readonly disturbances: readonly Disturbance[];
  readonly seen: Played['seen'];
  readonly takeOvers: readonly TakeOver[];
  readonly people: Pick<People, 'pushed' | 'calls'> & { readonly mostCalls: number };
  /** Requests of a lane at the same time. */
  readonly overlaps: number;
  /** Of these, those that no trouble excuses. */
  readonly unexcusedOverlaps: readonly string[];
  /** Lines of the logs of level error and above. */
  readonly alarms: readonly string[];
  readonly backlog: number;
  readonly drainedMs: number;
  /** The promises that were broken, for people. None is what we want. */
  readonly broken: readonly string[];
}

/** Statsig's limit for a console key, in any 10 s. */
const MOST_CALLS = 12;
const SCHEMA = 'statsig_cdp';

async function torture(
  options: SharedTortureOptions,
  directory: string,
  cleanUp: (() => void | Promise<void>)[],
): Promise<SharedTortureResult> {
  const { seed, play, replicas: count, leaseMs, drainMs, program } = options;
  let part = 0;
  const makeRandom = () => createRandom(seed + 1_000_003 * part++);
  const workspaces = makeWorkspaces(options.workspaces);
  const places = await startPlaces(workspaces, makeRandom);
  cleanUp.push(() => places.close());
  const people = await startPeople(makeRandom());
  cleanUp.push(() => people.close());
  writeWorkspaces(directory, workspaces, places.urls);
  writeFileSync(join(directory, 'people.json'), JSON.stringify(people.document));
  // Its events are only shown: it has no key of Statsig's.
  writeFileSync(
    join(directory, 'probe.json'),
    JSON.stringify({ id: 'probe', trackingApi: { writeKeys: [PROBE_KEY] } }),
  );
  const cluster = await startCluster({ isDurable: true });
  cleanUp.push(() => cluster.close());
  const replicas = await startReplicas({
    count,
    directory,
    database: cluster.port,
    environment: { OUTBOX_SCHEMA: SCHEMA, OUTBOX_LEASE_MS: String(leaseMs) },
    ...(program !== undefined && { program }),
  });
  cleanUp.push(() => replicas.close());
  const balancer = await startBalancer(
    replicas.all.map(({ port }) => port),
    makeRandom(),
  );
  cleanUp.push(() => balancer.close());
  const enough = new AbortController();
  const quit = new AbortController();
  cleanUp.push(() => {
    enough.abort();
    quit.abort();
  });

  const pushed = new Bell();
  const sending = { url: balancer.url, pushed, enough: enough.signal, quit: quit.signal };
  const inboundLog = createSenderLog();
  const outboundLog = createSenderLog();
  const webhooks = webhookSenders(workspaces, makeRandom);
  const pushing = Promise.all([
    runSenders(inboundSenders(workspaces, makeRandom), inboundLog, sending),
    runSenders(webhooks, outboundLog, sending),
    people.run(balancer.url, enough.signal, quit.signal),
  ]);
  const takeOvers = watchTakeOvers(cluster, SCHEMA, leaseMs + 15_000);
  const {
    disturbances,
    seen,
    broken: brokenMeanwhile,
  } = await play({
    cluster,
    replicas: replicas.all,
    url: balancer.url,
    leaseMs,
    takeOvers,
    pushed,
    answered: places.answered,
    random: makeRandom(),
  });
  enough.abort();
  await pushing;

  const [first] = replicas.all;
  const questions = questionsFor(first?.url ?? '', true);
  const backlog = await questions.countWaiting();
  places.heal();
  people.heal();
  const healedAt = performance.now();
  const left = await questions.drain(drainMs);
  const drainedMs = performance.now() - healedAt;
  // What is in a window now keeps these back, unless it became a dead letter.
  for (const sender of webhooks) {
    const push = sender.last();
    if (push !== undefined) await pushUntilTaken(sender, push, outboundLog, sending);
  }
  const leftOfLast = await questions.drain(drainMs);
  const deadLetters = await questions.readDeadLetters();
  const ends = await Promise.all(replicas.all.map(({ process }) => process.end('SIGTERM')));

  const inbound = directionOf(inboundLog, places.statsigLedger, deadLetters.inbound, disturbances);
  const outbound = directionOf(outboundLog, places.targetsLedger(), deadLetters.outbound, disturbances);
  const wrongMessageIds = places.messageIds.faults;
  const overlaps = places.overlaps();
  const beside = unexcusedOverlaps(overlaps, disturbances).map(
    ({ lane, sessions, at }) => `${lane} at ${at} by ${sessions.join(' and ')}`,
  );
  const mostCalls = people.mostCalls();
  const broken = [
    ...brokenMeanwhile,
    ...sayBroken([
      ...findBroken('into', inbound),
      ...findBroken('out of', outbound),
      ['messageIds are not of one event', wrongMessageIds],
      ['requests were wrong', places.faults()],
      ['requests came beside another one of their lane', beside],
      ['calls of the console broke a rule', people.brokenRules()],
      ['people are on the wrong lists', people.wrongMembers()],
      ['processes ended otherwise than well after SIGTERM', ends.filter((end) => end !== 'code 0')],
    ]),
    ...(mostCalls > MOST_CALLS ? [`${mostCalls} calls of the console in 10 s`] : []),
    ...(left + leftOfLast > 0 ? [`${left} + ${leftOfLast} events still waited ${drainMs} ms after all was well`] : []),
  ];
  return {
    inbound,
    outbound,
    wrongMessageIds,
    disturbances,
    seen,
    takeOvers: takeOvers.seen,
    people: { pushed: people.pushed, calls: people.calls, mostCalls },
    overlaps: overlaps.length,
    unexcusedOverlaps: beside,
    alarms: replicas.processes.flatMap(({ errors }) => errors),
    backlog,
    drainedMs,
    broken,
  };
}

/** Runs it. Everything that was started is stopped at the end, and nothing is left on disk. */
export async function runSharedTorture(options: SharedTortureOptions): Promise<SharedTortureResult> {
  const directory = mkdtempSync(join(tmpdir(), 'statsig-cdp-torture-'));
  const cleanUp: (() => void | Promise<void>)[] = [];
  try {
    return await torture(options, directory, cleanUp);
  } finally {
    for (const step of cleanUp.reverse()) await step();
    rmSync(directory, { recursive: true, force: true });
  }
}
