// One run of a fault: the real process with its stand-ins, senders that push meanwhile, and the settling up at the end.

import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bell } from '../../testkit/bell.js';
import { type PluginProcess, readMetrics, residentMiB } from '../../testkit/plugin-process.js';
import { createRandom } from '../../testkit/random.js';
import { inboundSenders } from '../torture/torture-inbound.js';
import { webhookSenders } from '../torture/torture-outbound.js';
import { preparePlugin } from '../torture/torture-plugin.js';
import { createSenderLog, runSenders, type SenderLog } from '../torture/torture-senders.js';
import { makeWorkspaces, type Places, type TortureWorkspace } from '../torture/torture-workspaces.js';
import { type Account, type Direction, settleUp } from './account.js';
import type { FaultRun } from './fault.js';
import { createCommander, type Orders, STAND_IN_NAME, takingOrders } from './orders.js';
import { type Probe, startProbe } from './probe.js';
import { type StandIns, startStandIns } from './stand-ins.js';

/** Two, so that one could take from the other. */
const WORKSPACES = 2;
const SAMPLE_MS = 250;
/** Circuits let nothing through for up to a minute or two after an outage. */
const DRAIN_MS = 150_000;

const GIVEN_UP = /Given up, the events are dead letters now/;

/** How the process is started. */
export interface RigOptions extends FaultRun {
  /** Whether the stand-ins are found by a name, which the process can unlearn. */
  readonly byName?: boolean;
  /** A command that runs the command after it. */
  readonly via?: readonly string[];
  /** Errors in the log that belong to the fault. */
  readonly expectedErrors?: RegExp;
  /** Workspaces whose events come to Statsig without the rig's senders. */
  readonly guests?: readonly TortureWorkspace[];
  /** Writes more settings documents. */
  readonly prepare?: (directory: string, places: Places) => void;
}

/** What came of a run. */
export interface Outcome extends Account {
  /** Time from the end of the fault until nothing waited, in milliseconds. */
  readonly drainedMs: number;
  /** Highest resident memory, and how far above that at the start, in MiB. */
  readonly residentMiB: number;
  readonly grownMiB: number;
}

/** A running process and all around it. */
export interface FaultRig {
  readonly url: string;
  readonly process: PluginProcess;
  readonly standIns: StandIns;
  /** Ordinary requests, all the time. */
  readonly probe: Probe;
  /** Begins to push. @returns ends it, once the pushes under way are taken */
  push(who: 'everybody' | 'into Statsig'): () => Promise<void>;
  order(orders: Omit<Orders, 'number'>): Promise<void>;
  metric(name: string): Promise<number>;
  waiting(): Promise<number>;
  /** Highest resident memory so far, in MiB. */
  highestMiB(): number;
  /** Where the settings are. */
  readonly settings: string;
  /** What the senders have done so far. */
  readonly logs: { readonly inbound: SenderLog; readonly outbound: SenderLog };
  /** The fault is over: waits until nothing waits any more. @returns how long that took, in milliseconds, and how many still wait */
  drain(): Promise<{ readonly drainedMs: number; readonly left: number }>;
  /** Waits until nothing waits, stops the process, and settles up. @param guests what guests have sent */
  finish(guests?: readonly Omit<Direction, 'ledger'>[]): Promise<Outcome>;
}

