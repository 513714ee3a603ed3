// Numbers in JSON text that JavaScript would not write back digit by digit: ids of 17 digits and more, which a double turns into somebody else's.
//
// They become strings in the text before it is parsed, so that the parser stays the native one. A string that stands for a number is marked until it is
// parsed, and known by its place from then on: what is relayed has the number as it was written.

import { randomBytes } from 'node:crypto';

/** Shorter ones come back as they were written: a double holds every decimal of 15 digits. */
const MIN_LENGTH = 16;

/** JSON's grammar. */
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

const INTEGER = /^-?\d+$/;

/** Sign, whole part, fraction, exponent. */
const PARTS = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** Begins the strings that stand for numbers. No sender can know it. */
const MARK = randomBytes(9).toString('base64url');

const OPEN_MARK = `"${MARK}`;

const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;

/** A comma, and the brackets that close. */
const ENDS_VALUE: readonly number[] = [0x2c, 0x5d, 0x7d];

type Holder = Record<string, unknown> | unknown[];

/** By the object or array that they stand in: the key or index of each, and behind it how it was written. A flat list, as there may be a million. */
const written = new WeakMap<object, (string | number)[]>();

/** Whether there has been any. */
let areKnown = false;

/** The objects and arrays that hold such numbers, however deep. */
const holders = new WeakSet<object>();

function isPart(code: number): boolean {
  return (code >= ZERO && code <= NINE) || code === POINT;
}

/** True for each of them, in one comparison, and for a slash: what passes is looked at again. */
function mayBePart(code: number): boolean {
  return (code - POINT) >>> 0 <= NINE - POINT;
}

/** The index behind the run of digits and points that begins here. */
function endOfRun(text: string, start: number): number {
  let end = start;
  while (isPart(text.charCodeAt(end))) end += 1;
  return end;
}

/** Whether a number of JSON may begin behind a character. */
function isBeforeNumber(code: number): boolean {
  // A bracket, a comma, a colon, white space; NaN before the beginning of the text.
  return code === 0x5b || code === 0x2c || code === 0x3a || code <= 0x20 || Number.isNaN(code);
}

/** The index of the minus, or else of the first digit, of a number whose digits begin here. */
function withSign(text: string, start: number): number {
  return text.charCodeAt(start - 1) === MINUS ? start - 1 : start;
}

/**
 * The index of the next run of so many digits and points that may begin a number; -1 where there is none. Within a string there may be one, too.
 *
 * Of such a run every sixteenth character that is looked at is one, and so are those seven before or eight behind it: most characters are never looked at.
 */
function findRun(text: string, from: number): number {
  for (let at = from + MIN_LENGTH - 1; at < text.length; at += MIN_LENGTH) {
    if (!mayBePart(text.charCodeAt(at))) continue;
    if (!mayBePart(text.charCodeAt(at - 7)) && !(at + 8 < text.length && mayBePart(text.charCodeAt(at + 8)))) continue;
    if (!isPart(text.charCodeAt(at))) continue;
    let start = at;
    while (start > from && isPart(text.charCodeAt(start - 1))) start -= 1;
    const end = endOfRun(text, at);
    if (end - start >= MIN_LENGTH && isBeforeNumber(text.charCodeAt(withSign(text, start) - 1))) return start;
    at = end;
  }
  return -1;
}

/**
 * Whether there is, in bytes of JSON, a run of so many digits and points. Where there is none, no text of them holds a number that is to be kept as it is
 * written. Takes a third of the time that looking through the text takes.
 *
 * @param from the first byte, and `to` the one behind the last
 */
export function holdsLongRun(bytes: Uint8Array, from = 0, to = bytes.length): boolean {
  for (let at = from + MIN_LENGTH - 1; at < to; at += MIN_LENGTH) {
    if (!mayBePart(bytes[at] as number)) continue;
    if (!mayBePart(bytes[at - 7] as number) && !(at + 8 < to && mayBePart(bytes[at + 8] as number))) continue;
    if (!isPart(bytes[at] as number)) continue;
    let start = at;
    while (start > from && isPart(bytes[start - 1] as number)) start -= 1;
    let end = at;
    while (end < to && isPart(bytes[end] as number)) end += 1;
    if (end - start >= MIN_LENGTH) return true;
    at = end;
  }
  return false;
}

