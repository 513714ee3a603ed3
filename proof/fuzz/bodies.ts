// Arbitrary bodies: JSON near the real one, any JSON, no JSON, broken bytes, and encodings that are right or wrong.

import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { Framing } from './case.js';
import { type JsonNode, writeNode } from './json.js';
import { changedSample, jsonNode } from './values.js';

/** A body with what its head says of it. */
export interface FuzzBody {
  readonly bytes: Buffer;
  readonly meant: Buffer | undefined;
  readonly framing: Framing;
  readonly headers: readonly (readonly [string, string])[];
}

const BROKEN_UTF8 = [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0x00]];

type Damage =
  | { readonly kind: 'none' | 'mark' | 'utf16' | 'empty' }
  | { readonly kind: 'cut' | 'flip'; readonly at: number }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: readonly number[] };

function damage(bytes: Buffer, how: Damage): Buffer {
  switch (how.kind) {
    case 'none':
      return bytes;
    case 'mark':
      return Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]);
    case 'utf16':
      return Buffer.from(bytes.toString(), 'utf16le');
    case 'empty':
      return Buffer.alloc(0);
    case 'cut':
      return bytes.subarray(0, how.at % (bytes.length + 1));
    case 'flip': {
      const copy = Buffer.from(bytes);
      if (copy.length > 0) copy.writeUInt8(copy.readUInt8(how.at % copy.length) ^ 0x10, how.at % copy.length);
      return copy;
    }
    case 'insert': {
      const at = how.at % (bytes.length + 1);
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(how.bytes), bytes.subarray(at)]);
    }
  }
}

const anyDamage: fc.Arbitrary<Damage> = fc.oneof(
  { weight: 40, arbitrary: fc.constant<Damage>({ kind: 'none' }) },
  { weight: 3, arbitrary: fc.constantFrom<Damage>({ kind: 'mark' }, { kind: 'utf16' }, { kind: 'empty' }) },
  { weight: 2, arbitrary: fc.nat().map((at): Damage => ({ kind: 'cut', at })) },
  { weight: 2, arbitrary: fc.nat().map((at): Damage => ({ kind: 'flip', at })) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.nat(), fc.constantFrom(...BROKEN_UTF8))
      .map(([at, bytes]): Damage => ({ kind: 'insert', at, bytes })),
  },
);

const ENCODERS = { gzip: gzipSync, 'x-gzip': gzipSync, deflate: deflateSync, br: brotliCompressSync } as const;

type Encoding =
  | { readonly kind: 'none' }
  | { readonly kind: 'right' | 'cut' | 'only said'; readonly name: keyof typeof ENCODERS }
  | { readonly kind: 'unknown'; readonly name: string };

const NAMES = Object.keys(ENCODERS) as (keyof typeof ENCODERS)[];

const encoding: fc.Arbitrary<Encoding> = fc.oneof(
  { weight: 30, arbitrary: fc.constant<Encoding>({ kind: 'none' }) },
  { weight: 3, arbitrary: fc.constantFrom(...NAMES).map((name): Encoding => ({ kind: 'right', name })) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('cut', 'only said'), fc.constantFrom(...NAMES))
      .map(([kind, name]): Encoding => ({ kind, name })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('zstd', 'gzip, gzip', '__proto__', 'constructor', 'toString', 'identity;q=1', 'x'.repeat(2_000))
      .map((name): Encoding => ({ kind: 'unknown', name })),
  },
);

/** The bytes on the wire, and what they mean: nothing where they cannot be decoded. */
function encode(content: Buffer, how: Encoding): Pick<FuzzBody, 'bytes' | 'meant' | 'headers'> {
  if (how.kind === 'none') return { bytes: content, meant: content, headers: [] };
  const headers = [['Content-Encoding', how.name]] as const;
  if (how.kind === 'unknown') return { bytes: content, meant: undefined, headers };
  if (how.kind === 'only said') return { bytes: content, meant: undefined, headers };
  const bytes = ENCODERS[how.name](content);
  if (how.kind === 'right') return { bytes, meant: content, headers };
  return { bytes: bytes.subarray(0, bytes.length >> 1), meant: undefined, headers };
}

const framing: fc.Arbitrary<Framing> = fc.oneof(
  { weight: 60, arbitrary: fc.constant<Framing>('length') },
  { weight: 6, arbitrary: fc.constant<Framing>('chunked') },
  { weight: 1, arbitrary: fc.constantFrom<Framing>('longer', 'shorter') },
);

const contentType = fc.constantFrom(
  'application/json',
  'application/json; charset=utf-8',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=',
  'application/json; charset=utf-16',
  '',
  ';;;===',
);

/** @param samples bodies that the route knows */
export function fuzzBody(samples: readonly JsonNode[]): fc.Arbitrary<FuzzBody> {
  const content = fc.oneof(
    { weight: 12, arbitrary: changedSample(samples).map((node) => Buffer.from(writeNode(node))) },
    { weight: 2, arbitrary: jsonNode.map((node) => Buffer.from(writeNode(node))) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
  );
  return fc
    .tuple(content, anyDamage, encoding, framing, fc.option(contentType, { freq: 3 }))
    .map(([bytes, harm, how, end, type]) => {
      const encoded = encode(damage(bytes, harm), how);
      const headers = [...encoded.headers, ...(type === null ? [] : ([['Content-Type', type]] as const))];
      return { ...encoded, framing: end, headers };
    });
}
