// Cuts the contents of a file into the texts of its values, without holding more than one.

import type { Format } from './position.js';

/**
 * Bytes of one value. RudderStack's SDKs fill a call up to 9 MiB; what is longer is no event, and would have to be held whole.
 */
export const MAX_VALUE_BYTES = 10 * 1024 * 1024;

/** One value of a file, or what stands in the place of one. */
export interface Piece {
  /** JSON, as far as it was looked at. */
  readonly text: string | undefined;
  /** Why there is no text. */
  readonly fault?: 'VALUE_TOO_LARGE' | 'VALUE_BROKEN_OFF';
  /** Where it begins, from 1. */
  readonly line: number;
  /** The first byte of its contents behind it, and its line. */
  readonly end: number;
  readonly endLine: number;
}

/** Cuts chunks, one after the other. */
export interface Splitter {
  readonly format: Format;
  push(chunk: Buffer): readonly Piece[];
  /** What is left when the file ends. */
  end(): readonly Piece[];
  /** The first byte that belongs to no piece yet, and its line. */
  readonly next: { readonly offset: number; readonly line: number };
}

const LINE_FEED = 0x0a;
const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** The bytes of a value that came in several chunks. */
class Held {
  #parts: Buffer[] = [];
  #bytes = 0;

  get isTooLarge(): boolean {
    return this.#bytes > MAX_VALUE_BYTES;
  }

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  /** What is too large is counted, and not kept. */
  add(part: Buffer): void {
    this.#bytes += part.length;
    if (this.isTooLarge) this.#parts = [];
    else this.#parts.push(part);
  }

  take(): string {
    const text = Buffer.concat(this.#parts).toString();
    this.#parts = [];
    this.#bytes = 0;
    return text;
  }
}

/** Of a file with a value on each line. */
class LineSplitter implements Splitter {
  readonly format = 'lines';
  readonly #held = new Held();
  /** Of the chunk that comes next. */
  #offset: number;
  #line: number;
  #start: number;

  constructor(offset: number, line: number) {
    this.#offset = offset;
    this.#start = offset;
    this.#line = line;
  }

  get next() {
    return { offset: this.#start, line: this.#line };
  }

  push(chunk: Buffer): readonly Piece[] {
    const pieces: Piece[] = [];
    let from = 0;
    for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, from)) {
      this.#cut(chunk, from, at, pieces);
      from = at + 1;
    }
    if (from < chunk.length) this.#held.add(chunk.subarray(from));
    this.#offset += chunk.length;
    return pieces;
  }

