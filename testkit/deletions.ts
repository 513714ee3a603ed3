// Deletions as the process makes them: an outbox on disk, a dispatcher and a clock that a test moves by hand.

import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { Secret } from '../src/base/secret.js';
import type { DeliveryTarget } from '../src/dispatch/delivery-target.js';
import { createDispatcher } from '../src/dispatch/dispatcher.js';
import { DELETIONS_TARGET, listTarget, partsOfLane, STATSIG_TARGET } from '../src/outbox/lane-id.js';
import type { Delivery, OutboxEvent } from '../src/outbox/outbox.js';
import { compileWorkspace } from '../src/settings/compile.js';
import type { DryRunRequest } from '../src/targets/dry-run.js';
import { createDeletions } from '../src/targets/statsig-deletions/deletions.js';
import { FakeClock } from './fake-clock.js';
import { awaitableLog, claimAll, deadLettersOf, openOnDisk, outboxDirectory } from './outbox.js';

/** Long enough for any answer on loopback. */
const TIMEOUT_MS = 60_000;

/** How a rig is set up. */
export interface DeletionRigOptions {
  /** Of the stand-in. */
  readonly url: string;
  /** Empty: a dry run. */
  readonly key?: string;
  /** Lists that an id was put on, by the id. */
  readonly lists?: Readonly<
    Record<string, readonly { readonly listId: string; readonly idType: string; readonly time?: number }[]>
  >;
  /** Whether the settings say where list changes go. Default true. */
  readonly listsAreSet?: boolean;
  /** Of an earlier rig: a restart. */
  readonly directory?: string;
  readonly clock?: FakeClock;
  /** Default 1000. */
  readonly lookAgainMs?: number;
}

/** An event for the lane of deletions. */
export function deletionOf(
  userId: string,
  messageId = `delete-${userId}`,
): Pick<OutboxEvent, 'target' | 'messageId' | 'payload'> {
  return { target: DELETIONS_TARGET, messageId, payload: JSON.stringify({ userId }) };
}

/** A Statsig event of a user. */
export function eventOf(userID: string, messageId: string): Pick<OutboxEvent, 'target' | 'messageId' | 'payload'> {
  return {
    target: STATSIG_TARGET,
    messageId,
    payload: JSON.stringify({ eventName: 'Order Completed', user: { userID } }),
  };
}

/** A change of a list. */
export function changeOf(
  id: string,
  listId: string,
  member: boolean,
): Pick<OutboxEvent, 'target' | 'messageId' | 'payload'> {
  const payload = JSON.stringify({ listId, idType: 'userID', id, member, time: 1 });
  return { target: listTarget(listId), messageId: `${listId}-${id}-${member}`, payload };
}

/** What is not deleted waits: a target that is never ready. */
const HELD: DeliveryTarget = {
  title: 'held',
  identity: 'held',
  maxBatchEvents: 1,
  maxBatchBytes: 1,
  readyAt: () => Number.POSITIVE_INFINITY,
  send: () => Promise.reject(new Error('sent to a target that is not ready')),
};

/** Deletions of the workspace `shop`; nothing else of it is delivered. Closed with the test. */
export async function openDeletions(context: TestContext, options: DeletionRigOptions) {
  const { url, key = 'secret-example', lists = {}, clock = new FakeClock(), lookAgainMs } = options;
  const directory = options.directory ?? outboxDirectory(context);
  const log = awaitableLog();
  const outbox = await openOnDisk(context, directory, { now: clock.now }, log);
  const recorded: DryRunRequest[] = [];
  const deletions = createDeletions({
    outbox: async () => outbox,
    idLists: {
      remembered: async (workspaceId, id) =>
        workspaceId === 'shop' ? (lists[id] ?? []).map((list) => ({ time: 0, ...list })) : [],
    },
    // No dispatcher holds anything here.
    putBackIdle: async () => {},
    isDelivered: () => options.listsAreSet ?? true,
    directory: dirname(directory),
    timeoutMs: TIMEOUT_MS,
    ...(lookAgainMs !== undefined && { lookAgainMs }),
    now: clock.now,
    record: (request) => recorded.push(request),
    log,
  });
  const secret = key === '' ? undefined : new Secret(key);
  const workspace = compileWorkspace('shop', { apiUrl: url }, secret, 'segment');
  const append = async (...events: readonly Pick<OutboxEvent, 'target' | 'messageId' | 'payload'>[]) =>
    outbox.append(
      events.map((event) => ({ workspaceId: 'shop', origin: 'webhook', acceptedAt: clock.now(), ...event })),
    );
  return {
    directory,
    requestsFile: join(dirname(directory), 'deletion-requests.jsonl'),
    clock,
    log,
    outbox,
    deletions,
    workspace,
    recorded,
    append,
    projectOf: () => secret && { apiUrl: url, secretKey: secret },
    /** What waits unclaimed and what died, deletions left out: `target payload`. */
    async waiting(): Promise<string[]> {
      const found = await deadLettersOf(outbox, 'shop');
      const shown = ({ target, payload }: Delivery) => `${target} ${payload}`;
      const lines = found.filter(({ target }) => target !== DELETIONS_TARGET).map(shown);
      for (const lane of outbox.lanes('shop')) {
        if (partsOfLane(lane).target === DELETIONS_TARGET) continue;
        const claimed = await claimAll(outbox, lane);
        lines.push(...claimed.map(shown));
        await outbox.settle(claimed.map((delivery) => ({ kind: 'putBack', delivery })));
      }
      return lines.toSorted();
    },
    /** Starts delivering deletions; told outcomes as `kind messageId`. */
    deliver() {
      const outcomes: string[] = [];
      const messages: string[] = [];
      let onOutcome = () => {};
      const dispatcher = createDispatcher({
        outbox,
        resolve: (_workspaceId, target) => (target === DELETIONS_TARGET ? deletions.targetOf(workspace) : HELD),
        log,
        limits: { batchIntervalMs: 0 },
        now: clock.now,
        random: () => 0.5,
        after: clock.after,
        onOutcome({ kind, deliveries, message }) {
          messages.push(message);
          outcomes.push(...deliveries.map(({ messageId }) => `${kind} ${messageId}`));
          onOutcome();
        },
      });
      dispatcher.start();
      let stopped: Promise<void> | undefined;
      const stop = () => {
        stopped ??= dispatcher.stop(0);
        clock.advance(0);
        return stopped;
      };
      context.after(stop);
      return {
        outcomes,
        messages,
        stop,
        /** What people should look at, of each lane of deletions. */
        problems: () =>
          dispatcher.status().lanes.flatMap(({ target, problem }) => (target === DELETIONS_TARGET ? [problem] : [])),
        async told(count: number): Promise<void> {
          while (outcomes.length < count) {
            await new Promise<void>((resolve) => {
              onOutcome = resolve;
            });
          }
        },
      };
    },
  };
}
