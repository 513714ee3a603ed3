// Chooses the ID lists that metrics tell of by name.

import type { WorkspaceStore } from '../settings/store.js';
import type { ListSize } from '../targets/statsig-lists/list-sizes.js';

/** Those that the settings name. Events name others, as many as they like, and labels of metrics must not come from them. */
export function namedLists(store: WorkspaceStore, sizes: readonly ListSize[]): readonly ListSize[] {
  const named = new Map<string, ReadonlySet<string>>();
  return sizes.filter(({ workspaceId, listId }) => {
    const lists =
      named.get(workspaceId) ?? new Set(store.findById(workspaceId)?.audiences.lists?.map(({ id }) => id) ?? []);
    named.set(workspaceId, lists);
    return lists.has(listId);
  });
}
