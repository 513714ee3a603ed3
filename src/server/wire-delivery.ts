// Wires delivery: the outbox and its dispatcher, and all that they deliver to.

import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Logger } from '../base/logger.js';
import type { SteadyClock } from '../base/steady-clock.js';
import { createDelivery, type DeliveryOptions, type DeliveryService } from '../dispatch/delivery-service.js';
import type { OperatorAccess } from '../operate/access/operator-access.js';
import { Redeliveries } from '../operate/dead-letters/redeliveries.js';
import type { LiveWatches } from '../operate/live/live.js';
import type { Metrics } from '../operate/metrics.js';
import { isIntoStatsig, listOfTarget, shownByDryRun } from '../outbox/lane-id.js';
import type { LaneStatus } from '../outbox/outbox.js';
import type { DocumentCompiler } from '../settings/compile-document.js';
import type { Direction } from '../settings/manifest/model.js';
import { manifest } from '../settings/manifest.js';
import type { ProcessSettings } from '../settings/process.js';
import type { PartOfWorkspace, WorkspaceStore } from '../settings/store.js';
import { logDryRun } from '../targets/dry-run.js';
import { createSegmentTargets } from '../targets/segment/target.js';
import { createDeletions, type Deletions } from '../targets/statsig-deletions/deletions.js';
import type { ProjectOf } from '../targets/statsig-deletions/request-status.js';
import { createIdLists, type IdLists, type KeyBudget } from '../targets/statsig-lists/id-lists.js';
import { createTargets, type TargetOf } from '../targets/targets.js';
import { createTurnOf } from '../targets/turns.js';
import type { CompiledAudiences } from '../transform/compiled-audiences.js';
import { DRY_RUN_TARGET } from '../transform/compiled-outbound.js';
import type { OpenSharedOutbox } from './open-outbox.js';
import type { SharedState } from './shared-state.js';

/** What delivery is wired with. */
export interface DeliveryWiring {
  readonly settings: ProcessSettings;
  readonly store: WorkspaceStore;
  readonly documents: DocumentCompiler;
  readonly metrics: Pick<Metrics, 'countOutcome' | 'countDropped'>;
  /** Makes sure that operators' commands find their way in, where there are any. */
  readonly access: Pick<OperatorAccess, 'prepare'>;
  readonly clock: SteadyClock;
  readonly openOutbox: DeliveryOptions['openOutbox'];
  /** What other replicas share. Default: this process has everything alone. */
  readonly shared?: Pick<SharedState, 'lists' | 'deletionRequests' | 'outboxNow'> | undefined;
  /** Where the outbox is one that other processes use, too. */
  readonly openSharedOutbox?: OpenSharedOutbox | undefined;
  /** Shows what happens. Default: nothing is shown. */
  readonly live?: Pick<LiveWatches, 'ingest' | 'outcome'> | undefined;
  readonly log: Logger;
}

/** Delivery, and what routes need of its parts. */
export interface WiredDelivery {
  readonly delivery: DeliveryService;
  readonly idLists: IdLists;
  readonly deletions: Deletions;
  /** What is left of the calls that keys of the Console API may make, by workspace. */
  budgets(): readonly (readonly [string, KeyBudget])[];
  /** Where a workspace's deletions are asked for. */
  readonly projectOf: ProjectOf;
  /** Where a lane delivers to now, or why it waits. */
  readonly targetOf: TargetOf;
  /** The settings of a workspace's audiences; `undefined` where it takes none, or is gone. */
  readonly audiencesOf: (id: string) => CompiledAudiences | undefined;
  /** What has become of what was put back. */
  readonly redeliveries: Redeliveries;
  /** @param deadlineMs milliseconds that deliveries under way may take */
  close(deadlineMs: number): Promise<void>;
}

/** About 400 MB of ids: beyond it the oldest are forgotten before their window ends. */
const MAX_DEDUPE_ENTRIES = 5_000_000;

/** For one request to a target, the answer included. */
export const TIMEOUT_MS = 10_000;

/** What a workspace must have had for something to lie in a lane: nothing for what is only shown. */
function partBehind({ workspaceId, target }: LaneStatus): readonly PartOfWorkspace[] {
  if (target === DRY_RUN_TARGET || shownByDryRun(target) !== undefined) return [];
  if (!isIntoStatsig(target)) return [{ workspaceId, part: 'targets' }];
  return [{ workspaceId, part: listOfTarget(target) === undefined ? 'secretKey' : 'consoleKey' }];
}

