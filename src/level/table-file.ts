// Reads LevelDB's tables: checks every block, and finds what is whole in a damaged one.

import { ByteReader, readUint64 } from './byte-reader.js';
import { crc32c, maskCrc } from './crc32c.js';
import { type IsSound, type Operation, VALUE } from './operation.js';
import { unpackSnappy } from './snappy.js';

const FOOTER = 48;
const MAGIC = Buffer.from('57fb808b247547db', 'hex');
/** Kind of compression, and the checksum. */
const TRAILER = 5;
const SNAPPY = 1;

/** Where a block lies, without its trailer. */
export interface Handle {
  readonly offset: number;
  readonly size: number;
}

/** @returns why the table cannot be trusted; `undefined` for one of which every byte is what was written */
export function checkTable(file: Buffer): string | undefined {
  try {
    const { data, rest } = readLayout(file);
    for (const handle of [...data, ...rest])
      if (!isIntact(file, handle)) return `a block at ${handle.offset} is damaged`;
    let end = 0;
    for (const { offset, size } of [...data, ...rest]) {
      if (offset !== end) return 'its blocks do not follow each other';
      end = offset + size + TRAILER;
    }
    return end === file.length - FOOTER ? undefined : 'its blocks do not follow each other';
  } catch (error) {
    return `its index cannot be read (${String(error)})`;
  }
}

/**
 * What is in a damaged table: of the blocks that are as they were written everything, of others what proves itself.
 *
 * @param highest no number of an operation can be higher
 */
export function* rescueTable(file: Buffer, isSound: IsSound, highest: number): Generator<Operation, void, void> {
  for (const handle of handlesOf(file)) {
    const { bytes, isWhole } = contentsOf(file, handle);
    if (isIntact(file, handle) && isWhole) yield* intactBlock(bytes);
    else yield* soundIn(bytes, isWhole, isSound, highest);
  }
}

/** The operations of an undamaged block. */
export function blockOperations(file: Buffer, handle: Handle): Operation[] {
  return intactBlock(contentsOf(file, handle).bytes);
}

/** The blocks that hold records. */
export function handlesOf(file: Buffer): readonly Handle[] {
  try {
    const { data } = readLayout(file);
    return data;
  } catch {
    return [...findBlocks(file)];
  }
}

interface Layout {
  readonly data: readonly Handle[];
  /** The filter, what names it, and the index. */
  readonly rest: readonly Handle[];
}

/** @throws RangeError where footer or index cannot be read */
function readLayout(file: Buffer): Layout {
  const start = file.length - FOOTER;
  if (start < 0 || !file.subarray(file.length - MAGIC.length).equals(MAGIC)) throw new RangeError('no footer');
  const reader = new ByteReader(file, start, file.length - MAGIC.length);
  const meta = readHandle(reader);
  const index = readHandle(reader);
  while (!reader.isAtEnd) if (reader.byte() !== 0) throw new RangeError('the footer is damaged');
  return { data: handlesIn(file, index), rest: [...handlesIn(file, meta), meta, index] };
}

function handlesIn(file: Buffer, handle: Handle): Handle[] {
  const { bytes, isWhole } = contentsOf(file, handle);
  if (!isWhole || !isIntact(file, handle)) throw new RangeError('the index is damaged');
  return [...entriesOf(bytes)].map(({ value }) => readHandle(new ByteReader(value)));
}

function readHandle(reader: ByteReader): Handle {
  return { offset: reader.varint(), size: reader.varint() };
}

function isIntact(file: Buffer, { offset, size }: Handle): boolean {
  const end = offset + size + 1;
  return end + 4 <= file.length && maskCrc(crc32c(file, offset, end)) === file.readUInt32LE(end);
}

/** Without the index, blocks are found by their checksums: they follow each other from the beginning. */
function* findBlocks(file: Buffer): Generator<Handle, void, void> {
  let offset = 0;
  while (offset + TRAILER < file.length) {
    const size = sizeOfBlock(file, offset);
    if (size === undefined) return;
    const handle = { offset, size };
    if (isIndex(contentsOf(file, handle).bytes)) return;
    yield handle;
    offset += size + TRAILER;
  }
}

