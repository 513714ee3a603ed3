// Reads the settings as a start would, with and without their keys.

import { notNeeded, type ReadSecret, readLocalSecret, readRemoteSecret } from '../../settings/secret-reference.js';
import { type DocumentFault, describeFault, SettingsError } from '../../settings/settings-error.js';
import { isServiceUrl } from '../../settings/sources/location.js';
import { lookOnce } from '../../settings/sources/look-once.js';
import type { WorkspaceDocument } from '../../settings/workspace-document.js';
import { ConnectError } from '../connection.js';
import type { ConnectStatsigOptions } from './options.js';

/** What the settings are. */
export interface ReadDocuments {
  /** With placeholders for keys, so that those without their keys on this machine are there, too. */
  readonly plain: readonly WorkspaceDocument[];
  /** With their keys; without those of which one cannot be read. */
  readonly withKeys: readonly WorkspaceDocument[];
  /** What only shows once keys are looked up. */
  readonly keyFaults: readonly DocumentFault[];
}

type Place = Pick<ConnectStatsigOptions, 'settingsLocation' | 'settingsToken' | 'readSecret'>;

async function look({ settingsLocation: location, settingsToken: token }: Place, readSecret: ReadSecret) {
  try {
    return await lookOnce({ location, token, readSecret });
  } catch (error) {
    if (error instanceof SettingsError) throw new ConnectError('settings', error.message);
    throw error;
  }
}

/** @throws ConnectError where the settings have faults beside their keys */
export async function readDocuments(place: Place): Promise<ReadDocuments> {
  const plain = await look(place, notNeeded);
  if (plain === undefined) return { plain: [], withKeys: [], keyFaults: [] };
  if (plain.faults.length > 0)
    throw new ConnectError('settings', `The settings have faults: ${plain.faults.map(describeFault).join('; ')}`);
  const { readSecret = isServiceUrl(place.settingsLocation) ? readRemoteSecret : readLocalSecret } = place;
  const { documents = [], faults = [] } = (await look(place, readSecret)) ?? {};
  return { plain: plain.documents, withKeys: documents, keyFaults: faults };
}
