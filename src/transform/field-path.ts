// Reads a dotted path from an event, compiled once per setting.

import { isJsonObject, type SegmentEvent } from '../model/segment-event.js';

/** Reads one field of an event; `undefined` where the path leads nowhere. */
export type FieldReader = (event: SegmentEvent) => unknown;

function walk(start: unknown, keys: readonly string[]): unknown {
  let value = start;
  for (const key of keys) {
    if (!isJsonObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/**
 * Compiles a path such as `context.device.id`. A path under `traits.` also looks under `context.traits.`, because Segment puts the traits of
 * identify and group calls at the top and RudderStack's SDKs put them into the context.
 */
export function compilePath(path: string): FieldReader {
  const keys = path.split('.');
  if (keys[0] !== 'traits') return (event) => walk(event, keys);
  const inContext = ['context', ...keys];
  return (event) => walk(event, keys) ?? walk(event, inContext);
}