async function openRig(options: RigOptions, directory: string, cleanUp: (() => unknown)[]): Promise<FaultRig> {
  const { seed, byName = false, via, expectedErrors, guests: guestWorkspaces = [] } = options;
  let part = 0;
  const makeRandom = () => createRandom(seed + 1_000_003 * part++);
  // Exposures have no windows here: with them it depends on chance what arrives.
  const workspaces = makeWorkspaces(WORKSPACES).map((each) => ({ ...each, hasWindow: false }));
  const standIns = await startStandIns([...workspaces, ...guestWorkspaces], seed, byName ? STAND_IN_NAME : undefined);
  cleanUp.push(() => standIns.close());
  const ordersFile = join(directory, 'orders');
  const environment = takingOrders(ordersFile);
  const plugin = await preparePlugin(directory, workspaces, standIns.places, {
    environment,
    ...(via !== undefined && { via }),
  });
  options.prepare?.(directory, standIns.places);
  const running = plugin.start();
  cleanUp.push(() => running.end('SIGKILL'));
  if ((await running.listening) === undefined) throw new Error(`it does not start: ${running.errors.join('\n')}`);
  const { url } = plugin;
  const command = createCommander(ordersFile);

  const pid = running.child.pid ?? 0;
  const residentAtStart = residentMiB(pid);
  let highest = residentAtStart;
  const sampling = setInterval(() => {
    highest = Math.max(highest, residentMiB(pid) || 0);
  }, SAMPLE_MS);
  cleanUp.push(() => clearInterval(sampling));
  const probe = startProbe(url);
  cleanUp.push(() => probe.stop());

  const inbound = createSenderLog();
  const outbound = createSenderLog();
  const quit = new AbortController();
  cleanUp.push(() => quit.abort());
  let ended: string | undefined;
  void running.ended.then((end) => {
    ended = end;
    clearInterval(sampling);
    quit.abort();
  });
  const senders = { inbound: inboundSenders(workspaces, makeRandom), outbound: webhookSenders(workspaces, makeRandom) };

  const guestIds = new Set(guestWorkspaces.map(({ id }) => id));

  async function drain() {
    if (ended !== undefined) throw new Error(`it ended with ${ended}: ${running.errors.slice(-3).join('\n')}`);
    standIns.heal();
    const overAt = performance.now();
    const left = await plugin.drain(DRAIN_MS);
    return { left, drainedMs: performance.now() - overAt };
  }

  return {
    url,
    process: running,
    standIns,
    probe,
    push(who) {
      const enough = new AbortController();
      cleanUp.push(() => enough.abort());
      const sending = { url, pushed: new Bell(), enough: enough.signal, quit: quit.signal };
      const pushing = Promise.all([
        runSenders(senders.inbound, inbound, sending),
        ...(who === 'everybody' ? [runSenders(senders.outbound, outbound, sending)] : []),
      ]);
      return async () => {
        enough.abort();
        await pushing;
      };
    },
    order: (orders) => command(running, orders),
    metric: async (name) => (await readMetrics(url)).get(name) ?? 0,
    waiting: () => plugin.countWaiting(),
    highestMiB: () => highest,
    settings: directory,
    logs: { inbound, outbound },
    drain,
    async finish(guests = []) {
      const { left, drainedMs } = await drain();
      const dead = await plugin.readDeadLetters();
      await probe.stop();
      clearInterval(sampling);
      const end = await running.end('SIGTERM');
      const isGuest = ({ lane }: { readonly lane: string }) => guestIds.has(lane);
      const ledger = standIns.statsigLedger;
      const account = settleUp([
        { log: inbound, ledger: ledger.filter((entry) => !isGuest(entry)), deadLetters: dead.inbound },
        { log: outbound, ledger: standIns.targetsLedger(), deadLetters: dead.outbound },
        ...guests.map((guest) => ({ ...guest, ledger: ledger.filter(isGuest) })),
      ]);
      const alarms = running.errors.filter((line) => !GIVEN_UP.test(line) && expectedErrors?.test(line) !== true);
      const broken = [
        ...account.broken,
        ...standIns.faults().map((fault) => `a wrong request: ${fault}`),
        ...alarms.slice(0, 3).map((line) => `an alarm in the log: ${line}`),
        ...(left > 0 ? [`${left} still waited after ${DRAIN_MS / 1000} s`] : []),
        ...(end === 'code 0' ? [] : [`it ended with ${end} after SIGTERM`]),
      ];
      return { ...account, broken, drainedMs, residentMiB: highest, grownMiB: highest - residentAtStart };
    },
  };
}

/** Opens a rig, runs a fault with it, and leaves nothing behind. */
export async function withRig<T>(options: RigOptions, run: (rig: FaultRig) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'statsig-cdp-faults-'));
  const cleanUp: (() => unknown)[] = [];
  try {
    return await run(await openRig(options, directory, cleanUp));
  } finally {
    for (const step of cleanUp.reverse()) await step();
    await rm(directory, { recursive: true, force: true, maxRetries: 20 });
  }
}

/** What every run prints: counts in and out, memory, the longest wait of an ordinary request. */
export function sayOutcome(outcome: Outcome, { probe }: FaultRig): readonly string[] {
  const { accepted, delivered, deadLetters, repeated, drainedMs, residentMiB: most, grownMiB } = outcome;
  return [
    `${accepted} in, ${delivered} delivered + ${deadLetters} dead letters (poison) out, ${repeated} repeated after a lost answer`,
    `drained ${(drainedMs / 1000).toFixed(1)} s after`,
    `${probe.answered} ordinary requests, longest wait ${(probe.longestMs / 1000).toFixed(2)} s, ${probe.unanswered} unanswered`,
    `RSS ${most.toFixed(0)} MiB, ${grownMiB.toFixed(0)} above the start`,
  ];
}
