// Forgets people here: takes what waits for them out of the outbox, and them off the lists they were put on.

import { createHash } from 'node:crypto';
import { growingCache } from '../../base/growing-cache.js';
import type { EpochMs } from '../../base/time.js';
import { concernsAny, type Forgotten, personOf } from '../../ingest/forgotten.js';
import type { MembershipChange } from '../../model/conversion.js';
import { type LaneId, laneId, listTarget, partsOfLane } from '../../outbox/lane-id.js';
import type { Outbox, OutboxEvent } from '../../outbox/outbox.js';

/** As much of the ID lists as forgetting takes. */
export interface RememberedLists {
  /** Lists on which an id is a member, as far as known, and as of when. */
  remembered(
    workspaceId: string,
    id: string,
  ): Promise<readonly { readonly listId: string; readonly idType: string; readonly time: EpochMs }[]>;
}

/** What forgetting works on. */
export interface ForgetDeps {
  /** Asked when it is needed; `undefined` while there is none: then nothing waits and no list has been changed. */
  readonly outbox: () => Promise<Outbox | undefined>;
  readonly idLists: RememberedLists;
  /** Makes what waits for its next try be found in the outbox. */
  readonly putBackIdle: (workspaceId: string) => Promise<void>;
  /** Whether a lane delivers, as the settings are now: what waits for settings is not waited for. */
  readonly isDelivered: (workspaceId: string, target: string) => boolean;
  readonly now: () => EpochMs;
  /**
   * What the clock shows by which the outbox dates what it takes, where that is another one than this process's: times of two replicas cannot be compared.
   *
   * @throws PluginError OUTBOX_UNAVAILABLE
   */
  readonly outboxNow?: (() => Promise<EpochMs>) | undefined;
}

/** How far the forgetting is; done when there is nothing of either. */
export interface Progress {
  /** How much of theirs is being sent: no one is taken off a list before it is settled. */
  readonly underWay: number;
  /** Lists that they are still to leave. */
  readonly leaving: readonly string[];
}

/**
 * Forgets people in some workspaces. Called again it does no harm, and costs little.
 *
 * @throws PluginError OUTBOX_UNAVAILABLE, OUTBOX_FULL
 */
export type Forget = (workspaceIds: readonly string[], users: readonly Forgotten[]) => Promise<Progress>;

/** People of whom it is known what they wait for; of one who is forgotten here all is looked for anew. */
const MAX_LEAVING = 20_000;

/** The lanes through which somebody leaves lists, and when the changes were stored at the latest. */
type Leaving = ReadonlyMap<LaneId, EpochMs>;

/** Of removals in the outbox: no sender's ids stand for theirs. */
const ORIGIN = 'deletion';

/** The same removal of the same request has the same id, so that the outbox keeps one of them. */
function removalId(change: MembershipChange, request: string): string {
  const parts = JSON.stringify([request, change.listId, change.idType, change.id]);
  return `deletion-${createHash('sha256').update(parts).digest('base64url')}`;
}

function peopleOf(users: readonly Forgotten[]) {
  return { ids: new Set(users.map(({ userId }) => userId)), of: personOf };
}

async function findRemovals(
  { idLists, now, outboxNow }: ForgetDeps,
  workspaceId: string,
  { userId, request }: Forgotten,
): Promise<readonly OutboxEvent[]> {
  const lists = await idLists.remembered(workspaceId, userId);
  if (lists.length === 0) return [];
  const acceptedAt = now();
  const askedAt = (await outboxNow?.()) ?? acceptedAt;
  return lists.map(({ listId, idType, time: since }): OutboxEvent => {
    // Somebody whose clock is ahead of ours may have put them there: what is older would not take them off.
    const change: MembershipChange = { listId, idType, id: userId, member: false, time: Math.max(askedAt, since) };
    const messageId = removalId(change, request);
    return {
      workspaceId,
      target: listTarget(listId),
      messageId,
      origin: ORIGIN,
      payload: JSON.stringify(change),
      person: null,
      acceptedAt,
    };
  });
}

/** The start of a process knows nothing of this: anyone who was leaving then leaves once more, which the outbox recognises. */
export function createForget(deps: ForgetDeps): Forget {
  const leaving = growingCache<Leaving>(MAX_LEAVING);
  const nameOf = (workspaceId: string, { userId, request }: Forgotten) =>
    JSON.stringify([workspaceId, request, userId]);

  async function takeOffLists(outbox: Outbox, workspaceId: string, users: readonly Forgotten[]): Promise<void> {
    const found = await Promise.all(
      users.map(async (user) => ({ user, removals: await findRemovals(deps, workspaceId, user) })),
    );
    const removals = found.flatMap((each) => each.removals);
    if (removals.length > 0) await outbox.append(removals);
    const storedAt = (await deps.outboxNow?.()) ?? deps.now();
    for (const { user, removals } of found) {
      const lanes = removals.map(({ target }) => [laneId(workspaceId, target), storedAt] as const);
      leaving.set(nameOf(workspaceId, user), new Map(lanes));
    }
  }

  /** When the oldest of each lane was accepted. What one replica has stored a moment ago another one may not have seen: then the outbox itself is asked. */
  async function findOldest(outbox: Outbox): Promise<(lane: LaneId) => EpochMs | undefined> {
    if (deps.outboxNow === undefined) return (lane) => outbox.oldestAcceptedAt(lane);
    const oldest = new Map((await outbox.status()).lanes.map((each) => [each.lane, each.oldestAcceptedAt]));
    return (lane) => oldest.get(lane);
  }

  /** A lane delivers in order: a change is through when nothing waits there that is as old. */
  async function stillThere(outbox: Outbox, lanes: Leaving): Promise<LaneId[]> {
    if (lanes.size === 0) return [];
    const oldestOf = await findOldest(outbox);
    return [...lanes].flatMap(([lane, storedAt]) => {
      const { workspaceId, target } = partsOfLane(lane);
      const oldest = oldestOf(lane);
      return oldest !== undefined && oldest <= storedAt && deps.isDelivered(workspaceId, target) ? [lane] : [];
    });
  }

  /** Those lanes of all, and the latest time where several wait for one. */
  function lanesOf(workspaceIds: readonly string[], users: readonly Forgotten[]): Leaving {
    const lanes = new Map<LaneId, EpochMs>();
    for (const id of workspaceIds)
      for (const user of users)
        for (const [lane, storedAt] of leaving.get(nameOf(id, user)) ?? [])
          lanes.set(lane, Math.max(storedAt, lanes.get(lane) ?? 0));
    return lanes;
  }

  return async (workspaceIds, users) => {
    const outbox = workspaceIds.length === 0 || users.length === 0 ? undefined : await deps.outbox();
    if (outbox === undefined) return { underWay: 0, leaving: [] };
    const isNew = (id: string, user: Forgotten) => !leaving.has(nameOf(id, user));
    const inNeed = workspaceIds
      .map((id) => ({ id, newcomers: users.filter((user) => isNew(id, user)) }))
      .filter(({ newcomers }) => newcomers.length > 0);
    let underWay = 0;
    for (const { id, newcomers } of inNeed) {
      await deps.putBackIdle(id);
      underWay += (await outbox.purge(id, { people: peopleOf(newcomers), concerns: concernsAny(newcomers) })).underWay;
    }
    // What is under way may be what puts them on a list.
    if (underWay > 0) return { underWay, leaving: [] };
    for (const { id, newcomers } of inNeed) await takeOffLists(outbox, id, newcomers);
    return { underWay, leaving: await stillThere(outbox, lanesOf(workspaceIds, users)) };
  };
}
