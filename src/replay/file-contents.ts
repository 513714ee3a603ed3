// Opens a file of an archive: what it holds, decompressed where it is gzip, whatever it is called.

import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { addAbortSignal, pipeline, type Readable, type TransformOptions } from 'node:stream';
import { createGunzip, type ZlibOptions } from 'node:zlib';
import { STANDARD_INPUT } from './find-files.js';

/** Bytes of one read. */
const CHUNK_BYTES = 64 * 1024;

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** What a file holds. */
export interface FileContents {
  /** From the offset on that was asked for. */
  readonly chunks: AsyncIterable<Buffer>;
  /** Bytes of the file, as they lie on disk, that were read so far. */
  readonly bytesRead: () => number;
}

async function firstBytesOf(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(GZIP_MAGIC.length), 0, GZIP_MAGIC.length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Leaves out what is done. */
async function* skip(input: AsyncIterable<Buffer>, bytes: number): AsyncIterable<Buffer> {
  let left = bytes;
  for await (const chunk of input) {
    if (left < chunk.length) yield left === 0 ? chunk : chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}

/** So little input at a time, that what it holds fits into the buffer of a stream, however well it is compressed. */
const PIECE_BYTES = 4096;
const BUFFER_BYTES = 16 * 1024 * 1024;

/** Near the damage: what a piece held before it would be lost. */
const SMALL_PIECE_BYTES = 1;

/** Decompresses in small pieces, each of which is read before the next is written: a stream that fails drops what it holds. @param until bytes of the file that are known to be whole */
async function* gunzipSlowly(path: string, until: number, signal: AbortSignal): AsyncIterable<Buffer> {
  const options: ZlibOptions & TransformOptions = { readableHighWaterMark: BUFFER_BYTES };
  const gunzip = createGunzip(options);
  let goOn: (failure?: Error | null) => void = () => {};
  // What it fails on it never says to have written.
  gunzip.on('error', (failure) => goOn(failure));
  let at = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: PIECE_BYTES, signal })) {
    const step = at + chunk.length <= until ? PIECE_BYTES : SMALL_PIECE_BYTES;
    at += chunk.length;
    for (let from = 0; from < chunk.length; from += step) {
      const failure = await new Promise<Error | null | undefined>((resolve) => {
        goOn = resolve;
        gunzip.write(chunk.subarray(from, from + step), resolve);
      });
      if (failure) return;
      const output = gunzip.read();
      if (output !== null) yield output;
    }
  }
}

/** What gzip holds, up to where it is damaged, and the error then. */
async function* gunzipped(path: string, input: Readable, signal: AbortSignal): AsyncIterable<Buffer> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  let given = 0;
  try {
    for await (const chunk of pipeline(input, gunzip, () => {})) {
      given += chunk.length;
      yield chunk;
    }
  } catch (error) {
    if (!gunzip.errored || signal.aborted) throw error;
    yield* skip(gunzipSlowly(path, gunzip.bytesWritten, signal), given);
    throw error;
  }
}

/** Standard input can be looked at once only. @param onRead told the bytes of each piece */
async function* decompressed(input: AsyncIterable<Buffer>, onRead: (bytes: number) => void): AsyncIterable<Buffer> {
  const pieces = input[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  async function* rest(): AsyncIterable<Buffer> {
    yield head;
    for (;;) {
      const { value, done } = await pieces.next();
      if (done) return;
      onRead(value.length);
      yield value;
    }
  }
  while (head.length < GZIP_MAGIC.length) {
    const { value, done } = await pieces.next();
    if (done) break;
    onRead(value.length);
    head = Buffer.concat([head, value]);
  }
  const isGzip = head.subarray(0, GZIP_MAGIC.length).equals(GZIP_MAGIC);
  yield* isGzip ? pipeline(rest(), createGunzip({ chunkSize: CHUNK_BYTES }), () => {}) : rest();
}

/** So much of a file shows what it is, or as much as has a line. */
const HEAD_BYTES = 64 * 1024;

const LINE_FEED = 0x0a;

/** The first chunk shows what the file is, however slowly it comes. */
async function* withHead(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0);
  try {
    for await (const chunk of chunks) {
      if (head === undefined) {
        yield chunk;
        continue;
      }
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
      if (head.length < HEAD_BYTES && !head.includes(LINE_FEED)) continue;
      const whole = head;
      head = undefined;
      yield whole;
    }
  } catch (error) {
    if (head !== undefined && head.length > 0) yield head;
    throw error;
  }
  if (head !== undefined && head.length > 0) yield head;
}

/** A byte order mark is no part of what a file says. */
async function* withoutMark(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  let isFirst = true;
  for await (const chunk of withHead(chunks)) {
    const isMarked = isFirst && chunk.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
    isFirst = false;
    yield isMarked ? chunk.fill(0x20, 0, BYTE_ORDER_MARK.length) : chunk;
  }
}

/**
 * Opens a file, or standard input.
 *
 * @param from bytes of its contents to leave out. Of a plain file they are not read; gzip has to be decompressed from its beginning
 * @param signal ends the reading, with an error
 * @throws the system's error where it cannot be opened; the chunks throw that of a read or of gzip that is broken
 */
export async function openContents(path: string, signal: AbortSignal, from = 0): Promise<FileContents> {
  if (path === STANDARD_INPUT) {
    let read = 0;
    const chunks = decompressed(addAbortSignal(signal, process.stdin), (bytes) => {
      read += bytes;
    });
    return { chunks: skip(withoutMark(chunks), from), bytesRead: () => read };
  }
  const isGzip = (await firstBytesOf(path)).equals(GZIP_MAGIC);
  const input = createReadStream(path, { highWaterMark: CHUNK_BYTES, start: isGzip ? 0 : from, signal });
  const bytesRead = () => input.bytesRead + (isGzip ? 0 : from);
  if (!isGzip) return { chunks: from === 0 ? withoutMark(input) : input, bytesRead };
  return { chunks: skip(withoutMark(gunzipped(path, input, signal)), from), bytesRead };
}
