// What connecting Segment writes into the settings document of a workspace, and takes out of it again.

import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import { isServiceUrl } from '../../settings/sources/location.js';
import type { Change } from '../../settings/write/change-values.js';
import { namesFile } from '../secret-files.js';
import type { OpenSettings } from '../settings-file.js';
import { itemAdded, itemsRemoved, listIn } from '../settings-lists.js';
import type { ConnectSegmentOptions, SecretPlace } from './options.js';
import { ADDRESSES } from './region.js';
import type { SecretPlaces } from './secrets.js';

/** Custom id that anonymous people are counted by, as Segment's and Statsig's pages about each other name it. */
const ANONYMOUS = { from: 'anonymousId', to: 'segmentAnonymousId' };

const TARGET = 'segment';

function isNamed(setting: unknown, { reference, file }: SecretPlace, { file: document }: OpenSettings): boolean {
  return setting === reference || (file !== undefined && namesFile(setting, file, document));
}

function targetsIn(value: JsonObject): readonly JsonObject[] {
  return listIn(value, 'outbound', 'targets').filter(isJsonObject);
}

/** A name that no other target has. */
function targetName(targets: readonly JsonObject[]): string {
  const taken = new Set(targets.map(({ name }) => name));
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? TARGET : `${TARGET}-${count}`;
    if (!taken.has(name)) return name;
  }
}

const PLACES = { headerSecrets: 'header', sharedSecrets: 'shared' } as const;

type SecretKind = keyof typeof PLACES;

/**
 * The kinds of secrets that the document gets. Where it has one kind alone its senders show that one, and would be refused from the moment that it has both: Segment throws away
 * what is refused.
 */
export function kindsToAdd(value: JsonObject): readonly SecretKind[] {
  const kinds: readonly SecretKind[] = ['headerSecrets', 'sharedSecrets'];
  const there = kinds.filter((name) => listIn(value, 'segment', name).length > 0);
  return there.length === 0 ? kinds : there;
}

/** @param withTarget whether the write key of the outbound source is there, or will be */
export function changesToConnect(
  settings: OpenSettings,
  options: ConnectSegmentOptions,
  places: SecretPlaces,
  withTarget: boolean,
): readonly Change[] {
  const { value = {} } = settings;
  const changes: Change[] = [];
  if (options.secretKey !== undefined && value.secretKey === undefined)
    changes.push({ at: ['secretKey'], value: options.secretKey });
  for (const name of kindsToAdd(value)) {
    const place = places[PLACES[name]];
    changes.push(...itemAdded(value, ['segment', name], place.reference, (row) => isNamed(row, place, settings)));
  }
  if (settings.value === undefined) changes.push({ at: ['identifierMappings'], value: [ANONYMOUS] });
  const targets = targetsIn(value);
  if (withTarget && !targets.some(({ writeKey }) => isNamed(writeKey, places.writeKey, settings))) {
    const host = options.trackingUrl ?? ADDRESSES[options.region].trackingUrl;
    const target = {
      name: targetName(targets),
      writeKey: places.writeKey.reference,
      ...(host !== ADDRESSES.us.trackingUrl && { host }),
    };
    changes.push({ at: ['outbound', 'targets'], value: [...targets, target] });
  }
  return changes;
}

/** Only what names the files that were made, or in a config service's document the variables that it was told to name: what people wrote themselves stays. */
export function changesToUndo(settings: OpenSettings, places: SecretPlaces): readonly Change[] {
  const isService = isServiceUrl(settings.location);
  const names = (place: SecretPlace) => (row: unknown) =>
    (isService || place.file !== undefined) && isNamed(row, place, settings);
  const isKey = names(places.writeKey);
  return itemsRemoved(settings.value ?? {}, [
    { at: ['segment', 'headerSecrets'], isGone: names(places.header) },
    { at: ['segment', 'sharedSecrets'], isGone: names(places.shared) },
    { at: ['outbound', 'targets'], isGone: (row) => isJsonObject(row) && isKey(row.writeKey) },
  ]);
}
