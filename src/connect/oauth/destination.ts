// What the destination in Segment is to be: of one of two kinds, by what leads its events here.

import { isDeepStrictEqual } from 'node:util';
import { Secret } from '../../base/secret.js';
import { isJsonObject } from '../../model/segment-event.js';
import { HIDDEN } from '../step.js';
import type { ConfigDestination, ConfigEntry } from './config-api.js';

/** Segment's Webhooks (classic): its settings hold our address. */
const WEBHOOKS = 'webhooks';

/** What a sender is known by, as far as the settings have it. */
export interface SenderSecrets {
  readonly header?: Secret;
  readonly signature?: Secret;
  readonly apiKey?: Secret;
}

/** One kind of destination. */
export interface DestinationKind {
  /** The secrets that its events may come with. */
  readonly secrets: readonly (keyof SenderSecrets)[];
  /** What stands in its settings. @param name of the destination @param url that its events are posted to */
  configOf(name: string, url: string, secrets: SenderSecrets): readonly ConfigEntry[];
  /** Whether it was made here: by our address, or by our key. */
  isOurs(found: ConfigDestination, url: string, secrets: SenderSecrets): boolean;
  /** Whether Segment's Developer Center, and not the destination, says where its events go. */
  readonly isAimedByOwner: boolean;
}

/** The value of a setting. */
function settingOf({ name, config }: ConfigDestination, setting: string): unknown {
  return config.find((entry) => entry.name === `${name}/config/${setting}`)?.value;
}

function hooksIn(found: ConfigDestination): readonly unknown[] {
  const hooks = settingOf(found, 'hooks');
  const places = Array.isArray(hooks) ? hooks.map((each) => (isJsonObject(each) ? each.hook : each)) : [];
  return places.filter((place) => place !== '' && place !== undefined);
}

const webhooks: DestinationKind = {
  secrets: ['header', 'signature'],
  isAimedByOwner: false,
  configOf: (name, url, { header, signature }) => [
    {
      name: `${name}/config/hooks`,
      type: 'mixed',
      value: [{ hook: url, headers: header ? [{ key: 'Authorization', value: `Bearer ${header.reveal()}` }] : [] }],
    },
    ...(signature ? [{ name: `${name}/config/sharedSecret`, type: 'string', value: signature.reveal() }] : []),
  ],
  // A second address beside ours is somebody's: Segment does not retry for us once that one took an event.
  isOurs: (found, url) => isDeepStrictEqual(hooksIn(found), [url]),
};

const partner: DestinationKind = {
  secrets: ['apiKey'],
  isAimedByOwner: true,
  configOf: (name, _url, { apiKey }) => [
    { name: `${name}/config/apiKey`, display_name: 'API Key', type: 'string', value: apiKey?.reveal() ?? '' },
  ],
  isOurs: (found, _url, { apiKey }) => apiKey !== undefined && settingOf(found, 'apiKey') === apiKey.reveal(),
};

/** @param slug as Segment's catalog has it: `webhooks`, or a component of the app's owner, which Segment calls with an API key */
export function destinationKindOf(slug: string): DestinationKind {
  return slug === WEBHOOKS ? webhooks : partner;
}

/** Whether nothing of it has to be changed. */
export function isAsWanted(found: ConfigDestination, wanted: ConfigDestination): boolean {
  const isSet = (entry: ConfigEntry) =>
    found.config.some(({ name, value }) => name === entry.name && isDeepStrictEqual(value, entry.value));
  return found.enabled === wanted.enabled && wanted.config.every(isSet);
}

/** Secrets of these kinds as people may see them. */
export function hideSecrets(kinds: readonly (keyof SenderSecrets)[]): SenderSecrets {
  return Object.fromEntries(kinds.map((kind) => [kind, new Secret(HIDDEN)]));
}
