// Watches the process for its overview: what is counted, what is refused, what the clock does.

import { dirname, join } from 'node:path';
import type { Logger } from '../../base/logger.js';
import type { SteadyClock } from '../../base/steady-clock.js';
import type { EpochMs } from '../../base/time.js';
import type { DeliveryService } from '../../dispatch/delivery-service.js';
import type { WorkspaceStore } from '../../settings/store.js';
import type { PublicRoutes } from '../../sources/public-routes.js';
import type { KeyBudget } from '../../targets/statsig-lists/id-lists.js';
import type { LiveEntry } from '../live/shapes.js';
import type { Metrics } from '../metrics.js';
import { ClockWatch } from './clock-watch.js';
import { describeStatus } from './collect.js';
import { createHistoryFile, HISTORY_FILE } from './history-file.js';
import { keepHistory } from './keep-history.js';
import {
  joinDispatchers,
  joinRefusedKeys,
  joinRefusedSenders,
  type OtherWorkers,
  type SeenByWorker,
} from './other-workers.js';
import { describeBudgets } from './rate-budgets.js';
import { RefusedSenders } from './refused-senders.js';
import { RowWatch } from './row-watch.js';
import { withSamples } from './samples.js';
import type { OverviewAnswer, OverviewQuery, StatusAnswer } from './shapes.js';
import type { OverviewState } from './state.js';
import { discardsOf, tallyEvents } from './tallies.js';
import { TargetAnswers } from './target-answers.js';

/** Discard reasons that are shown. */
const MAX_DISCARDS = 50;

/** What is watched. */
export interface WatchDeps {
  /** Their counters are looked at. */
  readonly metrics: Pick<Metrics, 'events' | 'noted'>;
  readonly store: WorkspaceStore;
  readonly outboxDirectory: string;
  readonly outboxMaxBytes: number;
  /** Where other workers serve, too. */
  readonly others?: OtherWorkers | undefined;
  readonly clock: SteadyClock;
  readonly log: Logger;
}

/** What there is to look at once all of the app is made. */
export interface Watched {
  readonly delivery: Pick<DeliveryService, 'status' | 'outboxUsage'>;
  readonly publicRoutes: PublicRoutes;
  readonly upstream: () => OverviewState['upstream'];
  readonly isReady: () => boolean;
  /** Of the live log, newest first. */
  readonly entries: () => Iterable<LiveEntry>;
  /** By workspace. */
  readonly budgets: () => readonly (readonly [string, KeyBudget])[];
}

/** The watch of one app. */
export interface OverviewWatch {
  readonly answers: TargetAnswers;
  readonly refused: RefusedSenders;
  /** Begins to look now and then, and reads the history of earlier runs. */
  start(): void;
  /** What this process has seen, for the overview of all workers. */
  seen(delivery: Pick<DeliveryService, 'status'>): SeenByWorker;
  status(watched: Watched): Promise<StatusAnswer>;
  /** @param choice of the rows that the history is of */
  overview(watched: Watched, choice: OverviewQuery): Promise<OverviewAnswer>;
  /** Writes the history. */
  close(): Promise<void>;
}

/** Nothing is read or written before `start`. */
export function watchForOverview(deps: WatchDeps): OverviewWatch {
  const { store, outboxDirectory, outboxMaxBytes, others, clock, log } = deps;
  const metrics = others?.metrics ?? deps.metrics;
  const startedAt: EpochMs = clock.wall();
  const uptime = () => performance.now();
  const answers = new TargetAnswers(clock.wall);
  const refused = new RefusedSenders(clock.now);
  const clockWatch = new ClockWatch(clock.wall, uptime);
  const rowWatch = new RowWatch();
  const file = createHistoryFile(join(dirname(outboxDirectory), HISTORY_FILE), log);
  rowWatch.look(store.documents, new Map());
  clockWatch.look();
  store.onChange((changed) => {
    answers.forget(changed);
    rowWatch.look(store.documents, tallyEvents(metrics.events));
  });
  const history = keepHistory({
    events: metrics.events,
    file,
    wall: clock.wall,
    uptime,
    refresh: others && (() => others.look()),
    onLook: clockWatch.look,
  });

  /** With the lanes of all. */
  function deliveryOfAll(delivery: Pick<DeliveryService, 'status'>): OverviewState['delivery'] {
    const own = delivery.status();
    if (typeof own !== 'object' || others === undefined) return own;
    const theirs = others.seen.flatMap(({ dispatcher }) => dispatcher ?? []);
    return { ...own, dispatcher: joinDispatchers(own.dispatcher, theirs) };
  }

  async function look({ delivery, publicRoutes, upstream }: Watched): Promise<OverviewState> {
    await history.look();
    const tallies = tallyEvents(metrics.events);
    const { servedOn, reason } = publicRoutes.status();
    const seen = others?.seen ?? [];
    return {
      at: clock.wall(),
      startedAt,
      documents: store.documents,
      settings: store.status(),
      delivery: deliveryOfAll(delivery),
      usage: delivery.outboxUsage(),
      outboxMaxBytes,
      upstream: upstream(),
      senders: { servedOn, isWanted: publicRoutes.isWanted, ...(reason !== undefined && { reason }) },
      tallies,
      noted: metrics.noted,
      rows: history.rows(),
      discards: discardsOf(metrics.events),
      refusedKeys: joinRefusedKeys([...answers.refused, ...seen.flatMap(({ refusedKeys }) => refusedKeys)]),
      refusedSenders: joinRefusedSenders([
        ...refused.recent(),
        ...seen.flatMap(({ refusedSenders }) => refusedSenders),
      ]),
      unusedRows: rowWatch.unused(store.documents, tallies),
      silenced: rowWatch.silenced(store.documents, tallies),
      clockJump: clockWatch.jump,
      historyProblem: file.problem,
    };
  }

  return {
    answers,
    refused,
    start: () => history.start(),
    seen(delivery) {
      const status = delivery.status();
      const { events, noted } = deps.metrics;
      return {
        ...{ startedAt, events, noted, refusedKeys: answers.refused, refusedSenders: refused.recent() },
        ...(typeof status === 'object' && { dispatcher: status.dispatcher }),
      };
    },
    status: async (watched) => describeStatus(await look(watched), watched.isReady()),
    async overview(watched, choice) {
      const state = await look(watched);
      return {
        ...describeStatus(state, watched.isReady()),
        pipeline: state.rows,
        history: history.series(choice),
        discards: withSamples(state.discards.slice(0, MAX_DISCARDS), watched.entries()),
        rateBudgets: describeBudgets(watched.budgets(), clock.now()),
      };
    },
    close: () => history.close(),
  };
}
