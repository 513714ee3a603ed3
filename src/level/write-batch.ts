// Reads and writes LevelDB's batches: what one record of a write-ahead log holds.

import { ByteReader, readUint64 } from './byte-reader.js';
import { DELETION, type IsSound, type Operation, VALUE } from './operation.js';

/** Sequence number of the first operation, and how many there are. */
const HEADER = 12;

/** No key of ours is as long. */
const MOST_KEY = 1 << 16;

/** A whole batch. */
export interface Batch {
  readonly sequence: number;
  readonly operations: readonly Operation[];
}

/** @throws RangeError where it is none */
export function readBatch(bytes: Buffer): Batch {
  if (bytes.length < HEADER) throw new RangeError('a batch has no header');
  const sequence = readUint64(bytes, 0);
  const count = bytes.readUInt32LE(8);
  const reader = new ByteReader(bytes, HEADER);
  const operations: Operation[] = [];
  while (!reader.isAtEnd) operations.push(readOperation(reader, sequence + operations.length));
  if (operations.length !== count) throw new RangeError('a batch has another number of operations than it says');
  return { sequence, operations };
}

function readOperation(reader: ByteReader, sequence: number): Operation {
  const kind = reader.byte();
  if (kind > VALUE) throw new RangeError('an operation is of no known kind');
  const key = reader.piece();
  if (key.length > MOST_KEY) throw new RangeError('a key is too long');
  return { key, value: kind === VALUE ? reader.piece() : undefined, sequence };
}

/**
 * Finds the operations in a batch of which a part is damaged. Those behind the damage are found by trying every byte: a control character, the lengths and a record that proves itself are
 * not there by chance, and no event holds control characters.
 *
 * @param after the number of the last operation before the batch
 */
export function rescueBatch(bytes: Buffer, after: number, isSound: IsSound): Operation[] {
  const found: Operation[] = [];
  let sequence = firstSequence(bytes, after);
  let at = 0;
  while (at < bytes.length) {
    const read = (bytes[at] as number) <= VALUE ? soundOperationAt(bytes, at, sequence, isSound) : undefined;
    if (read === undefined) {
      at += 1;
      continue;
    }
    found.push(read.operation);
    sequence += 1;
    at = read.end;
  }
  return found;
}

/** The header's own where it can be true: a damaged one could put what it holds before or behind everything. */
function firstSequence(bytes: Buffer, after: number): number {
  try {
    const said = readUint64(bytes, 0);
    return said > after && said <= after + MOST_KEY ? said : after + 1;
  } catch {
    return after + 1;
  }
}

function soundOperationAt(
  bytes: Buffer,
  at: number,
  sequence: number,
  isSound: IsSound,
): { operation: Operation; end: number } | undefined {
  try {
    const reader = new ByteReader(bytes, at);
    const operation = readOperation(reader, sequence);
    if (operation.key.length === 0) return undefined;
    return isSound(operation.key.toString(), operation.value?.toString()) ? { operation, end: reader.at } : undefined;
  } catch {
    return undefined;
  }
}

/** A batch of one operation. */
export function writeBatch({ key, value, sequence }: Operation): Buffer {
  const head = Buffer.alloc(HEADER);
  head.writeUInt32LE(sequence % 2 ** 32, 0);
  head.writeUInt32LE(Math.floor(sequence / 2 ** 32), 4);
  head.writeUInt32LE(1, 8);
  const kind = Buffer.from([value === undefined ? DELETION : VALUE]);
  const parts = [head, kind, writeVarint(key.length), key];
  return Buffer.concat(value === undefined ? parts : [...parts, writeVarint(value.length), value]);
}

function writeVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}
