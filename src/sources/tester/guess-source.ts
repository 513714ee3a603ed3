// Guesses by its shape which source a body is for.

import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import { isWrapped } from '../segment/unpack.js';
import type { TestedSource } from './source-tester.js';

/** A guess, and what shows it: a phrase that goes on after "because". */
export interface Guess {
  readonly source: TestedSource;
  readonly why: string;
}

function isElement({ message, destination, metadata }: JsonObject): boolean {
  return isJsonObject(message) && (isJsonObject(destination) || isJsonObject(metadata));
}

/** Of the first event of a body: its others look alike. */
export function guessSource(body: unknown): Guess {
  const first: unknown = Array.isArray(body) ? body[0] : body;
  if (!isJsonObject(first)) return { source: 'segment', why: 'nothing in it says anything else' };
  if (isElement(first)) return { source: 'rudderstack', why: 'it has a `message` with its `destination`' };
  if (Array.isArray(first.input)) return { source: 'rudderstack', why: 'it has a list `input`' };
  if (Array.isArray(first.batch)) return { source: 'tracking-api', why: 'it has a list `batch`' };
  if (typeof first.writeKey === 'string') return { source: 'tracking-api', why: 'it has a `writeKey`' };
  if (Object.hasOwn(first, 'eventName')) return { source: 'statsig', why: 'it has an `eventName`' };
  if (Object.hasOwn(first, 'data') && !Object.hasOwn(first, 'type'))
    return { source: 'statsig', why: 'it has its events in `data`' };
  if (isWrapped(first)) return { source: 'segment', why: 'it has each event in `json`' };
  return { source: 'segment', why: 'it is an event of the Segment Spec, alone or in a list' };
}
