// The settings in force with one workspace's edited, to try them.

import { buildDocument } from '../../settings/build-document.js';
import type { WorkspaceDocument } from '../../settings/document.js';
import type { WorkspaceSettings } from '../../settings/settings.generated.js';
import { formatPath } from '../../settings/settings-path.js';
import { readSettingsValue } from '../../settings/settings-value.js';
import { staticStore, type WorkspaceStore } from '../../settings/store.js';
import type { TesterSettingsFault } from './shapes.js';

/** Settings that say who sends and with which keys, as a whole or in part: a trial has those in force. */
const KEPT = new Set([
  ...['id', 'secretKey', 'consoleKey', 'segment', 'rudderstack'],
  ...['outbound.signingSecrets', 'outbound.targets', 'trackingApi.writeKeys'],
]);

/** What came of an edit. */
export type EditedStore =
  | { readonly store: WorkspaceStore; readonly faults: readonly [] }
  | { readonly store: undefined; readonly faults: readonly TesterSettingsFault[] };

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/**
 * The store in which `document` has other settings. Keys, senders and targets stay what they are.
 *
 * @param changes each stands for the setting of the same name; those of `outbound` and `audiences` one by one
 */
export function editStore(
  store: WorkspaceStore,
  document: WorkspaceDocument,
  changes: Readonly<Record<string, unknown>>,
): EditedStore {
  const names = Object.entries(changes).flatMap(([name, value]) => [
    name,
    ...Object.keys(fieldsOf(value)).map((field) => `${name}.${field}`),
  ]);
  const kept = names.filter((name) => KEPT.has(name));
  const faults = kept.map((path) => ({
    path,
    message: 'is not tried otherwise: keys, senders and targets are those in force',
  }));
  if (faults.length > 0) return { store: undefined, faults };

  const { outbound, audiences, trackingApi, settings } = document;
  const { signingSecrets, targets, ...plainOutbound } = outbound;
  const { writeKeys, ...plainTracking } = trackingApi;
  const value = {
    ...settings,
    ...changes,
    audiences: { ...audiences, ...fieldsOf(changes.audiences) },
    outbound: { ...plainOutbound, ...fieldsOf(changes.outbound) },
    trackingApi: { ...plainTracking, ...fieldsOf(changes.trackingApi) },
  };
  const { invalid, mistakes } = readSettingsValue(value, '', () => ({ problem: 'is not read here' }));
  const found = [
    ...invalid.map(({ path, message }) => ({ path, message })),
    ...mistakes.flatMap(({ kind, at, message }) => (kind === 'fault' ? [{ path: formatPath(at), message }] : [])),
  ];
  if (found.length > 0) return { store: undefined, faults: found };
  const built = buildDocument(document.id, document.source, value as WorkspaceSettings, []);
  const edited: WorkspaceDocument = {
    ...document,
    settings: built.settings,
    audiences: built.audiences,
    outbound: { ...built.outbound, signingSecrets, targets },
    trackingApi: { ...built.trackingApi, writeKeys },
  };
  return { store: staticStore(store.documents.map((each) => (each === document ? edited : each))), faults: [] };
}
