// What connecting Segment writes into the settings document of a workspace, and takes out of it again.

import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import { type Change, withStep } from '../../settings/write/change-values.js';
import { namesFile } from '../secret-files.js';
import type { OpenSettings } from '../settings-file.js';
import type { ConnectSegmentOptions, SecretPlace } from './options.js';
import { ADDRESSES } from './region.js';
import type { SecretPlaces } from './secrets.js';

/** Custom id that anonymous people are counted by, as Segment's and Statsig's pages about each other name it. */
const ANONYMOUS = { from: 'anonymousId', to: 'segmentAnonymousId' };

const TARGET = 'segment';

function listAt(value: unknown, name: string): readonly unknown[] {
  const list = isJsonObject(value) ? value[name] : undefined;
  return Array.isArray(list) ? list : [];
}

function isNamed(setting: unknown, { reference, file }: SecretPlace, { file: document }: OpenSettings): boolean {
  return setting === reference || (file !== undefined && namesFile(setting, file, document));
}

function targetsIn(value: JsonObject): readonly JsonObject[] {
  return listAt(value.outbound, 'targets').filter(isJsonObject);
}

/** A name that no other target has. */
function targetName(targets: readonly JsonObject[]): string {
  const taken = new Set(targets.map(({ name }) => name));
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? TARGET : `${TARGET}-${count}`;
    if (!taken.has(name)) return name;
  }
}

function addTo(value: JsonObject, name: SecretKind, place: SecretPlace, settings: OpenSettings): readonly Change[] {
  const list = listAt(value.segment, name);
  if (list.some((each) => isNamed(each, place, settings))) return [];
  return [{ at: ['segment', name], value: [...list, place.reference] }];
}

const PLACES = { headerSecrets: 'header', sharedSecrets: 'shared' } as const;

type SecretKind = keyof typeof PLACES;

/**
 * The kinds of secrets that the document gets. Where it has one kind alone its senders show that one, and would be refused from the moment that it has both: Segment throws away
 * what is refused.
 */
export function kindsToAdd(value: JsonObject): readonly SecretKind[] {
  const kinds: readonly SecretKind[] = ['headerSecrets', 'sharedSecrets'];
  const there = kinds.filter((name) => listAt(value.segment, name).length > 0);
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
  for (const name of kindsToAdd(value)) changes.push(...addTo(value, name, places[PLACES[name]], settings));
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

/** The changes that leave a list without some of its items, and what it stood in without an empty list. */
function withoutItems(
  value: JsonObject,
  group: string,
  name: string,
  isGone: (item: unknown) => boolean,
): readonly Change[] {
  const list = listAt(value[group], name);
  const left = list.filter((item) => !isGone(item));
  if (left.length === list.length) return [];
  if (left.length > 0) return [{ at: [group, name], value: left }];
  const others = isJsonObject(value[group]) ? Object.keys(value[group]).filter((each) => each !== name) : [];
  return [{ at: others.length > 0 ? [group, name] : [group] }];
}

function afterChange(value: unknown, { at, value: wanted }: Change): unknown {
  return withStep(value, wanted === undefined ? { kind: 'remove', at } : { kind: 'set', at, value: wanted });
}

/** Only what names the files that were made: what people wrote themselves stays. */
export function changesToUndo(settings: OpenSettings, places: SecretPlaces): readonly Change[] {
  const names = (place: SecretPlace) => (item: unknown) => place.file !== undefined && isNamed(item, place, settings);
  const isTarget = names(places.writeKey);
  const rows = [
    ['segment', 'headerSecrets', names(places.header)],
    ['segment', 'sharedSecrets', names(places.shared)],
    ['outbound', 'targets', (item: unknown) => isJsonObject(item) && isTarget(item.writeKey)],
  ] as const;
  let value: unknown = settings.value ?? {};
  return rows.flatMap(([group, name, isGone]) => {
    const changes = withoutItems(isJsonObject(value) ? value : {}, group, name, isGone);
    value = changes.reduce(afterChange, value);
    return changes;
  });
}
