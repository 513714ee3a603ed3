// Everything after a 2xx: the outbox and its dispatcher, opened when the first event needs them.

import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { PluginError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { SteadyClock } from '../base/steady-clock.js';
import { createIngest, type Ingest } from '../ingest/inbound.js';
import type { IngestWatch } from '../ingest/ingest-watch.js';
import { createOutboundIngest, type OutboundIngest } from '../ingest/outbound.js';
import { noteOutside } from '../level/high-water.js';
import { isUnavailable } from '../outbox/insist.js';
import { type LevelOutboxSettings, openLevelOutbox } from '../outbox/level-outbox.js';
import type { LaneStatus, Outbox, OutboxStatus, OutboxUsage } from '../outbox/outbox.js';
import type { DeliveryTarget, NoTarget } from './delivery-target.js';
import { createDispatcher, type Dispatcher } from './dispatcher.js';
import type { DeliveryOutcome, DispatcherLimits, DispatcherStatus } from './dispatcher-options.js';

/** What delivery is made of. */
export interface DeliveryOptions {
  readonly outbox: Omit<LevelOutboxSettings, 'log' | 'now'>;
  readonly limits: Partial<DispatcherLimits>;
  /** Where a lane's events go now, or why they wait. */
  readonly resolve: (workspaceId: string, target: string) => DeliveryTarget | NoTarget;
  readonly onOutcome: (outcome: DeliveryOutcome) => void;
  /** Told what an operator had forgotten. */
  readonly onDropped: (workspaceId: string, target: string, events: number) => void;
  readonly clock: SteadyClock;
  /** Told what lies in the outbox when it is opened, before anything of it is delivered. */
  readonly onLanes: (lanes: readonly LaneStatus[]) => void;
  /** Told when the outbox is opened. */
  readonly onOpen: () => void;
  readonly log: Logger;
  /** Told of events on their way in. Default: no one. */
  readonly watch?: IngestWatch | undefined;
  /** Whether other processes use the outbox, too: then it is there from the start. Default: false. */
  readonly isShared?: boolean;
  /** Default: on disk. */
  readonly openOutbox?: (settings: LevelOutboxSettings) => Promise<Outbox>;
}

/** Time that a push waits for the outbox to be opened before its sender, which keeps it, is told to retry: senders wait for 5 to 10 s. */
const OPENING_PATIENCE_MS = 4_000;

/** Why nothing goes out yet, for people. */
export const BEING_READ = 'what an earlier run has left is being read';

/** Takes events in and delivers them. */
export interface DeliveryService {
  readonly ingest: Ingest;
  readonly outboundIngest: OutboundIngest;
  /** The outbox, opened if need be. */
  outbox(): Promise<Outbox>;
  /** The outbox, where there is one already: `undefined` while nothing has needed it, in this run or an earlier one. */
  outboxIfAny(): Promise<Outbox | undefined>;
  /** Opens the outbox when an earlier run left one, so that what waits in it goes out. */
  start(): Promise<void>;
  /**
   * Puts back what is held of a workspace between two tries, so that it is found in the outbox.
   *
   * @throws PluginError OUTBOX_UNAVAILABLE
   */
  putBackIdle(workspaceId: string): Promise<void>;
  /**
   * Forgets what waits for a target, and its dead letters: only where nothing is delivered to it now.
   *
   * On a disk in trouble it goes on as soon as that takes something again, for five seconds without progress at most.
   *
   * @throws PluginError TARGET_IN_FORCE; OUTBOX_UNAVAILABLE where nothing was forgotten
   */
  dropAll(workspaceId: string, target: string): Promise<Dropped>;
  /** The settings of these workspaces changed: what waited for them is looked at again. */
  wake(workspaceIds: readonly string[]): void;
  /** How the outbox stands; `undefined` while nothing has needed one. */
  outboxStatus(): OutboxStatus | undefined;
  /** What the outbox takes on disk; the same. */
  outboxUsage(): OutboxUsage | undefined;
  /**
   * How the outbox and deliveries stand. `undefined` while nothing has needed an outbox, `opening` while one that an earlier run has left is read: then nothing
   * of it goes out, and pushes wait.
   */
  status(): { readonly outbox: OutboxStatus; readonly dispatcher: DispatcherStatus } | 'opening' | undefined;
  /** Lets requests in flight finish until the deadline; what is not delivered then stays in the outbox. */
  stop(deadlineMs: number): Promise<void>;
}

/** What a drop came to. */
export interface Dropped {
  readonly dropped: number;
  /** What is still there: the disk took no more, or it came meanwhile. Drop again. */
  readonly left: number;
}

interface Opened {
  readonly outbox: Outbox;
  readonly dispatcher: Dispatcher;
}

/** Between two looks at an outbox of which nothing is known yet. */
const LOOK_AGAIN_MS = 1_000;

/** A lane without a target holds an event for a moment to see whether it is too old: it is dropped when it is back, within five seconds. */
const DROP_LOOK_MS = 50;
const MOST_DROP_LOOKS = 100;

/** Nothing is opened here: a process that serves RudderStack alone needs no disk. */
export function createDelivery(options: DeliveryOptions): DeliveryService {
  const { log, limits, resolve, onOutcome, clock, isShared = false, openOutbox = openLevelOutbox } = options;
  const { now } = clock;
  let opening: Promise<Opened> | undefined;
  let opened: Opened | undefined;
  /** An earlier run has left an outbox, which was not read yet. */
  let isStarting = false;

  /** What lies in the outbox is known. */
  let isRead = false;
  let lookAgain: NodeJS.Timeout | undefined;

  /** A database that is away is asked again, and tells then. */
  async function readLanes(outbox: Outbox): Promise<void> {
    const status = await outbox.status().catch(() => outbox.lastStatus());
    if (isShared && status.counts !== undefined) {
      lookAgain = setTimeout(() => void readLanes(outbox), LOOK_AGAIN_MS).unref();
      return;
    }
    options.onLanes(status.lanes);
    isRead = true;
  }

  async function open(): Promise<Opened> {
    const outbox = await openOutbox({ ...options.outbox, now, log });
    await readLanes(outbox);
    const dispatcher = createDispatcher({ outbox, limits, resolve, onOutcome, now, log });
    dispatcher.start();
    opened = { outbox, dispatcher };
    options.onOpen();
    return opened;
  }

  async function openedOutbox(): Promise<Outbox> {
    opening ??= open();
    return (await opening).outbox;
  }

  const { directory } = options.outbox;
  // Where the directory is gone, a note beside it tells that there was one.
  const isThere = () => isShared || [directory, noteOutside(directory)].some(existsSync);
  const outboxIfAny = async () => (opening !== undefined || isThere() ? openedOutbox() : undefined);

  async function outboxSoon(): Promise<Outbox> {
    let patience: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_resolve, reject) => {
      patience = setTimeout(() => reject(new PluginError('OUTBOX_UNAVAILABLE', BEING_READ)), OPENING_PATIENCE_MS);
    });
    try {
      return await Promise.race([openedOutbox(), tooLate]);
    } finally {
      clearTimeout(patience);
    }
  }

  const append: Outbox['append'] = async (events) => (opened?.outbox ?? (await outboxSoon())).append(events);

  const wasThere = isThere();
  /** What lies on disk may show that a workspace has lost its key: until it is read no one knows that it is a dry run. */
  function assertKnown(isDryRun: boolean): void {
    if (isDryRun && wasThere && !isRead) throw new PluginError('OUTBOX_UNAVAILABLE', BEING_READ);
  }

  const ingest = createIngest({ append }, now, clock.wall, options.watch);
  const outboundIngest = createOutboundIngest({ append }, now, clock.wall, options.watch);
  return {
    ingest: {
      async accept(workspace, events, proof) {
        assertKnown(workspace.isDryRun || workspace.audiences?.isDryRun === true);
        return ingest.accept(workspace, events, proof);
      },
      async acceptTracked(workspace, events, sender) {
        assertKnown(workspace.isDryRun);
        return ingest.acceptTracked(workspace, events, sender);
      },
    },
    outboundIngest: {
      async accept(outbound, events) {
        assertKnown(outbound.targets.length === 0);
        return outboundIngest.accept(outbound, events);
      },
    },
    outbox: openedOutbox,
    outboxIfAny,
    async start() {
      isStarting = isThere();
      try {
        await outboxIfAny();
      } finally {
        isStarting = false;
      }
    },
    putBackIdle: async (workspaceId) => opened?.dispatcher.putBackIdle(workspaceId),
    async dropAll(workspaceId, target) {
      if (!('kind' in resolve(workspaceId, target))) throw new PluginError('TARGET_IN_FORCE');
      const outbox = await openedOutbox();
      let dropped = 0;
      let refusal: PluginError | undefined;
      for (let look = 0; look < MOST_DROP_LOOKS; look += 1) {
        try {
          await opened?.dispatcher.putBackIdle(workspaceId);
          const { removed, underWay } = await outbox.purge(workspaceId, { target });
          refusal = undefined;
          dropped += removed;
          if (underWay === 0) break;
          if (removed > 0) look = 0;
        } catch (error) {
          if (!isUnavailable(error)) throw error;
          refusal = error;
        }
        await sleep(DROP_LOOK_MS);
      }
      const { lanes } = await outbox.status();
      const of = lanes.find((each) => each.workspaceId === workspaceId && each.target === target);
      const left = (of?.waiting ?? 0) + (of?.deadLetters ?? 0);
      options.onDropped(workspaceId, target, dropped);
      log.warn({ workspaceId, target, dropped, left, code: refusal?.code }, 'What waited for a target was dropped.');
      if (refusal !== undefined && dropped === 0) throw refusal;
      return { dropped, left };
    },
    wake: (workspaceIds) => opened?.dispatcher.wake(workspaceIds),
    outboxStatus: () => opened?.outbox.lastStatus(),
    outboxUsage: () => opened?.outbox.usage(),
    status: () => {
      if (opened === undefined) return isStarting || isShared ? 'opening' : undefined;
      return { outbox: opened.outbox.lastStatus(), dispatcher: opened.dispatcher.status() };
    },
    async stop(deadlineMs) {
      clearTimeout(lookAgain);
      const running = await opening;
      await running?.dispatcher.stop(deadlineMs);
      await running?.outbox.close();
    },
  };
}
