// Reads and writes LevelDB's logs: its write-ahead logs, and its manifest, which has the same form.

import { crc32c, maskCrc } from './crc32c.js';

const BLOCK = 32_768;
/** Checksum, length, type. */
const HEADER = 7;
const FULL = 1;
const FIRST = 2;
const MIDDLE = 3;
const LAST = 4;

/** One record as far as it can be read. */
export interface LogRecord {
  /** With what lies in a gap, where there is one. */
  readonly bytes: Buffer;
  readonly isWhole: boolean;
  /** Its place in the file, gaps included. */
  readonly from: number;
  readonly to: number;
}

/** What a log holds. */
export interface LogContents {
  readonly records: readonly LogRecord[];
  /**
   * `torn`: it ends within a record, as after a kill; `ends badly`: its last record is not what was written, as after a loss of power, or by damage; `damaged`: more that is good follows
   * what cannot be read.
   */
  readonly state: 'whole' | 'torn' | 'ends badly' | 'damaged';
}

interface Piece {
  readonly from: number;
  readonly to: number;
  /** `undefined`: a gap. */
  readonly type: number | undefined;
  readonly bytes: Buffer;
}

/** LevelDB gives up the rest of a block once it meets a bad record; here what is good behind it is found again by its checksum. */
export function readLog(file: Buffer): LogContents {
  const pieces = [...readPieces(file)];
  const last = pieces.at(-1);
  const hasGap = pieces.slice(0, -1).some(({ type }) => type === undefined);
  const endsTorn = last?.type === undefined && last !== undefined && isCutOff(file, last.from);
  const { records, misfits } = assemble(pieces);
  const endsOpen = records.at(-1)?.isWhole === false && !misfits;
  if (hasGap || misfits) return { records, state: 'damaged' };
  if (last !== undefined && last.type === undefined && !endsTorn) return { records, state: 'ends badly' };
  return { records, state: endsTorn || endsOpen ? 'torn' : 'whole' };
}

/** A record whose end the file does not have. */
function isCutOff(file: Buffer, at: number): boolean {
  if (file.length - at < HEADER) return true;
  return at + HEADER + file.readUInt16LE(at + 4) > file.length && file.length <= endOfBlock(at);
}

function endOfBlock(at: number): number {
  return (Math.floor(at / BLOCK) + 1) * BLOCK;
}

function* readPieces(file: Buffer): Generator<Piece, void, void> {
  let at = 0;
  while (at < file.length) {
    const end = Math.min(endOfBlock(at), file.length);
    if (end - at < HEADER && end < file.length) {
      at = end;
      continue;
    }
    const piece = pieceAt(file, at, end);
    if (piece !== undefined) {
      yield piece;
      at = piece.to;
      continue;
    }
    const next = nextPiece(file, at);
    yield { from: at, to: next, type: undefined, bytes: file.subarray(Math.min(at + HEADER, next), next) };
    at = next;
  }
}

function pieceAt(file: Buffer, at: number, end: number): Piece | undefined {
  if (end - at < HEADER) return undefined;
  const type = file[at + 6] as number;
  if (type < FULL || type > LAST) return undefined;
  const to = at + HEADER + file.readUInt16LE(at + 4);
  if (to > end || maskCrc(crc32c(file, at + 6, to)) !== file.readUInt32LE(at)) return undefined;
  return { from: at, to, type, bytes: file.subarray(at + HEADER, to) };
}

/** No event can pretend to be one: the type is a control character, which JSON escapes. */
function nextPiece(file: Buffer, behind: number): number {
  for (let at = behind + 1; at < file.length; at += 1) {
    if (pieceAt(file, at, Math.min(endOfBlock(at), file.length)) !== undefined) return at;
  }
  return file.length;
}

function assemble(pieces: readonly Piece[]): { records: LogRecord[]; misfits: boolean } {
  const records: LogRecord[] = [];
  let parts: Piece[] = [];
  let misfits = false;
  const finish = (isWhole: boolean) => {
    const [first] = parts;
    const last = parts.at(-1);
    if (first !== undefined && last !== undefined) {
      const bytes = parts.length === 1 ? first.bytes : Buffer.concat(parts.map((part) => part.bytes));
      records.push({ bytes, isWhole, from: first.from, to: last.to });
    }
    parts = [];
  };
  for (const piece of pieces) {
    const isOpen = parts.length > 0;
    const hasGap = parts.some(({ type }) => type === undefined);
    if (piece.type === FULL || piece.type === FIRST) {
      if (isOpen) {
        misfits = true;
        finish(false);
      }
      parts.push(piece);
      if (piece.type === FULL) finish(true);
      continue;
    }
    if (!isOpen && piece.type !== undefined) misfits = true;
    const startsHere = !isOpen;
    parts.push(piece);
    if (piece.type === LAST) finish(!hasGap && !startsHere);
  }
  finish(false);
  return { records, misfits };
}

/** Puts a record into a log. @param length of the log so far @returns what is to be added to it */
export function writeLogRecord(record: Buffer, length: number): Buffer {
  const out: Buffer[] = [];
  let at = length;
  let from = 0;
  do {
    const left = endOfBlock(at) - at;
    if (left < HEADER) {
      out.push(Buffer.alloc(left));
      at += left;
      continue;
    }
    const part = record.subarray(from, from + left - HEADER);
    const isFirst = from === 0;
    from += part.length;
    const isLast = from === record.length;
    const header = Buffer.alloc(HEADER);
    header.writeUInt16LE(part.length, 4);
    header[6] = isFirst ? (isLast ? FULL : FIRST) : isLast ? LAST : MIDDLE;
    header.writeUInt32LE(maskCrc(crc32c(part, 0, part.length, crc32c(header, 6, HEADER))), 0);
    out.push(header, part);
    at += HEADER + part.length;
  } while (from < record.length);
  return Buffer.concat(out);
}
