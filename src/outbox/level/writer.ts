// Group commit: changes that are asked for at the same time are written and synced in one step.

import { createBreather } from '../../base/breather.js';
import { PluginError } from '../../base/errors.js';
import type { Level } from '../../level/open-database.js';
import type { LevelDatabase } from './database.js';
import type { Ledger } from './ledger.js';
import { Step } from './step.js';

/** A plan, as far as it has got: one that takes long stops between its pieces, so that others are let in. */
export type Planning<T> = Generator<void, () => T, void>;

/** One caller's changes. */
export interface Change<T> {
  /** How much of a step it takes, in bytes. */
  readonly bytes: number;
  /** Keys whose values the plan wants to know. */
  readonly lookUp: readonly string[];
  /**
   * Adds the changes to the step. Runs alone: no other change comes between it and the write, also where it stops for others.
   *
   * @returns to be called once the step is synced; gives the caller's answer
   * @throws PluginError before it has changed the step: then only this change is refused
   */
  plan(step: Step): (() => T) | Planning<T>;
}

/** Adds to each step what no caller asked for. */
export interface StepExtension {
  /** @returns to be called once the step is synced */
  extend(db: Level, step: Step): Promise<() => void>;
  /** The step failed. */
  forget(): void;
}

interface Waiting {
  readonly bytes: number;
  readonly lookUp: readonly string[];
  /** @returns what is left to do, where the plan stops for others */
  plan(step: Step): Generator<void, void, void> | undefined;
  synced(): void;
  failed(error: unknown): void;
}

/** A step ends with the change that reaches it; LevelDB handles batches of this size without strain. */
const STEP_BYTES = 4 << 20;

/** Collects changes while a step is synced, then writes them all in the next. */
export class Writer {
  readonly #database: LevelDatabase;
  readonly #ledger: Ledger;
  readonly #housekeeping: StepExtension;
  #queue: Waiting[] = [];
  #busy = false;
  #idle: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(database: LevelDatabase, ledger: Ledger, housekeeping: StepExtension) {
    this.#database = database;
    this.#ledger = ledger;
    this.#housekeeping = housekeeping;
  }

  /**
   * @returns what the plan answers, once its step is synced
   * @throws PluginError OUTBOX_UNAVAILABLE when the disk does not take the step, and what the plan throws
   */
  write<T>({ bytes, lookUp, plan }: Change<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new PluginError('OUTBOX_UNAVAILABLE', 'closed'));
    return new Promise<T>((resolve, reject) => {
      let answer: (() => T) | undefined;
      this.#queue.push({
        bytes,
        lookUp,
        plan(step) {
          const planned = plan(step);
          if (typeof planned === 'function') answer = planned;
          else
            return (function* () {
              answer = yield* planned;
            })();
          return undefined;
        },
        synced() {
          if (answer !== undefined) resolve(answer());
        },
        failed: reject,
      });
      this.#wake();
    });
  }

  /** Takes nothing new; resolves when what waits is written or refused. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#idle;
  }

  #wake(): void {
    if (this.#busy) return;
    this.#busy = true;
    this.#idle = this.#run();
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      const group = this.#nextGroup();
      const db = this.#database.db;
      if (db === undefined) this.#refuse(group);
      else await this.#writeGroup(db, group);
    }
    // In the same turn as the last look at the queue, so that no change is left lying.
    this.#busy = false;
  }

  #refuse(group: readonly Waiting[]): void {
    const error = new PluginError('OUTBOX_UNAVAILABLE', this.#database.problem?.code ?? 'closed');
    for (const change of group) change.failed(error);
  }

  #nextGroup(): Waiting[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#queue.length && bytes < STEP_BYTES) {
      bytes += this.#queue[count]?.bytes ?? 0;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  async #writeGroup(db: Level, group: readonly Waiting[]): Promise<void> {
    let synced: readonly Waiting[];
    try {
      synced = await this.#sync(db, group);
    } catch (error) {
      this.#housekeeping.forget();
      this.#database.fail(db, error);
      // A change whose plan was refused has its answer already.
      this.#refuse(group);
      return;
    }
    this.#database.wrote();
    for (const change of synced) change.synced();
  }

  /** What a plan had counted is counted anew where the database was opened again meanwhile. @throws PluginError OUTBOX_UNAVAILABLE */
  #assertOpen(db: Level): void {
    if (this.#database.db !== db) throw new PluginError('OUTBOX_UNAVAILABLE', this.#database.problem?.code ?? 'closed');
  }

  /** @returns the changes that were not refused */
  async #sync(db: Level, group: readonly Waiting[]): Promise<readonly Waiting[]> {
    const step = new Step(db, await lookUp(db, group), this.#ledger);
    try {
      const breathe = createBreather();
      const planned: Waiting[] = [];
      for (const change of group) {
        try {
          for (const _ of change.plan(step) ?? []) {
            await breathe();
            this.#assertOpen(db);
          }
          planned.push(change);
        } catch (error) {
          this.#assertOpen(db);
          change.failed(error);
        }
      }
      const kept = await this.#housekeeping.extend(db, step);
      await step.write();
      await this.#database.verify();
      kept();
      return planned;
    } finally {
      await step.close();
    }
  }
}

async function lookUp(db: Level, group: readonly Waiting[]): Promise<Map<string, string>> {
  const keys = [...new Set(group.flatMap((change) => change.lookUp))];
  const found = new Map<string, string>();
  if (keys.length === 0) return found;
  const values = await db.getMany(keys);
  for (const [index, key] of keys.entries()) {
    const value = values[index];
    if (value !== undefined) found.set(key, value);
  }
  return found;
}
