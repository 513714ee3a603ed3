// Adds rows to lists of a settings document and takes them out, without an empty list or group that is left behind.

import { isJsonObject, type JsonObject } from '../model/segment-event.js';
import { type Change, withStep } from '../settings/write/change-values.js';

/** A list of a document: the group that it is in, and its name there. */
export type ListPlace = readonly [group: string, name: string];

/** The rows of a list; none where there is no list. */
export function listIn(value: unknown, group: string, name: string): readonly unknown[] {
  const within = isJsonObject(value) ? value[group] : undefined;
  const list = isJsonObject(within) ? within[name] : undefined;
  return Array.isArray(list) ? list : [];
}

/** @param isThere whether a row is the one that is added, maybe written otherwise */
export function itemAdded(
  value: unknown,
  at: ListPlace,
  item: unknown,
  isThere: (row: unknown) => boolean,
): readonly Change[] {
  const list = listIn(value, ...at);
  return list.some(isThere) ? [] : [{ at, value: [...list, item] }];
}

function withoutItems(value: JsonObject, at: ListPlace, isGone: (row: unknown) => boolean): readonly Change[] {
  const [group, name] = at;
  const list = listIn(value, group, name);
  const left = list.filter((row) => !isGone(row));
  if (left.length === list.length) return [];
  if (left.length > 0) return [{ at, value: left }];
  const others = isJsonObject(value[group]) ? Object.keys(value[group]).filter((each) => each !== name) : [];
  return [{ at: others.length > 0 ? at : [group] }];
}

function afterChange(value: unknown, { at, value: wanted }: Change): unknown {
  return withStep(value, wanted === undefined ? { kind: 'remove', at } : { kind: 'set', at, value: wanted });
}

/** The changes that take rows out of several lists, one after the other. */
export function itemsRemoved(
  value: JsonObject,
  places: readonly { readonly at: ListPlace; readonly isGone: (row: unknown) => boolean }[],
): readonly Change[] {
  let current: unknown = value;
  return places.flatMap(({ at, isGone }) => {
    const changes = withoutItems(isJsonObject(current) ? current : {}, at, isGone);
    current = changes.reduce(afterChange, current);
    return changes;
  });
}
