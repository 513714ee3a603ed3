// Lists the values that only one document may have.

import type { DocumentSecret } from './document-secrets.js';
import type { WorkspaceSettings } from './settings.generated.js';
import type { SettingsPath } from './settings-path.js';
import type { TextPosition } from './yaml-tree.js';

const RUDDERSTACK_IDS = [
  ['RudderStack destination', 'destinationIds'],
  ['RudderStack workspace', 'workspaceIds'],
  ['RudderStack source', 'sourceIds'],
] as const;

const KEYS = [
  ['write key', 'trackingApi', 'writeKeys'],
  ['API key', 'segment', 'apiKeys'],
  ['source write key', 'rudderstack', 'sourceWriteKeys'],
] as const;

/** What kind of value it is, in the words of a fault. */
export type UniqueKind = 'workspace id' | (typeof RUDDERSTACK_IDS)[number][0] | (typeof KEYS)[number][0];

/** Where a value stands. */
export interface ValuePlace extends TextPosition {
  readonly source: string;
  readonly path: string;
}

/** Something only one document may have: its id, a RudderStack destination, workspace or source it applies to, a key that picks it. */
export interface UniqueValue {
  /** Within the settings of its workspace. */
  readonly at: SettingsPath;
  /** Where it stands; looked for when it is needed, which is in case of a conflict. */
  readonly place: () => ValuePlace;
  readonly kind: UniqueKind;
  readonly value: string;
  /** The value for people; absent when it is secret. */
  readonly shown?: string;
  /** Stands for the document: the same object for all of its values. */
  readonly owner: object;
}

/**
 * The unique values of one document.
 *
 * @param id false: the document has none
 * @param settings valid by the manifest's schema
 * @param secrets those of `settings`
 * @param placeOf where a value of the settings stands in the text
 */
export function uniqueValuesOf(
  id: string | false,
  settings: WorkspaceSettings,
  secrets: readonly DocumentSecret[],
  placeOf: (at: SettingsPath) => ValuePlace,
): readonly UniqueValue[] {
  const owner = {};
  const shown = (kind: UniqueKind, value: string, at: SettingsPath) => ({
    kind,
    value,
    shown: value,
    owner,
    at,
    place: () => placeOf(at),
  });
  const ids = RUDDERSTACK_IDS.flatMap(([kind, list]) =>
    (settings.rudderstack?.[list] ?? []).map((value, index) => shown(kind, value, ['rudderstack', list, index])),
  );
  const keys = KEYS.flatMap(([kind, group, list]) =>
    secrets.flatMap(({ at, secret }) =>
      secret !== undefined && at[0] === group && at[1] === list
        ? [{ kind, value: secret.reveal(), owner, at, place: () => placeOf(at) }]
        : [],
    ),
  );
  return [...(id === false ? [] : [shown('workspace id', id, ['id'])]), ...ids, ...keys];
}
