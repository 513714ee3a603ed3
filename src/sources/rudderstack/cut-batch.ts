// Cuts the elements of a transform request out of the body's bytes, one by one, in the very form in which rudder-server writes them.
//
// Parsing the whole body costs more than everything else together, and most of it is for nothing: the destination stands in each element again, and
// the metadata is only echoed. Here a destination is parsed once, the metadata keeps its text, and between two elements others get their turn.
//
// Nothing is taken on trust. `},{"message":` cannot stand within a string of JSON, where a quote would have a backslash; it can stand deeper than between
// two elements, but then what is cut out is no whole JSON. So every piece is parsed on its own, and pieces that parse make a body that parses to the
// same. From the first one on that does not, the rest of the elements is parsed at once.
//
// The limits are those of the body parsed whole: the heap for its values has been taken before, and a piece that may be nested too deep is looked at.

import { parseJson } from '../../base/json.js';
import { holdsLongRun } from '../../base/long-numbers.js';
import type { JsonBytes } from '../../http/body.js';
import { assertDepth, BYTES_PER_DEPTH, MAX_DEPTH, measureJson } from '../../http/json-values.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import { assertElementCount, type BatchElement, createExpand, type Expand } from './batch.js';
import { messageTexts } from './message-texts.js';

/** The bytes are not in that form after all. What was made of the elements so far is to be thrown away and the body to be parsed whole. */
export class CutFault extends Error {}

/** A body, cut up. */
export interface CutBody {
  /** What it says beside its elements. */
  readonly fields: JsonObject;
  /** To be gone through once. @throws CutFault, PluginError BATCH_TOO_LONG, BODY_TOO_DEEP on the way */
  readonly elements: Iterable<BatchElement>;
}

const ELEMENT_START = Buffer.from('{"message":');
const BETWEEN_ELEMENTS = Buffer.from('},{"message":');
const BEFORE_DESTINATION = Buffer.from(',"destination":{');
const BEFORE_METADATA = ',"metadata":';
const ARRAY_START = Buffer.from('[{"message":');
const INPUT_START = Buffer.from('{"input":[{"message":');

const CLOSE_BRACKET = 0x5d;
const CLOSE_BRACE = 0x7d;

/** What is longer is left to the parser of whole bodies. */
const MAX_PIECE_BYTES = 1_000_000;

/** What the elements of one connection of a source and a destination end with: everything from the destination on. */
interface KnownEnd {
  readonly bytes: Buffer;
  readonly destination: JsonObject;
}

/** Each end is compared with all of them. */
const MAX_KNOWN_ENDS = 8;

/** A longer end is not worth the memory. */
const MAX_KNOWN_END_BYTES = 16_384;

/** Characters of metadata that are echoed as they came: too few to hold more levels than can be written. */
const MAX_METADATA_TEXT = 7_000;

/** The ends seen last, in whatever request: small requests repeat them as well as large ones. Equal bytes always parse to the same. */
const knownEnds: KnownEnd[] = [];

/** Their destinations, and those of the ends that were let go. */
const sharedDestinations = new WeakSet<JsonObject>();

/** Whether a destination is one object for all elements, of whatever request, that have it written in the same bytes. No template is in it. */
export function isShared(destination: JsonObject): boolean {
  return sharedDestinations.has(destination);
}

/** What has more bytes may be nested deeper than a body may. */
const SURELY_SHALLOW_BYTES = MAX_DEPTH * BYTES_PER_DEPTH;

/**
 * @param piece of the body
 * @param around levels of the body around it
 * @throws PluginError BODY_TOO_DEEP
 */
function assertShallow({ mustBeShallow }: JsonBytes, piece: Buffer, around: number): void {
  if (mustBeShallow && piece.length > SURELY_SHALLOW_BYTES - around * BYTES_PER_DEPTH)
    assertDepth(around + measureJson(piece).depth);
}

class ElementCutter {
  readonly #json: JsonBytes;
  readonly #bytes: Buffer;
  readonly #around: number;
  readonly #compacted: boolean;

  /** @param around levels of the body around the elements */
  constructor(json: JsonBytes, around: number, compacted: boolean) {
    this.#json = json;
    this.#bytes = json.bytes;
    this.#around = around;
    this.#compacted = compacted;
  }

  /** The element in these bytes; `undefined`, where there is not just one. */
  cut(from: number, to: number): BatchElement | undefined {
    assertShallow(this.#json, this.#bytes.subarray(from, to), this.#around);
    return to - from > MAX_PIECE_BYTES ? undefined : (this.#inParts(from, to) ?? this.#whole(from, to));
  }

  #inParts(from: number, to: number): BatchElement | undefined {
    return this.#compacted ? this.#withoutEnd(from, to) : this.#withEnd(from, to);
  }

  #withoutEnd(from: number, to: number): BatchElement | undefined {
    return this.#bytes[to - 1] === CLOSE_BRACE ? this.#head(from, to - 1, {}) : undefined;
  }

  #withEnd(from: number, to: number): BatchElement | undefined {
    for (const { bytes, destination } of knownEnds) {
      const start = to - bytes.length;
      if (start > from && this.#bytes.compare(bytes, 0, bytes.length, start, to) === 0)
        return this.#head(from, start, { destination });
    }
    const at = this.#bytes.subarray(from, to).lastIndexOf(BEFORE_DESTINATION);
    if (at === -1) return undefined;
    const end = this.#parseEnd(from + at, to);
    return end && this.#head(from, from + at, end);
  }

