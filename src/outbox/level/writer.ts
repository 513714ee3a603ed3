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

/** A change that waits for its step. Once it is planned nothing of it is kept but its answer: the events can be collected while the disk syncs. */
class Waiting<T> {
  readonly #resolve: (answer: T) => void;
  readonly #reject: (error: unknown) => void;
  #change: Change<T> | undefined;
  #answer: (() => T) | undefined;

  constructor(change: Change<T>, resolve: (answer: T) => void, reject: (error: unknown) => void) {
    this.#change = change;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get bytes(): number {
    return this.#change?.bytes ?? 0;
  }

  get lookUp(): readonly string[] {
    return this.#change?.lookUp ?? [];
  }

  /** @returns what is left to do, where the plan stops for others */
  plan(step: Step): Generator<void, void, void> | undefined {
    const planned = this.#change?.plan(step);
    this.#change = undefined;
    if (typeof planned === 'object') return this.#finish(planned);
    this.#answer = planned;
    return undefined;
  }

  *#finish(planning: Planning<T>): Generator<void, void, void> {
    this.#answer = yield* planning;
  }

  synced(): void {
    if (this.#answer !== undefined) this.#resolve(this.#answer());
  }

  failed(error: unknown): void {
    this.#reject(error);
  }
}

/** A change, whatever its answer. */
type AnyWaiting = Pick<Waiting<unknown>, 'bytes' | 'lookUp' | 'plan' | 'synced' | 'failed'>;

/** A step ends with the change that reaches it; LevelDB handles batches of this size without strain. */
const STEP_BYTES = 4 << 20;

/** Collects changes while a step is synced, then writes them all in the next. */
export class Writer {
  readonly #database: LevelDatabase;
  readonly #ledger: Ledger;
  readonly #housekeeping: StepExtension;
  #queue: AnyWaiting[] = [];
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
  write<T>(change: Change<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new PluginError('OUTBOX_UNAVAILABLE', 'closed'));
    return new Promise<T>((resolve, reject) => {
      this.#queue.push(new Waiting(change, resolve, reject));
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

  #refuse(group: readonly AnyWaiting[]): void {
    const error = new PluginError('OUTBOX_UNAVAILABLE', this.#database.problem?.code ?? 'closed');
    for (const change of group) change.failed(error);
  }

  #nextGroup(): AnyWaiting[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#queue.length && bytes < STEP_BYTES) {
      bytes += this.#queue[count]?.bytes ?? 0;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  async #writeGroup(db: Level, group: readonly AnyWaiting[]): Promise<void> {
    let synced: readonly AnyWaiting[];
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
  async #sync(db: Level, group: readonly AnyWaiting[]): Promise<readonly AnyWaiting[]> {
    const step = new Step(db, await lookUp(db, group), this.#ledger);
    try {
      const breathe = createBreather();
      const planned: AnyWaiting[] = [];
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

async function lookUp(db: Level, group: readonly AnyWaiting[]): Promise<Map<string, string>> {
  // A key that two of them ask for is read twice: to see to it that none is costs more.
  const keys = group.flatMap((change) => change.lookUp);
  const found = new Map<string, string>();
  if (keys.length === 0) return found;
  const values = await db.getMany(keys);
  for (const [index, key] of keys.entries()) {
    const value = values[index];
    if (value !== undefined) found.set(key, value);
  }
  return found;
}
