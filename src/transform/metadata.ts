// Collects the event's remaining fields as Statsig metadata: text to text, flat, within a limit.

import type { FieldPath, Trace } from '../base/trace.js';
import { isJsonObject, type JsonObject } from '../model/segment-event.js';
import { isFiniteNumber, isSafeKey } from './scalars.js';

const MAX_DEPTH = 16;

const TOP: FieldPath = [];

/** Statsig's own keys in properties and traits (`statsigCustomIDs` …) are instructions, not data. */
const RESERVED_PREFIX = 'statsig';

/** A field by the object it stands in, `properties` or `traits`, and the key it has in the metadata. */
export interface MetadataField {
  readonly root: string;
  readonly key: string;
}

/**
 * Builds the metadata of one event. Whole keys are left out where the limit would be passed; nothing is ever cut.
 * Rules: Statsig's OpenAPI (string to string), its page about raw events (a dot in a key reads back as NULL).
 */
export class MetadataBuilder {
  readonly #metadata: Record<string, string> = {};
  readonly #maxLength: number;
  readonly #skip: MetadataField | undefined;
  readonly #trace: Trace | undefined;
  /** Names of the fields around the one that is added, where somebody looks. */
  readonly #path: string[] | undefined;
  /** The key to leave out of the object that is being added. */
  #skipKey: string | undefined;
  #length = 0;
  #empty = true;

  /**
   * @param maxLength characters that keys and values may have together
   * @param skip a field to leave out because it is already the event's `value`
   */
  constructor(maxLength: number, skip: MetadataField | undefined, trace: Trace | undefined) {
    this.#maxLength = maxLength;
    this.#skip = skip;
    this.#trace = trace;
    this.#path = trace && [];
  }

  /** Adds each field of the event's properties or traits, except Statsig's own keys. Anything but an object adds nothing. */
  addAll(root: 'properties' | 'traits', fields: unknown): void {
    if (!isJsonObject(fields)) return;
    this.#skipKey = this.#skip?.root === root ? this.#skip.key : undefined;
    this.#path?.push(root);
    for (const key in fields) {
      if (!key.startsWith(RESERVED_PREFIX) && isSafeKey(key)) this.add(key, fields[key]);
    }
    this.#path?.pop();
    this.#skipKey = undefined;
  }

  /** Adds one field: scalars as strings, arrays as JSON text, objects key by key. @param from the objects around it in the event that are not known yet */
  add(key: string, value: unknown, from: FieldPath = TOP): void {
    this.#path?.push(...from, key);
    this.#add(key.includes('.') ? key.replaceAll('.', '_') : key, value, 1);
    this.#path?.splice(-1 - from.length);
  }

  /** The metadata, or `undefined` where there is none. */
  build(): Record<string, string> | undefined {
    return this.#empty ? undefined : this.#metadata;
  }

  #add(key: string, value: unknown, depth: number): void {
    if (typeof value === 'string') this.#put(key, value);
    else if (typeof value === 'boolean' || isFiniteNumber(value)) this.#put(key, String(value));
    else if (Array.isArray(value)) this.#putArray(key, value);
    else if (isJsonObject(value)) this.#addObject(key, value, depth);
  }

  #addObject(key: string, fields: JsonObject, depth: number): void {
    if (depth >= MAX_DEPTH) {
      this.#trace?.add('metadata', `${key} left out`, `nested deeper than ${MAX_DEPTH} levels`);
      return;
    }
    for (const name in fields) {
      if (!isSafeKey(name)) continue;
      this.#path?.push(name);
      this.#add(`${key}_${name.includes('.') ? name.replaceAll('.', '_') : name}`, fields[name], depth + 1);
      this.#path?.pop();
    }
  }

  #putArray(key: string, items: readonly unknown[]): void {
    let text: string;
    try {
      text = JSON.stringify(items);
    } catch {
      // The only failure JSON.stringify has for parsed JSON is running out of stack.
      this.#trace?.add('metadata', `${key} left out`, 'an array nested too deep');
      return;
    }
    this.#put(key, text);
  }

  #put(key: string, text: string): void {
    const taken = this.#length + key.length + text.length;
    const reason = this.#whyNot(key, taken);
    if (reason !== undefined) {
      if (reason !== '') this.#trace?.add('metadata', `${key} left out`, reason);
      return;
    }
    this.#metadata[key] = text;
    this.#trace?.add('metadata', `metadata.${key} = ${text}`, this.#path?.join('.') ?? '');
    this.#trace?.origin(['metadata', key], this.#path?.join('.') ?? '', [[...(this.#path ?? [])]]);
    this.#length = taken;
    this.#empty = false;
  }

  /** Why a key stays out; the empty string where the trace has said it already. */
  #whyNot(key: string, taken: number): string | undefined {
    if (key === this.#skipKey) return '';
    // First: to look a long key up is to put it together, for each of a hundred thousand fields below it.
    if (taken > this.#maxLength) return `over metadataMaxLength (${this.#maxLength})`;
    return Object.hasOwn(this.#metadata, key) ? 'the key is taken' : undefined;
  }
}