/** Nothing is opened or sent here. */
export function wireDelivery(wiring: DeliveryWiring): WiredDelivery {
  const { settings, store, documents, metrics, access, clock, openOutbox, openSharedOutbox, shared, live, log } =
    wiring;
  // Beside the outbox: what is known of lists and deletions must outlive the process as what waits does.
  const besideOutbox = dirname(settings.outboxDirectory);
  const sending = { timeoutMs: TIMEOUT_MS, now: clock.now, record: logDryRun(log), log };
  const segment = createSegmentTargets({ maxClients: settings.segmentClients, timeoutMs: TIMEOUT_MS });
  const idLists = createIdLists({
    ...{ ...sending, wall: clock.wall, directory: join(besideOutbox, 'memberships') },
    shared: shared?.lists,
  });
  const deletions = createDeletions({
    ...sending,
    directory: besideOutbox,
    requests: shared?.deletionRequests,
    outboxNow: shared?.outboxNow,
    outbox: () => delivery.outboxIfAny(),
    putBackIdle: (workspaceId) => delivery.putBackIdle(workspaceId),
    idLists,
    isDelivered: (workspaceId, target) => !('kind' in resolve(workspaceId, target)),
  });
  const redeliveries = new Redeliveries(clock.now, shared === undefined);
  const workspace = (id: string) => {
    const document = store.findById(id);
    return document && documents.compile(document);
  };
  const outbound = (id: string) => {
    const document = store.findById(id);
    return document && documents.compileOutbound(document);
  };
  // What waits for a direction that is not served goes on waiting.
  const isServed = (direction: Direction) => manifest.directions.includes(direction);
  const resolve = createTargets({
    workspace: isServed('inbound') ? workspace : () => undefined,
    outbound: isServed('outbound') ? outbound : () => undefined,
    statsig: { ...sending, sessionId: randomUUID() },
    segment,
    idLists,
    deletions,
  });
  const delivery: DeliveryService = createDelivery({
    outbox: {
      directory: settings.outboxDirectory,
      maxBytes: settings.outboxMaxBytes,
      isShared: () => store.documents.length > 1,
      deadLetters: { maxBytes: settings.deadLettersMaxBytes, maxAgeMs: settings.deadLettersMaxAgeMs },
      reserveBytes: settings.outboxReserveBytes,
      maxAgeMs: settings.outboxMaxAgeMs,
      dedupeWindowMs: settings.dedupeWindowMs,
      maxDedupeEntries: MAX_DEDUPE_ENTRIES,
    },
    clock,
    ...(openOutbox !== undefined && { openOutbox }),
    ...(openSharedOutbox !== undefined && {
      isShared: true,
      openOutbox: (of) => openSharedOutbox({ ...of, turnOf: createTurnOf({ workspace, outbound }) }),
    }),
    limits: { maxConcurrent: settings.deliveryConcurrency, requestMs: TIMEOUT_MS },
    resolve,
    onLanes: (lanes) => store.hadParts(lanes.flatMap(partBehind)),
    onOutcome(outcome) {
      metrics.countOutcome(outcome);
      redeliveries.note(outcome);
      live?.outcome(outcome);
    },
    watch: live?.ingest,
    onDropped: (workspaceId, target, events) => metrics.countDropped(workspaceId, target, events),
    // The command line finds the token in its file as soon as there can be dead letters.
    onOpen: () => access.prepare().catch((error) => log.warn({ err: error }, 'The admin token cannot be written.')),
    log,
  });
  return {
    delivery,
    idLists,
    deletions,
    targetOf: resolve,
    redeliveries,
    audiencesOf: (id) => workspace(id)?.audiences,
    budgets: () =>
      store.documents.flatMap((document) => {
        if (document.consoleKey === undefined) return [];
        const { audiences } = documents.compile(document);
        const budget = audiences && idLists.budgetOf(audiences);
        return budget === undefined ? [] : [[document.id, budget] as const];
      }),
    projectOf(id) {
      const { apiUrl, secretKey } = workspace(id) ?? {};
      return apiUrl === undefined || secretKey === undefined ? undefined : { apiUrl, secretKey };
    },
    async close(deadlineMs) {
      await delivery.stop(deadlineMs);
      await segment.close();
      await idLists.close();
      await deletions.close();
    },
  };
}
