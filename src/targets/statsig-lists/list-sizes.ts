// Counts the ids on each list: what Statsig said, and what was added and removed since.

import type { Logger } from '../../base/logger.js';
import { Ongoing } from '../../base/ongoing.js';
import type { ListName } from './membership-records.js';

/** How many ids a list has, as far as known. */
export interface ListSize extends ListName {
  readonly ids: number;
}

/** The sizes of the lists that were looked at. */
export interface ListSizes {
  set(list: ListName, ids: number): void;
  /** @param by how many ids more; does nothing for a list whose size is not known */
  change(list: ListName, by: number): void;
  all(): readonly ListSize[];
}

/** Up to here a list comes with the configuration of the SDKs (Statsig's documentation of ID lists). */
const MAX_COMFORTABLE = 1_000;

/** Tells of a list that has grown beyond what is comfortable, once. */
export function createLargeWarning(log: Logger): (size: ListSize) => void {
  const large = new Ongoing();
  return ({ workspaceId, listId, ids }) => {
    if (ids > MAX_COMFORTABLE && large.begins(nameOf({ workspaceId, listId })))
      log.warn(
        { workspaceId, listId, ids },
        `The ID list has more than ${MAX_COMFORTABLE} ids: server SDKs need enableIDLists to see them`,
      );
  };
}

const nameOf = ({ workspaceId, listId }: ListName) => JSON.stringify([workspaceId, listId]);

/** @param onSize told each new size */
export function createListSizes(log: Logger, onSize: (size: ListSize) => void): ListSizes {
  const sizes = new Map<string, ListSize>();
  const warnOfLarge = createLargeWarning(log);

  function set({ workspaceId, listId }: ListName, ids: number): void {
    const size = { workspaceId, listId, ids: Math.max(0, ids) };
    sizes.set(nameOf(size), size);
    onSize(size);
    warnOfLarge(size);
  }

  return {
    set,
    change(list, by) {
      const size = sizes.get(nameOf(list));
      if (size !== undefined) set(list, size.ids + by);
    },
    all: () => [...sizes.values()],
  };
}
