// Bytes where there is no `Buffer`: as much of Node's as the functions of this module need.

/** Half a surrogate pair. */
const HALF = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** UTF-8 of a string; half a surrogate pair becomes the replacement character. */
function encodeUtf8(text: string): number[] {
  const bytes: number[] = [];
  for (const [byte] of encodeURIComponent(text.replace(HALF, '\ufffd')).matchAll(/%..|./g))
    bytes.push(byte.length === 1 ? byte.charCodeAt(0) : Number.parseInt(byte.slice(1), 16));
  return bytes;
}

const DIGITS = '0123456789abcdef';
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Hex digits, in small letters. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += DIGITS.charAt(byte >> 4) + DIGITS.charAt(byte & 15);
  return text;
}

/** Base64 for URLs, without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const three = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    const characters = Math.min(4, bytes.length - at + 1);
    for (let n = 0; n < characters; n += 1) text += BASE64URL.charAt((three >> (18 - 6 * n)) & 63);
  }
  return text;
}

/** Bytes in a row, in the words of Node's `Buffer`. */
export class Bytes extends Uint8Array {
  static override from(source: string | ArrayLike<unknown> | Iterable<unknown>, encoding?: unknown): Bytes {
    if (typeof source !== 'string') return new Bytes(Array.from(source, Number));
    if (encoding !== 'hex') return new Bytes(encodeUtf8(source));
    return new Bytes((source.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16)));
  }

  static byteLength(text: string): number {
    return encodeUtf8(text).length;
  }

  equals(other: Uint8Array): boolean {
    return this.length === other.length && this.every((byte, at) => byte === other[at]);
  }

  /** @param encoding `hex`, `base64url`, or what UTF-8 says; empty where it says nothing */
  override toString(encoding?: string): string {
    if (encoding === 'hex') return toHex(this);
    return encoding === 'base64url' ? toBase64Url(this) : decodeUtf8(this);
  }
}

/** What UTF-8 says; empty where it says nothing. */
function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decodeURIComponent(toHex(bytes).replace(/../g, '%$&'));
  } catch {
    return '';
  }
}

export { Bytes as Buffer };
