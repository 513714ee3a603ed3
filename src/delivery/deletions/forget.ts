// Forgets people here: takes what waits for them out of the outbox, and them off the lists they were put on.

import { createHash } from 'node:crypto';
import type { MembershipChange } from '../../model/conversion.js';
import { listTarget } from '../outbox/lane-id.js';
import type { Outbox, OutboxEvent } from '../outbox/outbox.js';
import { concernsAny, type Forgotten, personOf } from './forgotten.js';

/** As much of the ID lists as forgetting takes. */
export interface RememberedLists {
  /** Lists on which an id is a member, as far as known. */
  remembered(workspaceId: string, id: string): Promise<readonly { readonly listId: string; readonly idType: string }[]>;
}

/** What forgetting works on. */
export interface ForgetDeps {
  /** Asked when it is needed; `undefined` while there is none: then nothing waits and no list has been changed. */
  readonly outbox: () => Promise<Outbox | undefined>;
  readonly idLists: RememberedLists;
  /** Makes what waits for its next try be found in the outbox. */
  readonly putBackIdle: (workspaceId: string) => Promise<void>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Forgets people in some workspaces. Called again it does no harm.
 *
 * @returns how much of theirs is being sent: look again once it is settled, nobody is taken off a list before
 * @throws PluginError OUTBOX_UNAVAILABLE, OUTBOX_FULL
 */
export type Forget = (
  workspaceIds: readonly string[],
  users: readonly Forgotten[],
) => Promise<{ readonly underWay: number }>;

/** Of removals in the outbox: no sender's ids stand for theirs. */
const ORIGIN = 'deletion';

/** The same removal of the same request has the same id, so that the outbox keeps one of them. */
function removalId(change: MembershipChange, request: string): string {
  const parts = JSON.stringify([request, change.listId, change.idType, change.id]);
  return `deletion-${createHash('sha256').update(parts).digest('base64url')}`;
}

async function findRemovals(
  { idLists, now }: ForgetDeps,
  workspaceId: string,
  users: readonly Forgotten[],
): Promise<readonly OutboxEvent[]> {
  const found = users.map(async ({ userId, request }) => {
    const lists = await idLists.remembered(workspaceId, userId);
    return lists.map(({ listId, idType }): OutboxEvent => {
      const time = now();
      const change: MembershipChange = { listId, idType, id: userId, member: false, time };
      const messageId = removalId(change, request);
      return {
        workspaceId,
        target: listTarget(listId),
        messageId,
        origin: ORIGIN,
        payload: JSON.stringify(change),
        person: null,
        acceptedAt: time,
      };
    });
  });
  return (await Promise.all(found)).flat();
}

export function createForget(deps: ForgetDeps): Forget {
  return async (workspaceIds, users) => {
    const outbox = workspaceIds.length === 0 || users.length === 0 ? undefined : await deps.outbox();
    if (outbox === undefined) return { underWay: 0 };
    const concerns = concernsAny(users);
    const people = { ids: new Set(users.map(({ userId }) => userId)), of: personOf };
    let underWay = 0;
    for (const id of workspaceIds) {
      await deps.putBackIdle(id);
      underWay += (await outbox.purge(id, concerns, people)).underWay;
    }
    // What is under way may be what puts them on a list.
    if (underWay > 0) return { underWay };
    for (const id of workspaceIds) {
      const removals = await findRemovals(deps, id, users);
      if (removals.length > 0) await outbox.append(removals);
    }
    return { underWay };
  };
}
