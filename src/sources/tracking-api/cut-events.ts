// Cuts the events of an ordinary batch out of its bytes, one by one, so that each is parsed, converted and let go before the next: parsed at once they are
// several times as large as their text, and all of them would be moved in memory while the first ones are converted.
//
// Nothing is taken on trust. The body with a mark in the place of its list is parsed by itself, and so is each event; where the mark comes back as the value
// of `batch` and all of them are JSON, the whole is JSON and says the same. Where one of them is not, the whole is to be parsed.

import { randomBytes } from 'node:crypto';
import { parseJson } from '../../base/json.js';
import { holdsLongRun } from '../../base/long-numbers.js';
import { findSeparator, skipSpace } from '../../http/json-fields.js';
import { CLOSE_ARRAY, CLOSE_OBJECT, COMMA, findEnd, OPEN_ARRAY, OPEN_OBJECT, QUOTE } from '../../http/json-values.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import { MAX_EVENTS } from './limits.js';

/** The bytes are no batch of events in this form after all. What was made of the events so far is to be thrown away, and the body to be parsed whole. */
export class CutFault extends Error {}

/** Fewer bytes hold too few events for it to be worth while. */
const LEAST_BYTES = 8 * 1024;

const BATCH = Buffer.from('"batch"');
const COLON = 0x3a;

/** Stands for the list. No sender can know it. */
const MARK = randomBytes(9).toString('base64url');
const MARK_BYTES = Buffer.from(JSON.stringify(MARK));

/** Brackets at the end of a body that are looked at: few lists stand behind that of the events. */
const MOST_LOOKS = 16;

/** An event as it was cut. */
export interface CutEvent {
  readonly event: unknown;
  /** Bytes of its JSON text as it was sent. */
  readonly bytes: number;
}

/** The events of a body. To be gone through once. @throws CutFault on the way */
export interface CutEvents extends Iterable<CutEvent> {
  /** How many there are as it seems. */
  readonly seeming: number;
  /** One of those that were gone through, made once more. */
  at(index: number): CutEvent | undefined;
}

/** A body without its events. */
export interface CutBatch {
  /** Its fields; `batch` is an empty list. */
  readonly body: JsonObject;
  readonly events: CutEvents;
}

/** The index of the last byte before this one that is no white space. */
function skipSpaceBack(bytes: Buffer, from: number): number {
  let at = from;
  while (skipSpace(bytes, at) !== at) at -= 1;
  return at;
}

/** The first and the last bracket of the list, as it seems. */
function findList(bytes: Buffer): { readonly open: number; readonly close: number } | undefined {
  const name = bytes.indexOf(BATCH);
  if (name === -1) return undefined;
  const colon = skipSpace(bytes, name + BATCH.length);
  const open = skipSpace(bytes, colon + 1);
  if (bytes[colon] !== COLON || bytes[open] !== OPEN_ARRAY) return undefined;
  let close = bytes.length;
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    close = bytes.lastIndexOf(CLOSE_ARRAY, close - 1);
    if (close <= open) return undefined;
    if (bytes[skipSpaceBack(bytes, close - 1)] === CLOSE_OBJECT) return { open, close };
  }
  return undefined;
}

class EventCutter implements CutEvents {
  readonly #bytes: Buffer;
  readonly #end: number;
  readonly #hasLongRun: boolean;
  /** Of the events as they seem to stand, and then of those that were cut: the first byte of each, and the one behind its last. */
  readonly #places: number[];

  /** @param first byte of the first event @param end behind the last one, as it seems */
  constructor(bytes: Buffer, first: number, end: number) {
    this.#bytes = bytes;
    this.#end = end;
    this.#hasLongRun = holdsLongRun(bytes, first, end);
    this.#places = placesOf(bytes, first, end);
  }

  get seeming(): number {
    return this.#places.length / 2;
  }

  *[Symbol.iterator](): Iterator<CutEvent> {
    const places = this.#places;
    for (let index = 0; ; index += 1) {
      let cut = this.at(index);
      if (cut?.event === undefined) {
        this.#cutFrom(index);
        cut = this.at(index);
      }
      if (cut?.event === undefined) throw new CutFault();
      yield cut;
      if (places[2 * index + 1] === this.#end) return;
    }
  }

  at(index: number): CutEvent | undefined {
    const from = this.#places[2 * index];
    const to = this.#places[2 * index + 1];
    if (from === undefined || to === undefined) return undefined;
    return { event: parseJson(this.#bytes.toString('utf8', from, to), this.#hasLongRun), bytes: to - from };
  }

  /** From this event on they begin in different ways, or a part of one begins like them: each byte is looked at. @throws CutFault */
  #cutFrom(index: number): void {
    const places = this.#places;
    const bytes = this.#bytes;
    let from = places[2 * index] ?? this.#end;
    places.length = 2 * index;
    for (;;) {
      const to = findSeparator(bytes, from);
      if (to < this.#end && bytes[to] !== COMMA) throw new CutFault();
      places.push(from, Math.min(to, this.#end));
      if (places.length > 2 * MAX_EVENTS) throw new CutFault();
      if (to >= this.#end) return;
      from = to + 1;
    }
  }
}

/** Where the events stand, should each begin like the first, to the end of its first name: SDKs write them so. */
function placesOf(bytes: Buffer, first: number, end: number): number[] {
  const quote = skipSpace(bytes, first + 1);
  const nameEnd = bytes[quote] === QUOTE ? findEnd(bytes, quote + 1) + 1 : first + 1;
  const start = bytes.subarray(first, Math.min(nameEnd, end));
  const places = [first];
  for (let at = bytes.indexOf(start, first + 1); at !== -1 && at < end; at = bytes.indexOf(start, at + 1)) {
    const comma = skipSpaceBack(bytes, at - 1);
    if (bytes[comma] !== COMMA || bytes[skipSpaceBack(bytes, comma - 1)] !== CLOSE_OBJECT) continue;
    places.push(comma, comma + 1);
  }
  places.push(end);
  return places;
}

/** Cuts a batch; `undefined` where it is too small, or does not look like a list of objects. */
export function cutBatch(bytes: Buffer): CutBatch | undefined {
  if (bytes.length < LEAST_BYTES || bytes[0] !== OPEN_OBJECT) return undefined;
  const list = findList(bytes);
  if (list === undefined) return undefined;
  const { open, close } = list;
  const first = skipSpace(bytes, open + 1);
  if (bytes[first] !== OPEN_OBJECT) return undefined;
  const around = Buffer.concat([bytes.subarray(0, open), MARK_BYTES, bytes.subarray(close + 1)]);
  const body = parseJson(around.toString('utf8'));
  if (!isJsonObject(body) || body.batch !== MARK) return undefined;
  const events = new EventCutter(bytes, first, close);
  return events.seeming > MAX_EVENTS ? undefined : { body: { ...body, batch: [] }, events };
}
