// Hashes where there is no `node:crypto`: of what these functions need of it, the same answers.

import { Bytes } from './bytes.js';
import { type Algorithm, digestOf, hmacOf } from './hashes.js';

type Encoding = 'hex' | 'base64url';

/** A hash or HMAC that is being made. */
interface Made {
  update(part: string | Uint8Array): Made;
  digest(): Bytes;
  digest(encoding: Encoding): string;
}

function make(finish: (bytes: Uint8Array) => Uint8Array): Made {
  const parts: number[] = [];
  function digest(): Bytes;
  function digest(encoding: Encoding): string;
  function digest(encoding?: Encoding): Bytes | string {
    const bytes = Bytes.from(finish(Uint8Array.from(parts)));
    return encoding === undefined ? bytes : bytes.toString(encoding);
  }
  const self: Made = {
    update(part) {
      for (const byte of Bytes.from(part)) parts.push(byte);
      return self;
    },
    digest,
  };
  return self;
}

export function createHash(algorithm: Algorithm): Made {
  return make((bytes) => digestOf(algorithm, bytes));
}

export function createHmac(algorithm: Algorithm, key: string): Made {
  return make((bytes) => hmacOf(algorithm, Bytes.from(key), bytes));
}

export function hash(algorithm: Algorithm, text: string, encoding: Encoding): string {
  return createHash(algorithm).update(text).digest(encoding);
}

/** @throws RangeError where they are of different lengths */
export function timingSafeEqual(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) throw new RangeError('Input buffers must have the same byte length');
  let differences = 0;
  for (let at = 0; at < one.length; at += 1) differences |= (one[at] ?? 0) ^ (other[at] ?? 0);
  return differences === 0;
}

/** What browsers and Node.js have. A Segment Function has Node's module under the name, which has it too; an isolate may have none. */
function randomSource(): { getRandomValues?: (bytes: Uint8Array) => unknown } {
  return Reflect.get(globalThis, 'crypto') ?? {};
}

/** Ids and marks are made of them, no keys: where nothing better is there, `Math.random` will do. */
export function randomBytes(size: number): Bytes {
  const bytes = new Bytes(size);
  const source = randomSource();
  if (typeof source.getRandomValues === 'function') source.getRandomValues(bytes);
  else for (let at = 0; at < size; at += 1) bytes[at] = Math.floor(Math.random() * 256);
  return bytes;
}

/** A UUID of version 4 (RFC 9562). */
export function randomUUID(): string {
  const bytes = randomBytes(16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
