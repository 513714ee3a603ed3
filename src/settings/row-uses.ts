// The rows of a settings document that are watched, and which of them have applied to an event since the document is in force in this process.
//
// What a document is compiled to sets a boolean when a row applies: 2 ns for a list of names, where deciding about an event takes 2,000. It is right to the event, where a look at samples
// would take a rare event for none. The same row of a document counts for all that is compiled from it: for what is pushed, and under the Configs of RudderStack's destinations.

import { type FindRowUse, mappingRow, type RowUse, type WatchedSetting } from '../transform/row-use.js';
import type { WorkspaceDocument } from './workspace-document.js';

/** A row, and whether it has applied. */
export interface WatchedRow extends Readonly<RowUse> {
  readonly setting: WatchedSetting;
  /** As people write it. */
  readonly row: string;
}

type Uses = ReadonlyMap<string, WatchedRow & RowUse>;

const uses = new WeakMap<WorkspaceDocument, Uses>();

const keyOf = (setting: WatchedSetting, row: string) => `${setting} ${row}`;

function watchedRows({ settings, outbound }: WorkspaceDocument): readonly (readonly [WatchedSetting, string])[] {
  const of = (setting: WatchedSetting, rows: readonly string[] = []) => rows.map((row) => [setting, row] as const);
  return [
    ...of('identifierMappings', settings.identifierMappings?.map(mappingRow)),
    ...of('includeEvents', settings.includeEvents),
    ...of('excludeEvents', settings.excludeEvents),
    ...of('outbound.includeEvents', outbound.includeEvents),
    ...of('outbound.excludeEvents', outbound.excludeEvents),
  ];
}

function usesOf(document: WorkspaceDocument): Uses {
  let known = uses.get(document);
  if (known === undefined) {
    known = new Map(
      watchedRows(document).map(([setting, row]) => [keyOf(setting, row), { setting, row, isUsed: false }]),
    );
    uses.set(document, known);
  }
  return known;
}

/** For what compiles the document. A row that it does not hold, as the Config of a destination may, is not remembered: anyone may send one. */
export function rowUsesOf(document: WorkspaceDocument): FindRowUse {
  const known = usesOf(document);
  return (setting) => (row) => known.get(keyOf(setting, row)) ?? { isUsed: false };
}

/** The rows of a document; none where it was not compiled yet. */
export function rowsOf(document: WorkspaceDocument): readonly WatchedRow[] {
  return [...(uses.get(document)?.values() ?? [])];
}
