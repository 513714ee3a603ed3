// Remembers on disk how far a replay has come, so that it can be gone on with after whatever stopped it.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
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
  /** Of the files up to that of the position. */
  readonly files: string;
  readonly position: Position;
  /** Of all runs. */
  readonly tally: Tallied;
  /** Bytes of the file of dead letters up to the position. */
  readonly deadLetterBytes: number;
}

/** Stands for the files up to and with this one. */
export function filesUpTo(files: readonly FoundFile[], path: string): string {
  const end = files.findIndex((file) => file.path === path) + 1;
  const hash = createHash('sha256');
  for (const file of files.slice(0, end)) hash.update(file.path).update('\n');
  return hash.digest('base64url');
}

function isCheckpoint(value: unknown): value is Checkpoint {
  return (
    isJsonObject(value) &&
    value.version === VERSION &&
    isJsonObject(value.options) &&
    isJsonObject(value.position) &&
    isJsonObject(value.tally) &&
    typeof value.position.file === 'string' &&
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
export function assertSameReplay(
  { options, files, position }: Checkpoint,
  now: Checkpoint['options'],
  found: readonly FoundFile[],
  path: string,
): void {
  const names = [...new Set([...Object.keys(options), ...Object.keys(now)])];
  const differing = names.filter((name) => JSON.stringify(options[name]) !== JSON.stringify(now[name]));
  if (differing.length > 0)
    throw new ReplayError(
      `The checkpoint ${path} is of another replay: ${differing.join(', ')} differ. Use its options, or another file.`,
    );
  if (filesUpTo(found, position.file) !== files)
    throw new ReplayError(
      `Of the files before ${position.file}, up to which the checkpoint ${path} has come, some are new or gone. Replay new ones by themselves, with another checkpoint.`,
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
