// Finds the event's value.

import type { Trace } from '../base/trace.js';
import type { SegmentEvent } from '../model/segment-event.js';
import { type FieldReader, placeOf } from './field-path.js';
import type { MetadataField } from './metadata.js';
import { isFiniteNumber } from './scalars.js';

/** One path of `valueFrom`. */
export interface ValuePath {
  readonly path: string;
  readonly read: FieldReader;
  /** Where in the metadata this path would be repeated. */
  readonly metadataField: MetadataField;
}

/** The value and the path that supplied it. */
export interface FoundValue {
  readonly value: string | number;
  readonly from: ValuePath;
}

/** The first path that holds a number, a non-empty string or a boolean (as a string). Statsig takes a string or a number (Statsig's OpenAPI). */
export function findValue(event: SegmentEvent, paths: readonly ValuePath[], trace?: Trace): FoundValue | undefined {
  for (const from of paths) {
    const found = from.read(event);
    const value = typeof found === 'boolean' ? String(found) : found;
    if (isFiniteNumber(value) || (typeof value === 'string' && value !== '')) {
      trace?.add('value', `value = ${value}`, from.path);
      trace?.origin(['value'], `valueFrom ${from.path}`, [placeOf(event, from.path)]);
      return { value, from };
    }
  }
  return undefined;
}