  end(): readonly Piece[] {
    const pieces: Piece[] = [];
    if (!this.#held.isEmpty) this.#cut(Buffer.alloc(0), 0, 0, pieces);
    this.#start = this.#offset;
    return pieces;
  }

  #cut(chunk: Buffer, from: number, at: number, pieces: Piece[]): void {
    const line = this.#line;
    const end = this.#offset + at + 1;
    let text: string | undefined;
    if (this.#held.isEmpty && at - from <= MAX_VALUE_BYTES) text = chunk.toString('utf8', from, at);
    else {
      this.#held.add(chunk.subarray(from, at));
      const { isTooLarge } = this.#held;
      const held = this.#held.take();
      text = isTooLarge ? undefined : held;
    }
    this.#line += 1;
    this.#start = end;
    const place = { line, end, endLine: this.#line };
    if (text === undefined) pieces.push({ text, fault: 'VALUE_TOO_LARGE', ...place });
    else if (text.trim() !== '') pieces.push({ text, ...place });
  }
}

/** Of a file with values wherever they like: in one list, over several lines, behind each other. Lists on the top level are opened. */
class ValueSplitter implements Splitter {
  readonly format = 'values';
  readonly #held = new Held();
  #offset: number;
  #line: number;
  #next: { offset: number; line: number };
  /** Objects and lists around the byte, within a value. */
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  /** Number, word or string on the top level. */
  #isInScalar = false;
  /** Lists on the top level that are open. */
  #openLists: number;
  #startLine = 1;

  constructor(offset: number, line: number) {
    this.#offset = offset;
    this.#line = line;
    this.#next = { offset, line };
    // Behind a place within, a list is open: its end is no fault, and that it is missing is not known.
    this.#openLists = 0;
  }

  get next() {
    return this.#next;
  }

  get #isInValue(): boolean {
    return this.#depth > 0 || this.#isInScalar;
  }

  push(chunk: Buffer): readonly Piece[] {
    const pieces: Piece[] = [];
    let start = this.#isInValue ? 0 : -1;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (byte === LINE_FEED) this.#line += 1;
      if (this.#isInString) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (byte === BACKSLASH) this.#isEscaped = true;
        else if (byte === QUOTE) this.#isInString = false;
        continue;
      }
      if (this.#depth > 0) {
        if (byte === QUOTE) this.#isInString = true;
        else if (byte === OPEN_OBJECT || byte === OPEN_LIST) this.#depth += 1;
        else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
          this.#depth -= 1;
          if (this.#depth === 0) {
            this.#cut(chunk, start, at + 1, pieces);
            start = -1;
          }
        }
        continue;
      }
      const isBetween = byte <= SPACE || byte === COMMA || byte === OPEN_LIST || byte === CLOSE_LIST;
      if (this.#isInScalar) {
        if (byte === QUOTE) this.#isInString = true;
        else if (isBetween || byte === OPEN_OBJECT) {
          this.#isInScalar = false;
          this.#cut(chunk, start, at, pieces);
          start = -1;
          at -= 1;
          if (byte === LINE_FEED) this.#line -= 1;
        }
        continue;
      }
      if (isBetween) {
        if (byte === OPEN_LIST) this.#openLists += 1;
        else if (byte === CLOSE_LIST) this.#openLists -= 1;
        continue;
      }
      start = at;
      this.#startLine = this.#line;
      if (byte === OPEN_OBJECT) this.#depth = 1;
      else {
        this.#isInScalar = true;
        this.#isInString = byte === QUOTE;
      }
    }
    if (start !== -1) this.#held.add(chunk.subarray(start));
    this.#offset += chunk.length;
    return pieces;
  }

  end(): readonly Piece[] {
    const pieces: Piece[] = [];
    const end = this.#offset;
    const endLine = this.#line;
    if (this.#isInScalar && !this.#isInString) {
      this.#isInScalar = false;
      this.#cut(Buffer.alloc(0), 0, 0, pieces);
    } else if (this.#isInValue)
      pieces.push({ text: undefined, fault: 'VALUE_BROKEN_OFF', line: this.#startLine, end, endLine });
    else if (this.#openLists > 0)
      pieces.push({ text: undefined, fault: 'VALUE_BROKEN_OFF', line: endLine, end, endLine });
    this.#next = { offset: end, line: this.#line };
    return pieces;
  }

  #cut(chunk: Buffer, from: number, to: number, pieces: Piece[]): void {
    const end = this.#offset + to;
    const place = { line: this.#startLine, end, endLine: this.#line };
    this.#next = { offset: end, line: this.#line };
    if (this.#held.isEmpty && to - from <= MAX_VALUE_BYTES) {
      pieces.push({ text: chunk.toString('utf8', from, to), ...place });
      return;
    }
    this.#held.add(chunk.subarray(from, to));
    const { isTooLarge } = this.#held;
    const text = this.#held.take();
    pieces.push(isTooLarge ? { text: undefined, fault: 'VALUE_TOO_LARGE', ...place } : { text, ...place });
  }
}

/** @param from where the first chunk begins, in bytes of the contents, and its line */
export function createSplitter(format: Format, from: { readonly offset: number; readonly line: number }): Splitter {
  return format === 'lines' ? new LineSplitter(from.offset, from.line) : new ValueSplitter(from.offset, from.line);
}