/** Whether the text may hold a number that is to be kept as it is written. Takes a tenth of the time that parsing does. */
export function mayHoldLongNumber(text: string): boolean {
  return findRun(text, 0) !== -1;
}

/** Tells, from front to back, which places of a JSON text stand within a string. */
class Strings {
  readonly #text: string;
  /** Behind the last string that was gone over, and the quote that begins the next one. */
  #end = 0;
  #next: number;

  constructor(text: string) {
    this.#text = text;
    this.#next = this.#find(0);
  }

  /** The index behind the string in which the place is; `undefined` where it is in none. Places are asked for in order. */
  endAround(place: number): number | undefined {
    while (this.#next < place) {
      this.#end = this.#endOf(this.#next + 1);
      this.#next = this.#find(this.#end);
    }
    return place < this.#end ? this.#end : undefined;
  }

  #find(from: number): number {
    const at = this.#text.indexOf('"', from);
    return at === -1 ? this.#text.length : at;
  }

  #endOf(start: number): number {
    for (let at = this.#find(start); at < this.#text.length; at = this.#find(at + 1)) {
      let before = at;
      while (before > start && this.#text.charCodeAt(before - 1) === BACKSLASH) before -= 1;
      if ((at - before) % 2 === 0) return at + 1;
    }
    return this.#text.length;
  }
}

/** The number of JSON that begins here; `undefined` where there is none, or where a key would stand: that is no JSON, and has to stay so. */
function numberAt(text: string, start: number): string | undefined {
  NUMBER.lastIndex = start;
  if (!NUMBER.test(text)) return undefined;
  const end = NUMBER.lastIndex;
  let next = end;
  while (text.charCodeAt(next) <= 0x20) next += 1;
  const isValue = next === text.length || next > end || ENDS_VALUE.includes(text.charCodeAt(next));
  return isValue && text.charCodeAt(next) !== COLON ? text.slice(start, end) : undefined;
}

/** The text with each number that would not come back as it is written in quotes and marked. Text that is no JSON does not become JSON. */
function markNumbers(text: string): string {
  const strings = new Strings(text);
  const parts: string[] = [];
  let copied = 0;
  let from = 0;
  for (let run = findRun(text, 0); run !== -1; run = findRun(text, from)) {
    from = endOfRun(text, run);
    const endOfString = strings.endAround(run);
    if (endOfString !== undefined) {
      from = Math.max(from, endOfString);
      continue;
    }
    const start = withSign(text, run);
    const number = numberAt(text, start);
    if (number === undefined || String(Number(number)) === number) continue;
    parts.push(text.slice(copied, start), OPEN_MARK, number, '"');
    copied = start + number.length;
    from = copied;
  }
  parts.push(text.slice(copied));
  return parts.join('');
}

/** The digits of a number, without noughts at either end, and the power of ten that they are times. */
interface Digits {
  readonly sign: string;
  readonly digits: string;
  readonly exponent: number;
}

function digitsOf(number: string): Digits {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = PARTS.exec(number) ?? [];
  const all = whole + fraction;
  let start = 0;
  let end = all.length;
  while (all.charCodeAt(start) === ZERO) start += 1;
  while (end > start && all.charCodeAt(end - 1) === ZERO) end -= 1;
  return { sign, digits: all.slice(start, end), exponent: Number(exponent) - fraction.length + (all.length - end) };
}

/** A number beyond the whole ones that a double holds: without its point and its exponent where that takes no more digits than were written. */
function keepLarge(number: string, value: number): string | number {
  const { sign, digits, exponent } = digitsOf(number);
  const held = digitsOf(String(value));
  if (held.digits === digits && held.exponent === exponent) return value;
  const isPlain = exponent >= 0 && digits.length + exponent <= number.length;
  return isPlain ? sign + digits + '0'.repeat(exponent) : number;
}

/**
 * A whole number is a name, and stays as it is written, however it is written: `157963456373623803.0`, too. A smaller fraction is a measure, for which the
 * nearest double is as good.
 */
function readNumber(number: string): string | number {
  if (INTEGER.test(number)) return number;
  const value = Number(number);
  if (!Number.isFinite(value)) return number;
  return Math.abs(value) > Number.MAX_SAFE_INTEGER ? keepLarge(number, value) : value;
}

function isHolder(value: unknown): value is Holder {
  return typeof value === 'object' && value !== null;
}

function numberOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.startsWith(MARK) ? value.slice(MARK.length) : undefined;
}

