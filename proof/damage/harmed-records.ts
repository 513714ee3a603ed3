// Says which records a harm has hit: those with a byte in the same block of a table, or in the same fragment of a log.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readLog } from '../../src/level/log-file.js';
import { blockOperations, handlesOf } from '../../src/level/table-file.js';
import { readBatch } from '../../src/level/write-batch.js';
import type { Harm } from './harm.js';

interface Place {
  readonly from: number;
  readonly to: number;
  readonly messageIds: readonly string[];
}

const BLOCK = 32_768;
const cache = new Map<string, readonly Place[]>();

/** `messageId`s that may be lost; all where the file is gone. */
export function harmedRecords(root: string, { what, file, kind, offset }: Harm): ReadonlySet<string> | 'all' {
  if (what === 'emptied') return 'all';
  if (kind !== 'table' && kind !== 'log') return new Set();
  const path = join(root, file);
  let places = cache.get(path);
  if (places === undefined) {
    const bytes = readFileSync(path);
    places = kind === 'table' ? placesInTable(bytes) : placesInLog(bytes);
    cache.set(path, places);
  }
  const isHit = ({ from, to }: Place) =>
    what === 'missing' || (what === 'cut' ? to > offset : from <= offset && offset < to);
  return new Set(places.filter(isHit).flatMap(({ messageIds }) => messageIds));
}

function idsIn(texts: readonly (Buffer | undefined)[]): string[] {
  return texts.flatMap((text) => {
    const id = /"id":"([^"]+)"/.exec(text?.toString() ?? '')?.[1];
    return id === undefined ? [] : [id];
  });
}

function placesInTable(file: Buffer): Place[] {
  return handlesOf(file).map((handle) => ({
    from: handle.offset,
    to: handle.offset + handle.size + 5,
    messageIds: idsIn(blockOperations(file, handle).map(({ value }) => value)),
  }));
}

/** A record of a log is a batch; its operations lie in one fragment, or in several. */
function placesInLog(file: Buffer): Place[] {
  return readLog(file).records.flatMap(({ bytes, from, to }): Place[] => {
    let at = 12;
    return readBatch(bytes).operations.map(({ key, value }) => {
      const start = at;
      at += 1 + lengthOf(key) + (value === undefined ? 0 : lengthOf(value));
      return { from: fragmentStart(from, start), to: fragmentEnd(from, at, to), messageIds: idsIn([value]) };
    });
  });
}

function lengthOf(piece: Buffer): number {
  return piece.length + (piece.length < 128 ? 1 : piece.length < 16_384 ? 2 : 3);
}

/** The place in the file of a byte of the record, with the header of seven bytes of each fragment. */
function placeOf(from: number, inRecord: number): number {
  let rest = inRecord;
  let at = from;
  for (;;) {
    const end = (Math.floor(at / BLOCK) + 1) * BLOCK;
    const room = end - at - 7;
    if (rest < room) return at + 7 + rest;
    rest -= room;
    at = end;
  }
}

function fragmentStart(from: number, inRecord: number): number {
  return Math.max(from, Math.floor(placeOf(from, inRecord) / BLOCK) * BLOCK);
}

function fragmentEnd(from: number, inRecord: number, to: number): number {
  return Math.min(to, (Math.floor((placeOf(from, inRecord) - 1) / BLOCK) + 1) * BLOCK);
}
