// Leaves the private attributes out of a Statsig user.

import { isJsonObject, type JsonObject } from '../../model/segment-event.js';

/** Statsig evaluates by these and promises to log none of them (Statsig's documentation, StatsigUser). */
const PRIVATE = 'privateAttributes';

/** More levels than any user has, and few enough that walking and writing them never exhausts the stack. */
const MAX_DEPTH = 1500;

function isNested(value: unknown): value is JsonObject | readonly unknown[] {
  return typeof value === 'object' && value !== null;
}

/** What is left of a value; the value itself where nothing is left out, `undefined` where it is nested too deep. */
function strip(value: JsonObject | readonly unknown[], depth: number): JsonObject | readonly unknown[] | undefined {
  if (depth > MAX_DEPTH) return undefined;
  return isJsonObject(value) ? stripFields(value, depth) : stripList(value, depth);
}

function stripList(items: readonly unknown[], depth: number): readonly unknown[] | undefined {
  let copy: unknown[] | undefined;
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    if (!isNested(item)) continue;
    const stripped = strip(item, depth + 1);
    if (stripped === undefined) return undefined;
    if (stripped === item) continue;
    copy ??= [...items];
    copy[i] = stripped;
  }
  return copy ?? items;
}

function stripFields(fields: JsonObject, depth: number): JsonObject | undefined {
  let copy: Record<string, unknown> | undefined;
  for (const key in fields) {
    if (key === PRIVATE) {
      copy ??= { ...fields };
      delete copy[PRIVATE];
      continue;
    }
    const value = fields[key];
    if (!isNested(value)) continue;
    const stripped = strip(value, depth + 1);
    if (stripped === undefined) return undefined;
    if (stripped === value) continue;
    copy ??= { ...fields };
    // A `__proto__` of the sender is an own field of the copy already, so this sets the field, never a prototype.
    copy[key] = stripped;
  }
  return copy ?? fields;
}

/**
 * The user without fields named `privateAttributes`, wherever in it they stand. Nothing is copied but what held one, and nothing is changed;
 * `undefined` for a user that is nested too deep.
 */
export function withoutPrivateAttributes(user: JsonObject): JsonObject | undefined {
  return stripFields(user, 1);
}
