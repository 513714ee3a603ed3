// Reads what a sender says to Statsig inside an event: statsigCustomIDs, statsigCustom, statsigEnvironment.

import { parseJson } from '../base/json.js';
import type { FieldPath } from '../base/trace.js';
import { isJsonObject, type JsonObject, type SegmentEvent } from '../model/segment-event.js';
import { isVisible } from './visible-id.js';

/** One place of an event that may hold Statsig's keys. */
export interface StatsigSource {
  /** Path of the place: `properties`, `traits`, `context.traits`. */
  readonly path: string;
  readonly fields: JsonObject;
}

/** The places that hold at least one of Statsig's keys, strongest first. Statsig documents `properties`; people also use the traits. */
export function findStatsigSources(event: SegmentEvent): readonly StatsigSource[] {
  const sources: StatsigSource[] = [];
  const offer = (path: string, fields: unknown): void => {
    if (!isJsonObject(fields)) return;
    const { statsigCustomIDs, statsigCustom, statsigEnvironment } = fields;
    if (statsigCustomIDs !== undefined || statsigCustom !== undefined || statsigEnvironment !== undefined)
      sources.push({ path, fields });
  };
  offer('properties', event.properties);
  offer('traits', event.traits);
  if (isJsonObject(event.context)) offer('context.traits', event.context.traits);
  return sources;
}

/** What a sender wrote, or where it wrote JSON text, as programs do whose properties may not be nested, what that holds. */
export function withoutJsonText(value: unknown): unknown {
  return typeof value === 'string' && /^\s*(?:[[{"]|null\s*$)/.test(value) ? parseJson(value) : value;
}

/** Where a pair of `fields[name]` stands. Pairs of JSON text stand in the text. */
export function placeOfPair({ path, fields }: StatsigSource, name: string, { at }: Pair): FieldPath {
  const whole = [...path.split('.'), name];
  if (typeof fields[name] === 'string') return whole;
  return [...whole, at.startsWith('[') ? at.slice(1, -1) : at.slice(1)];
}

/** One name and its value. */
export interface Pair {
  readonly name: string;
  readonly value: unknown;
  /** Where it stood: `[3]` in a flat array, `.companyID` in an object. */
  readonly at: string;
}

/**
 * Reads the documented flat array (`[name, value, name, value]`) or an object, also as JSON text. Anything else holds no pairs; nor does a name that is no text or of which
 * nothing can be seen, or the last name of an odd array.
 */
export function readPairs(written: unknown): readonly Pair[] {
  const value = withoutJsonText(written);
  if (Array.isArray(value)) {
    const pairs: Pair[] = [];
    for (let i = 0; i + 1 < value.length; i += 2) {
      const name: unknown = value[i];
      if (typeof name === 'string' && isVisible(name)) pairs.push({ name, value: value[i + 1], at: `[${i + 1}]` });
    }
    return pairs;
  }
  if (!isJsonObject(value)) return [];
  return Object.keys(value)
    .filter(isVisible)
    .map((name) => ({ name, value: value[name], at: `.${name}` }));
}