/** One object or array on the way down, and how far it was gone through. */
interface Level {
  readonly holder: Holder;
  /** Of an object. */
  readonly keys: readonly string[] | undefined;
  readonly size: number;
  at: number;
  found: (string | number)[] | undefined;
}

function levelOf(holder: Holder): Level {
  const keys = Array.isArray(holder) ? undefined : Object.keys(holder);
  return { holder, keys, size: (keys ?? (holder as unknown[])).length, at: 0, found: undefined };
}

/** Remembers that the last one of the path holds long numbers, and so does what is around it. */
function rememberHolders(path: readonly Level[]): void {
  for (let i = path.length - 1; i >= 0; i--) {
    const holder = path[i]?.holder;
    if (holder === undefined || holders.has(holder)) break;
    holders.add(holder);
  }
}

/** Puts the numbers in place of what stands for them, and remembers where they stood. Without recursion: a body may be nested deeper than the stack is. */
function unmarkNumbers(parsed: unknown): unknown {
  const top = numberOf(parsed);
  if (top !== undefined) return readNumber(top);
  if (!isHolder(parsed)) return parsed;
  let level = levelOf(parsed);
  const path = [level];
  for (;;) {
    if (level.at === level.size) {
      if (level.found !== undefined) written.set(level.holder, level.found);
      path.pop();
      const around = path.at(-1);
      if (around === undefined) return parsed;
      level = around;
      continue;
    }
    const fields = level.holder as Record<string | number, unknown>;
    const key = level.keys === undefined ? level.at : (level.keys[level.at] ?? '');
    level.at += 1;
    const value = fields[key];
    if (isHolder(value)) {
      level = levelOf(value);
      path.push(level);
      continue;
    }
    const number = numberOf(value);
    if (number === undefined) continue;
    fields[key] = readNumber(number);
    if (level.found === undefined) {
      areKnown = true;
      level.found = [];
      rememberHolders(path);
    }
    level.found.push(key, number);
  }
}

/**
 * The value of a JSON text in which numbers beyond the whole ones that a double holds are strings of their digits, unless JavaScript writes back the same digits.
 *
 * @throws SyntaxError for text that is not JSON
 */
export function parseLongNumbers(text: string): unknown {
  return unmarkNumbers(JSON.parse(markNumbers(text)));
}

/** Whether there are, in an object that was parsed, numbers that `writeLongNumbers` writes otherwise than `JSON.stringify`. A copy has none. */
export function holdsLongNumbers(value: object): boolean {
  return holders.has(value);
}

/** A place where a number stands as it was read, not as it was written. */
interface Place {
  readonly fields: Record<string | number, unknown>;
  readonly key: string | number;
  readonly read: unknown;
}

/** Puts what stands for the numbers that were written in place of those that were read. Without recursion, as above. @returns what was there */
function markWritten(value: object): readonly Place[] {
  const places: Place[] = [];
  const marked = new Set<object>();
  const left: object[] = [value];
  for (let holder = left.pop(); holder !== undefined; holder = left.pop()) {
    const found = written.get(holder);
    if (found !== undefined && !marked.has(holder)) {
      marked.add(holder);
      const fields = holder as Record<string | number, unknown>;
      for (let i = 0; i < found.length; i += 2) {
        const key = found[i] as string | number;
        if (!Object.hasOwn(fields, key)) continue;
        places.push({ fields, key, read: fields[key] });
        fields[key] = MARK + String(found[i + 1]);
      }
    }
    for (const member of Array.isArray(holder) ? holder : Object.values(holder))
      if (isHolder(member)) left.push(member);
  }
  return places;
}

/**
 * JSON text of a value, in which the long numbers of what was parsed are numbers again, as they were written. The value is changed while it is written, and not afterwards: a replacer takes so much of the
 * stack that half the depth does not fit.
 *
 * @throws RangeError where it is nested too deep
 */
export function writeLongNumbers(value: object): string {
  if (!areKnown) return JSON.stringify(value);
  const places = markWritten(value);
  if (places.length === 0) return JSON.stringify(value);
  let text: string;
  try {
    text = JSON.stringify(value);
  } finally {
    for (const { fields, key, read } of places) fields[key] = read;
  }
  const [start = '', ...parts] = text.split(OPEN_MARK);
  return start + parts.map((part) => part.replace('"', '')).join('');
}
