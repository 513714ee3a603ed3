// Finds the list that changes are for: looks at it once per process, makes it if it may, and tells what is in the way.

import type { EpochMs } from '../../base/time.js';
import type { Sent } from '../../dispatch/delivery-target.js';
import type { MembershipChange } from '../../model/conversion.js';
import type { ConsoleClient } from './console-client.js';
import { type Look, lookAtList, makeList, type SeenList, whyMissing, whyUnfit } from './list-look.js';
import type { ListSizes } from './list-sizes.js';
import type { ListName } from './membership-records.js';
import type { MembershipStore } from './membership-store.js';
import { CONFLICT, judged, NOT_FOUND } from './verdict.js';

/** What all lists of the process share. */
export interface SharedByLists {
  readonly store: MembershipStore;
  readonly sizes: ListSizes;
  /** Lists that were looked at. */
  readonly looks: {
    get(name: string): SeenList | undefined;
    set(name: string, list: SeenList): unknown;
    delete(name: string): unknown;
  };
  readonly now: () => EpochMs;
  /** The same by the system's clock, by which changes are dated. */
  readonly wall: () => EpochMs;
}

/** One list, as the settings are now. */
export interface ListPlace {
  readonly list: ListName;
  readonly consoleClient: ConsoleClient;
  readonly createMissing: boolean;
  readonly maxIdsPerRequest: number;
}

/** The list as Statsig has it. */
export interface KnownList {
  /** False before the first look. */
  isKnown(): boolean;
  /** @returns what ends this try, if anything does */
  look(idType: string, signal: AbortSignal): Promise<Sent | undefined>;
  /** It is not as it was seen. */
  forget(): void;
  /**
   * What ends this try because the list cannot take the changes. Several id types may wait for one list after a change of the settings: then
   * the dispatcher takes them apart.
   *
   * @param all of the part
   * @param needed those of them that are to be sent
   */
  refuse(all: readonly MembershipChange[], needed: readonly MembershipChange[]): Sent | undefined;
}

/** @throws Error from `look` when the disk does not do its part */
export function createKnownList({ store, sizes, looks }: SharedByLists, place: ListPlace): KnownList {
  const { list, consoleClient, createMissing } = place;
  const { listId } = list;
  const name = JSON.stringify([consoleClient.id, list.workspaceId, listId]);

  async function find(idType: string, signal: AbortSignal): Promise<Exclude<Look, { kind: 'missing' }>> {
    const look = await lookAtList(consoleClient, listId, signal);
    if (look.kind !== 'missing') return look;
    await store.lost(list);
    if (createMissing) return makeList(consoleClient, { listId, idType }, signal);
    return { kind: 'stopped', sent: judged('failed', NOT_FOUND, whyMissing({ listId, idType })) };
  }

  return {
    isKnown: () => looks.get(name) !== undefined,
    async look(idType, signal) {
      const found = await find(idType, signal);
      if (found.kind === 'stopped') return found.sent;
      const { list: seen } = found;
      await store.meet(list, { idType: seen.idType ?? idType, ...(seen.born !== undefined && { born: seen.born }) });
      if (seen.count !== undefined) sizes.set(list, seen.count);
      looks.set(name, seen);
      return undefined;
    },
    forget() {
      looks.delete(name);
    },
    refuse(all, needed) {
      const seen = looks.get(name) ?? {};
      const why = ({ idType }: MembershipChange) => whyUnfit({ listId, idType }, seen);
      const message = needed.map(why).find((each) => each !== undefined);
      if (message === undefined) return undefined;
      const isHopeless = all.every((change) => why(change) !== undefined);
      // Somebody may correct the list: the next changes look at it anew.
      if (isHopeless) looks.delete(name);
      return judged(isHopeless ? 'failed' : 'isolate', CONFLICT, message);
    },
  };
}
