// SHA-1, SHA-256 and HMAC (FIPS 180-4, RFC 2104) of a few hundred lines less than a library has: `test/convert/platform.test.ts` holds them against Node's.

const BLOCK_BYTES = 64;
const LENGTH_BYTES = 8;

/** Names of what can be made. */
export type Algorithm = 'sha1' | 'sha256';

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

/** The first 32 bits of the fractional part. */
function fraction(value: number): number {
  return ((value - Math.floor(value)) * 2 ** 32) | 0;
}

function primes(count: number): readonly number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n += 1) if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
}

const SHA256_WORDS = primes(64).map((prime) => fraction(Math.cbrt(prime)));

const STARTS: Readonly<Record<Algorithm, readonly number[]>> = {
  sha1: [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0],
  sha256: primes(8).map((prime) => fraction(Math.sqrt(prime))),
};

/** The message with its padding, as words of 32 bits. */
function wordsOf(bytes: Uint8Array): DataView {
  const blocks = Math.ceil((bytes.length + 1 + LENGTH_BYTES) / BLOCK_BYTES);
  const padded = new Uint8Array(blocks * BLOCK_BYTES);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 2 ** 29));
  view.setUint32(padded.length - 4, bytes.length << 3);
  return view;
}

function mixSha1(state: readonly number[], block: (at: number) => number): readonly number[] {
  const w: number[] = [];
  let [a = 0, b = 0, c = 0, d = 0, e = 0] = state;
  for (let t = 0; t < 80; t += 1) {
    w[t] = t < 16 ? block(t) : rotate((w[t - 3] ?? 0) ^ (w[t - 8] ?? 0) ^ (w[t - 14] ?? 0) ^ (w[t - 16] ?? 0), 31);
    const [f, k] =
      t < 20
        ? [(b & c) | (~b & d), 0x5a827999]
        : t < 40
          ? [b ^ c ^ d, 0x6ed9eba1]
          : t < 60
            ? [(b & c) | (b & d) | (c & d), 0x8f1bbcdc]
            : [b ^ c ^ d, 0xca62c1d6];
    const next = (rotate(a, 27) + f + e + k + (w[t] ?? 0)) | 0;
    [a, b, c, d, e] = [next, a, rotate(b, 2), c, d];
  }
  return [a, b, c, d, e];
}

function mixSha256(state: readonly number[], block: (at: number) => number): readonly number[] {
  const w: number[] = [];
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let t = 0; t < 64; t += 1) {
    const early = w[t - 15] ?? 0;
    const late = w[t - 2] ?? 0;
    w[t] =
      t < 16
        ? block(t)
        : ((w[t - 16] ?? 0) +
            (rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3)) +
            (w[t - 7] ?? 0) +
            (rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10))) |
          0;
    const one =
      h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + (SHA256_WORDS[t] ?? 0) + (w[t] ?? 0);
    const two = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    [a, b, c, d, e, f, g, h] = [(one + two) | 0, a, b, c, (d + one) | 0, e, f, g];
  }
  return [a, b, c, d, e, f, g, h];
}

const MIXES = { sha1: mixSha1, sha256: mixSha256 } as const;

/** The digest of bytes. */
export function digestOf(algorithm: Algorithm, bytes: Uint8Array): Uint8Array {
  const view = wordsOf(bytes);
  let state = STARTS[algorithm];
  for (let at = 0; at < view.byteLength; at += BLOCK_BYTES) {
    const mixed = MIXES[algorithm](state, (word) => view.getInt32(at + 4 * word));
    state = state.map((word, index) => (word + (mixed[index] ?? 0)) | 0);
  }
  const digest = new Uint8Array(state.length * 4);
  const out = new DataView(digest.buffer);
  for (const [index, word] of state.entries()) out.setInt32(4 * index, word);
  return digest;
}

/** Bytes in a row. */
function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

/** The HMAC of bytes. */
export function hmacOf(algorithm: Algorithm, key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  block.set(key.length > BLOCK_BYTES ? digestOf(algorithm, key) : key);
  const padded = (pad: number) => block.map((byte) => byte ^ pad);
  return digestOf(algorithm, join(padded(0x5c), digestOf(algorithm, join(padded(0x36), bytes))));
}
