// Finds senders whose events the mode `webhook` cannot relay.

import { formatPath, type SettingsPath, valueAt } from './settings-path.js';

/** What lets senders push events. Statsig documents a webhook for RudderStack's messages; the one for Segment's was replaced by an integration of Segment's own in 2021. */
const SENDERS: readonly SettingsPath[] = [
  ['segment', 'sharedSecrets'],
  ['segment', 'headerSecrets'],
  ['segment', 'apiKeys'],
  ['trackingApi', 'writeKeys'],
];

/** A list of senders that is at fault as a whole. */
export interface RelayFault {
  readonly at: SettingsPath;
  readonly message: string;
}

/** Every such list of settings. What is no list is a fault of its own. */
export function findRelayFaults(settings: unknown): RelayFault[] {
  if (valueAt(settings, ['mode']) !== 'webhook') return [];
  return SENDERS.flatMap((at) => {
    const senders = valueAt(settings, at);
    if (!Array.isArray(senders) || senders.length === 0) return [];
    const message = `cannot stand beside mode: webhook, which relays RudderStack's messages only: set mode: events, or move ${formatPath(at)} to a workspace of its own`;
    return [{ at, message }];
  });
}
