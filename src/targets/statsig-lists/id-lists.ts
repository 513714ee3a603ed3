// The ID lists of all workspaces: what changes of them are delivered to, and what is known of them.

import { PluginError } from '../../base/errors.js';
import { growingCache } from '../../base/growing-cache.js';
import type { Logger } from '../../base/logger.js';
import { NamedMutex } from '../../base/mutex.js';
import type { EpochMs } from '../../base/time.js';
import { listTarget } from '../../outbox/lane-id.js';
import { consoleRequest } from '../../statsig/console-api.js';
import type { CompiledAudiences } from '../../transform/compiled-audiences.js';
import { type DryRunRequest, showRequest } from '../dry-run.js';
import type { StatedTarget } from '../stated-target.js';
import { type ConsoleClient, createConsoleClients } from './console-client.js';
import { createListCalls, type ListCall } from './list-calls.js';
import type { SeenList } from './list-look.js';
import { createListSizes, type ListSize, type ListSizes } from './list-sizes.js';
import type { ListName } from './membership-records.js';
import {
  createMembershipStore,
  type DatedMembership,
  type ListMembership,
  type MembershipStore,
} from './membership-store.js';
import { type BudgetOf, budgetsOfProcess, type CallsLeft } from './rate-budget.js';
import { makeCall } from './request.js';
import { idListTarget } from './target.js';
import { findOrCreateList, listExists } from './webhook-audiences.js';

/** Memberships that are remembered. */
export const MAX_MEMBERSHIPS = 10_000_000;

/** Lists of which it is known that they were looked at; one that is forgotten is looked at again. */
const MAX_LOOKS = 10_000;

/** What ID lists are made of. */
export interface IdListsOptions {
  /** Where memberships are remembered, beside the outbox. Made at first need; used by one process at a time. */
  readonly directory: string;
  /** Milliseconds for one call of the Console API, the answer included. */
  readonly timeoutMs: number;
  readonly now: () => EpochMs;
  /** The same by the system's clock, by which changes are dated. Default `now`. */
  readonly wall?: () => EpochMs;
  /** Told each request of a dry run. */
  readonly record: (request: DryRunRequest) => void;
  readonly log: Logger;
  /** Told how many ids a list has, whenever that changes. */
  readonly onSize?: (size: ListSize) => void;
  /** Default 10 million. */
  readonly maxMemberships?: number;
  /** What other processes share. Default: this process is the only one that changes lists. */
  readonly shared?: SharedLists | undefined;
}

/** What several replicas know together. */
export interface SharedLists {
  readonly store: MembershipStore;
  readonly sizes: ListSizes;
  /** What is left of the calls of each console key. */
  readonly budgetOf: BudgetOf;
}

/** What is left of the calls of one key. */
export interface KeyBudget {
  /** Tells this key and URL from others without telling the key. */
  readonly id: string;
  readonly left: readonly CallsLeft[];
  /** When the next call may be made. */
  readonly readyAt: EpochMs;
}

/** The ID lists of the process. */
export interface IdLists {
  /** What changes of a list are delivered to. Lists with the same key and URL share Statsig's limit. */
  targetOf(audiences: CompiledAudiences, listId: string): StatedTarget;
  /**
   * The id of the list, which is made if need be.
   *
   * @throws PluginError STATSIG_UNAVAILABLE
   */
  findOrCreate(audiences: CompiledAudiences, listId: string): Promise<string>;
  /** @throws PluginError STATSIG_UNAVAILABLE */
  exists(audiences: CompiledAudiences, listId: string): Promise<boolean>;
  /**
   * Lists which the id may be on, as far as known.
   *
   * @throws Error when the disk does not do its part
   */
  remembered(workspaceId: string, id: string): Promise<readonly DatedMembership[]>;
  /** What is left of the calls that the key of a workspace may make; `undefined` where it has none. For people. */
  budgetOf(audiences: CompiledAudiences): KeyBudget | undefined;
  /** Of the lists that were changed since the start. */
  sizes(): readonly ListSize[];
  /**
   * Lists of a workspace that were changed by it, in this run or an earlier one.
   *
   * @throws Error when the disk does not do its part
   */
  known(workspaceId: string): Promise<readonly ListMembership[]>;
  /** The last calls about a list since the start, the newest first. */
  calls(list: ListName): readonly ListCall[];
  /** Resolves when everything is on disk; nothing can be sent any more. */
  close(): Promise<void>;
}

/** Nothing is opened here: a process without audiences needs no store. */
export function createIdLists(options: IdListsOptions): IdLists {
  const { directory, timeoutMs, now, wall = now, record, log } = options;
  const { onSize = () => {}, maxMemberships = MAX_MEMBERSHIPS } = options;
  const {
    store = createMembershipStore({ directory, maxMemberships, now, log }),
    sizes = createListSizes(log, onSize),
    budgetOf = budgetsOfProcess(now),
  } = options.shared ?? {};
  const consoleOf = createConsoleClients({ timeoutMs, now, budgetOf });
  const looks = growingCache<SeenList>(MAX_LOOKS);
  const calls = createListCalls(wall);
  const shared = { store, sizes, calls, looks, now, wall, consoleOf, oneAtATime: new NamedMutex(), record };
  const watched = (client: ConsoleClient, { workspaceId }: CompiledAudiences, listId: string) =>
    calls.watch({ workspaceId, listId }, client);
  return {
    targetOf: (audiences, listId) => idListTarget(audiences, listId, shared),
    async findOrCreate(audiences, listId) {
      const consoleClient = consoleOf(audiences);
      if (consoleClient !== undefined)
        return findOrCreateList(watched(consoleClient, audiences, listId), audiences, listId);
      if (!audiences.isDryRun) throw new PluginError('STATSIG_UNAVAILABLE', 'the console key is missing');
      const request = consoleRequest(audiences, makeCall({ listId, idType: audiences.defaultIdType }));
      const place = { workspaceId: audiences.workspaceId, target: listTarget(listId) };
      showRequest({ ...request, events: 0 }, place, shared);
      return listId;
    },
    async exists(audiences, listId) {
      const consoleClient = consoleOf(audiences);
      if (consoleClient !== undefined) return listExists(watched(consoleClient, audiences, listId), listId);
      if (!audiences.isDryRun) throw new PluginError('STATSIG_UNAVAILABLE', 'the console key is missing');
      return true;
    },
    remembered: (workspaceId, id) => store.listsOf(workspaceId, id),
    budgetOf(audiences) {
      const consoleClient = consoleOf(audiences);
      return consoleClient && { id: consoleClient.id, left: consoleClient.left(), readyAt: consoleClient.readyAt() };
    },
    sizes: () => sizes.all(),
    known: (workspaceId) => store.lists(workspaceId),
    calls: (list) => calls.of(list),
    close: () => store.close(),
  };
}
