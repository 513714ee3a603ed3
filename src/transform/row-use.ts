// Remembers of a row of the settings (a mapping, a name of a filter) whether it has ever applied to an event: one that never does is mistyped, mostly.

/** Whether a row has applied. Set once, and read by people who ask. */
export interface RowUse {
  isUsed: boolean;
}

/** It has applied. */
export function noteUse(use: RowUse): void {
  use.isUsed = true;
}

/** The settings whose rows are watched. */
export type WatchedSetting =
  | 'identifierMappings'
  | 'includeEvents'
  | 'excludeEvents'
  | 'outbound.includeEvents'
  | 'outbound.excludeEvents';

/** Finds what remembers a row of a setting, by the row as people write it: `Order *`, `traits.plan -> plan`. */
export type FindRowUse = (setting: WatchedSetting) => (row: string) => RowUse;

/** Where no one asks. */
export const unwatched: FindRowUse = () => () => ({ isUsed: false });

/** A row of `identifierMappings`, as people write it. */
export function mappingRow({ from, to }: { readonly from: string; readonly to: string }): string {
  return `${from} -> ${to}`;
}