  /** The fields from the destination on. Remembered, unless templates in the Config may ask for any field of an element. */
  #parseEnd(at: number, to: number): Record<string, unknown> | undefined {
    const end = parseJson(`{${this.#bytes.toString('utf8', at + 1, to)}`);
    if (!isJsonObject(end) || Object.hasOwn(end, 'message') || Object.hasOwn(end, 'metadata')) return undefined;
    const { destination } = end;
    if (!isJsonObject(destination) || destination.hasDynamicConfig !== false) return { ...end };
    if (to - at <= MAX_KNOWN_END_BYTES) {
      if (knownEnds.length === MAX_KNOWN_ENDS) knownEnds.shift();
      // A part of the body would keep all of it in memory.
      knownEnds.push({ bytes: Buffer.from(this.#bytes.subarray(at, to)), destination });
      sharedDestinations.add(destination);
    }
    return { destination };
  }

  /** The element of these fields and of the message and the metadata before them. */
  #head(from: number, to: number, fields: Record<string, unknown>): BatchElement | undefined {
    const text = this.#bytes.toString('utf8', from, to);
    const at = text.lastIndexOf(BEFORE_METADATA);
    if (at === -1) return undefined;
    const metadataText = text.slice(at + BEFORE_METADATA.length);
    const sent = text.slice(ELEMENT_START.length, at);
    // Looked for at once, and not in the destination.
    const hasLongRun = holdsLongRun(this.#bytes, from, to);
    const message = parseJson(sent, hasLongRun);
    const metadata = parseJson(metadataText, hasLongRun);
    if (message === undefined || metadata === undefined) return undefined;
    fields.message = message;
    fields.metadata = metadata;
    // A long one may be nested too deep to be written, and is then echoed without its nested fields, as where the body is parsed whole.
    const messageText = () => sent;
    return metadataText.length > MAX_METADATA_TEXT
      ? { value: fields, messageText }
      : { value: fields, metadataText, messageText };
  }

  #whole(from: number, to: number): BatchElement | undefined {
    const piece = this.#bytes.subarray(from, to);
    const value = parseJson(piece.toString());
    return value === undefined ? undefined : { value, messageText: messageTexts(piece, 1, [value])(0) };
  }
}

/** Elements that are written in another way. Many of them are parsed where whole bodies are. */
function parseRest(json: JsonBytes, bytes: Buffer, around: number): readonly unknown[] {
  assertShallow(json, bytes, around);
  const values = bytes.length > MAX_PIECE_BYTES ? undefined : parseJson(`[${bytes.toString()}]`);
  if (!Array.isArray(values)) throw new CutFault();
  return values;
}

/**
 * @param around levels of the body around the elements
 * @param expand for the elements of a compacted body
 */
function* cutElements(
  json: JsonBytes,
  start: number,
  end: number,
  around: number,
  expand?: Expand,
): Iterable<BatchElement> {
  const { bytes } = json;
  const cutter = new ElementCutter(json, around, expand !== undefined);
  let from = start;
  let count = 0;
  for (;;) {
    assertElementCount(++count);
    const next = bytes.indexOf(BETWEEN_ELEMENTS, from);
    const to = next === -1 || next >= end ? end : next + 1;
    const element = cutter.cut(from, to);
    if (element === undefined) break;
    yield expand === undefined ? element : expand(element);
    if (to === end) return;
    from = to + 1;
  }
  const left = bytes.subarray(from, end);
  const rest = parseRest(json, left, around);
  assertElementCount(count - 1 + rest.length);
  const textOf = messageTexts(left, 1, rest);
  for (const [index, value] of rest.entries()) {
    const element = { value, messageText: textOf(index) };
    yield expand === undefined ? element : expand(element);
  }
}

function startsWith(bytes: Buffer, start: Buffer): boolean {
  return bytes.length > start.length && bytes.compare(start, 0, start.length, 0, start.length) === 0;
}

/** Cuts a body that is an array of elements; `undefined`, where it is not written as rudder-server does. */
export function cutArray(json: JsonBytes): CutBody | undefined {
  const { bytes } = json;
  if (!startsWith(bytes, ARRAY_START) || bytes[bytes.length - 1] !== CLOSE_BRACKET) return undefined;
  return { fields: {}, elements: cutElements(json, 1, bytes.length - 1, 1) };
}

/**
 * Cuts a body `{"input":[...],"<field>":...}`; `undefined`, where it is not written as rudder-server does.
 *
 * @param field the first one after the elements
 * @param compacted whether its elements get their destinations from its other fields
 * @throws PluginError BODY_TOO_DEEP
 */
export function cutInput(json: JsonBytes, field: 'destinations' | 'destType', compacted: boolean): CutBody | undefined {
  const { bytes } = json;
  if (!startsWith(bytes, INPUT_START)) return undefined;
  const start = INPUT_START.length - ELEMENT_START.length;
  const at = bytes.lastIndexOf(`}],"${field}":`);
  if (at < start) return undefined;
  // The brace at its end is the body's own.
  assertShallow(json, bytes.subarray(at + 3), 1);
  const fields = parseJson(`{${bytes.toString('utf8', at + 3)}`);
  if (!isJsonObject(fields) || Object.hasOwn(fields, 'input')) return undefined;
  return { fields, elements: cutElements(json, start, at + 1, 2, compacted ? createExpand(fields) : undefined) };
}