function sizeOfBlock(file: Buffer, offset: number): number | undefined {
  let crc = 0;
  for (let at = offset; at + TRAILER <= file.length; at += 1) {
    if ((file[at] as number) <= SNAPPY) {
      if (maskCrc(crc32c(file, at, at + 1, crc)) === file.readUInt32LE(at + 1)) return at - offset;
    }
    crc = crc32c(file, at, at + 1, crc);
  }
  return undefined;
}

/** The index looks like any block, but its values are places. */
function isIndex(bytes: Buffer): boolean {
  try {
    return [...entriesOf(bytes)].every(({ value }) => {
      const reader = new ByteReader(value);
      readHandle(reader);
      return reader.isAtEnd;
    });
  } catch {
    return false;
  }
}

function contentsOf(file: Buffer, { offset, size }: Handle): { bytes: Buffer; isWhole: boolean } {
  const bytes = file.subarray(offset, offset + size);
  if (bytes.length < size) return { bytes, isWhole: false };
  return file[offset + size] === SNAPPY ? unpackSnappy(bytes) : { bytes, isWhole: true };
}

interface Entry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** @throws RangeError where the bytes are no block */
function startsOf(block: Buffer): { readonly starts: readonly number[]; readonly end: number } {
  if (block.length < 4) throw new RangeError('no block');
  const count = block.readUInt32LE(block.length - 4);
  const end = block.length - 4 - 4 * count;
  if (end < 0) throw new RangeError('no block');
  return { starts: Array.from({ length: count }, (_, index) => block.readUInt32LE(end + 4 * index)), end };
}

/** Keys share their beginnings with the key before, but for every sixteenth. @throws RangeError where the bytes are no block */
function* entriesOf(block: Buffer, from = 0, to = startsOf(block).end): Generator<Entry, void, void> {
  const reader = new ByteReader(block, from, to);
  let key: Buffer = Buffer.alloc(0);
  while (!reader.isAtEnd) {
    const shared = reader.varint();
    const own = reader.varint();
    const length = reader.varint();
    if (shared > key.length) throw new RangeError('a key shares more than there is');
    key = Buffer.concat([key.subarray(0, shared), reader.take(own)]);
    yield { key, value: reader.take(length) };
  }
}

function toOperation({ key, value }: Entry): Operation {
  const end = key.length - 8;
  const kind = key[end];
  if (end < 0 || kind === undefined || kind > VALUE) throw new RangeError('no key of a record');
  // The lowest byte is the kind.
  const sequence = readUint64(Buffer.concat([key.subarray(end + 1), Buffer.alloc(1)]), 0);
  return { key: key.subarray(0, end), value: kind === VALUE ? value : undefined, sequence };
}

/** A filter has a checksum, too, but is no block of records. */
function intactBlock(block: Buffer): Operation[] {
  const operations: Operation[] = [];
  try {
    for (const entry of entriesOf(block)) operations.push(toOperation(entry));
  } catch {
    // What a compaction made of damaged bytes has a right checksum all the same.
  }
  return operations;
}

function* soundIn(
  block: Buffer,
  isWhole: boolean,
  isSound: IsSound,
  highest: number,
): Generator<Operation, void, void> {
  let bounds = [0, block.length];
  try {
    const { starts, end } = startsOf(block);
    if (isWhole && starts.every((start, index) => start < end && start >= (starts[index - 1] ?? 0))) {
      bounds = [...starts, end];
    }
  } catch {
    // It is read from its beginning as far as it goes.
  }
  for (const [index, from] of bounds.slice(0, -1).entries()) {
    try {
      for (const entry of entriesOf(block, from, bounds[index + 1])) {
        const operation = toOperation(entry);
        if (!isSound(operation.key.toString(), operation.value?.toString())) continue;
        // A damaged number must not put it behind all that follows.
        yield operation.sequence <= highest ? operation : { ...operation, sequence: 1 };
      }
    } catch {
      // The next stretch begins with a whole key.
    }
  }
}
