// Reads a dotted path from an event, compiled once per setting.

import type { FieldPath } from '../base/trace.js';
import { isJsonObject, type SegmentEvent } from '../model/segment-event.js';

/** Reads one field of an event; `undefined` where the path leads nowhere. */
export type FieldReader = (event: SegmentEvent) => unknown;

/**
 * The value that keys lead to from the top; `undefined` where they lead nowhere.
 *
 * @param isPlain no prototype has one of the keys: to ask whether a field is its own costs more than to read it
 */
export function valueAt(start: unknown, keys: FieldPath, isPlain = false): unknown {
  let value = start;
  for (const key of keys) {
    if (!isJsonObject(value) || !(isPlain || Object.hasOwn(value, key))) return undefined;
    value = value[key];
  }
  return value;
}

/** Where the value stands that `compilePath` reads. */
export function placeOf(event: SegmentEvent, path: string): FieldPath {
  const keys = path.split('.');
  return keys[0] === 'traits' && (valueAt(event, keys) ?? undefined) === undefined ? ['context', ...keys] : keys;
}

/**
 * Compiles a path such as `context.device.id`. A path under `traits.` also looks under `context.traits.`, because Segment puts the traits of
 * identify and group calls at the top and RudderStack's SDKs put them into the context.
 */
export function compilePath(path: string): FieldReader {
  const keys = path.split('.');
  const isPlain = keys.every((key) => !(key in Object.prototype));
  if (keys[0] !== 'traits') return (event) => valueAt(event, keys, isPlain);
  const inContext = ['context', ...keys];
  return (event) => valueAt(event, keys, isPlain) ?? valueAt(event, inContext, isPlain);
}
