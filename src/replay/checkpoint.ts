// Remembers on disk how far a replay has come, so that it can be gone on with after whatever stopped it.

import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { parseJson } from '../base/json.js';
import { replacePrivateFile } from '../base/private-files.js';
import { codeOf } from '../base/system-error.js';
import { isJsonObject } from '../model/segment-event.js';
import type { FoundFile } from './find-files.js';
import type { Position } from './position.js';
import { ReplayError } from './replay-error.js';
import type { Tallied } from './tally.js';

const VERSION = 1;

/** What a checkpoint says. */
export interface Checkpoint {
  readonly version: typeof VERSION;
  /** What the replay was asked for: with anything else the position means nothing. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Of the files before that of the position. */
  readonly files: string;
  readonly position: Position;
  /** Of the file of the position, as it lay on disk. */
  readonly bytes: number;
  /** Of all runs. */
  readonly tally: Tallied;
  /** Bytes of the file of dead letters up to the position. */
  readonly deadLetterBytes: number;
}

/** Stands for the files before this one, and for the paths and sizes of them. */
export function filesBefore(files: readonly FoundFile[], path: string): string {
  const hash = createHash('sha256');
  for (const file of files) {
    if (file.path === path) break;
    hash.update(`${file.path}\n${file.bytes}\n`);
  }
  return hash.digest('base64url');
}

/** Of a file on disk; 0 for one that is not found. */
export function bytesOf(files: readonly FoundFile[], path: string): number {
  return files.find((file) => file.path === path)?.bytes ?? 0;
}

/** Has an event at least, with its time and id, and is read at once. */
const BEGINNING_BYTES = 4096;

/**
 * Stands for how a file begins, which stays as it is where the file grows.
 *
 * @param bytes of the file, when it was found
 * @returns nothing for what has no beginning: an empty file, standard input, one that cannot be read
 */
export async function beginningOf(path: string, bytes: number): Promise<string> {
  if (bytes === 0) return '';
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(
        Buffer.alloc(BEGINNING_BYTES),
        0,
        Math.min(bytes, BEGINNING_BYTES),
        0,
      );
      return createHash('sha256').update(buffer.subarray(0, bytesRead)).digest('base64url');
    } finally {
      await file.close();
    }
  } catch {
    return '';
  }
}

function isCheckpoint(value: unknown): value is Checkpoint {
  return (
    isJsonObject(value) &&
    value.version === VERSION &&
    isJsonObject(value.options) &&
    isJsonObject(value.position) &&
    isJsonObject(value.tally) &&
    typeof value.position.file === 'string' &&
    typeof value.bytes === 'number' &&
    typeof value.deadLetterBytes === 'number'
  );
}

/** @returns `undefined` where there is none yet @throws ReplayError for a file that is none */
export async function readCheckpoint(path: string): Promise<Checkpoint | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new ReplayError(`The checkpoint ${path} cannot be read (${codeOf(error)}).`);
  }
  const value = parseJson(text);
  if (!isCheckpoint(value)) throw new ReplayError(`${path} is no checkpoint of a replay.`);
  return value;
}

/**
 * Makes sure that a checkpoint is of this replay.
 *
 * @throws ReplayError, naming what differs
 */
export async function assertSameReplay(
  { options, files, position, bytes }: Checkpoint,
  now: Checkpoint['options'],
  found: readonly FoundFile[],
  path: string,
): Promise<void> {
  const names = [...new Set([...Object.keys(options), ...Object.keys(now)])];
  const differing = names.filter((name) => JSON.stringify(options[name]) !== JSON.stringify(now[name]));
  if (differing.length > 0)
    throw new ReplayError(
      `The checkpoint ${path} is of another replay: ${differing.join(', ')} differ. Use its options, or another file.`,
    );
  if (filesBefore(found, position.file) !== files || !found.some((file) => file.path === position.file))
    throw new ReplayError(
      `Of the files up to ${position.file}, where the checkpoint ${path} is, some are new, gone or changed. Replay new ones by themselves, with another checkpoint.`,
    );
  if (bytesOf(found, position.file) < bytes)
    throw new ReplayError(
      `${position.file} is shorter than when the checkpoint ${path} was written: it is another file.`,
    );
  if ((await beginningOf(position.file, bytes)) !== position.beginning)
    throw new ReplayError(
      `${position.file} begins otherwise than when the checkpoint ${path} was written: it is another file.`,
    );
}

/** Written often enough that little is sent again, seldom enough that it costs nothing beside the outbox's own syncs. */
const LEAST_PAUSE_MS = 250;

/** Writes checkpoints. */
export class CheckpointWriter {
  readonly #path: string;
  readonly #prepare: () => Promise<Checkpoint | undefined>;
  #writing: Promise<void> | undefined;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** @param prepare says what to write, once what it counts on is synced */
  constructor(path: string, prepare: () => Promise<Checkpoint | undefined>) {
    this.#path = path;
    this.#prepare = prepare;
  }

  async #write(): Promise<void> {
    try {
      const checkpoint = await this.#prepare();
      if (checkpoint !== undefined) await replacePrivateFile(this.#path, `${JSON.stringify(checkpoint)}\n`);
    } catch (error) {
      throw new ReplayError(`The checkpoint cannot be written to ${this.#path} (${codeOf(error)}).`);
    }
    this.#lastMs = performance.now();
  }

  /** Writes one unless the last one is new. @throws ReplayError */
  async now(): Promise<void> {
    if (this.#writing !== undefined || performance.now() - this.#lastMs < LEAST_PAUSE_MS) return;
    this.#writing = this.#write().finally(() => {
      this.#writing = undefined;
    });
    await this.#writing;
  }

  /** Writes the last one. @throws ReplayError */
  async last(): Promise<void> {
    await this.#writing;
    await this.#write();
  }
}
