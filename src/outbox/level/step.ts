// One synced write in the making: what it will change, and what its parts may know of each other.

import type { ChainedBatch } from 'classic-level';
import type { Level } from '../../level/open-database.js';
import type { Ledger } from './ledger.js';

/** Collects the changes of many callers for one synced write. */
export class Step {
  readonly #batch: ChainedBatch<Level, string, string>;
  readonly #values: Map<string, string>;
  readonly #ledger: Ledger;
  readonly #deleted = new Set<string>();
  readonly #added = new Map<string, number>();
  #addedBytes = 0;

  /** @param values what the disk holds at the keys that somebody asked to look up */
  constructor(db: Level, values: Map<string, string>, ledger: Ledger) {
    this.#batch = db.batch();
    this.#values = values;
    this.#ledger = ledger;
  }

  /** Operations so far. */
  get size(): number {
    return this.#batch.length;
  }

  /** Bytes of records that earlier parts of this step add to what waits. */
  get addedBytes(): number {
    return this.#addedBytes;
  }

  /** The same of a workspace. */
  addedOf(workspaceId: string): number {
    return this.#added.get(workspaceId) ?? 0;
  }

  /** Notes that records of a workspace are added. */
  add(workspaceId: string, bytes: number): void {
    this.#added.set(workspaceId, this.addedOf(workspaceId) + bytes);
    this.#addedBytes += bytes;
  }

  /** The value at a key that was looked up, with the changes of this step so far. */
  get(key: string): string | undefined {
    return this.#values.get(key);
  }

  put(key: string, value: string): void {
    this.#batch.put(key, value);
    // No one asks for a record that is only just coming.
    if (!this.#ledger.added(key)) this.#values.set(key, value);
  }

  /** The same at a key of no record that no one looks up: what may be looked up is kept until the step is written. */
  putUnseen(key: string, value: string): void {
    this.#batch.put(key, value);
  }

  /** @param key of something that is there */
  del(key: string): void {
    this.#batch.del(key);
    this.#values.delete(key);
    if (this.#ledger.removed(key)) this.#deleted.add(key);
  }

  /** Another part of this step takes the record away. */
  isDeleted(key: string): boolean {
    return this.#deleted.has(key);
  }

  /** Writes and syncs; nothing to write costs nothing. */
  async write(): Promise<void> {
    if (this.#batch.length > 0) await this.#batch.write({ sync: true });
  }

  /** To be called whether or not it was written. */
  async close(): Promise<void> {
    await this.#batch.close();
  }
}
