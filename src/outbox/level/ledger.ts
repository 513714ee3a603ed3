// Keeps count of the records on disk, and writes the count down in the same step as the records: what is gone, or came back, shows.

import { fnv1a } from '../../base/fnv.js';
import { BOOKS_KEY, DEAD, encodeBooks, encodeTally, LEDGER, type RecordKind, type Tally, WAITING } from './records.js';
import type { Step } from './step.js';

/** Sums stay exact: less than 2^53. */
const SUM_LIMIT = 2 ** 48;

/** `:`, 13 digits, `:`, 16 digits. */
const KEY_END = 31;

const EMPTY: Tally = { waiting: 0, waitingSum: 0, dead: 0, deadSum: 0 };

/** Counts of all lanes. Lanes are named as keys name them. */
export class Ledger {
  readonly #lanes = new Map<string, Counted>();
  #total: Counted = { ...EMPTY };
  #touched = new Set<string>();

  /** As it was written down. @param total `undefined` where it cannot be read */
  static from(lanes: ReadonlyMap<string, Tally>, total: Tally = EMPTY): Ledger {
    const ledger = new Ledger();
    for (const [lane, tally] of lanes) ledger.#lanes.set(lane, { ...tally });
    const { waiting, waitingSum, dead, deadSum } = total;
    ledger.#total = { waiting, waitingSum, dead, deadSum };
    return ledger;
  }

  get lanes(): ReadonlyMap<string, Tally> {
    return this.#lanes;
  }

  get total(): Tally {
    return this.#total;
  }

  reset(): void {
    this.#lanes.clear();
    this.#total = { ...EMPTY };
    this.#touched.clear();
  }

  /** A record is there now. @returns false for a key of anything else, which is not counted */
  added(key: string): boolean {
    return this.#count(key, 1);
  }

  /** A record is gone. @returns false for a key of anything else */
  removed(key: string): boolean {
    return this.#count(key, -1);
  }

  /** Adds the counts that have changed to the step that changed them. */
  write(step: Step, sequence: number): void {
    if (step.size === 0) return;
    for (const lane of this.#touched) {
      const tally = this.#lanes.get(lane);
      const key = `${LEDGER}${lane}`;
      if (tally === undefined) step.del(key);
      else step.put(key, encodeTally(key, tally));
    }
    this.#touched = new Set();
    step.put(BOOKS_KEY, encodeBooks({ sequence, ...this.#total }));
  }

  /** Writes all of it. @param stale keys of counts on disk */
  writeAll(step: Step, sequence: number, stale: Iterable<string>): void {
    for (const key of stale) step.del(key);
    for (const lane of this.#lanes.keys()) this.#touched.add(lane);
    step.del(BOOKS_KEY);
    this.write(step, sequence);
  }

  #count(key: string, by: 1 | -1): boolean {
    const kind = key[0];
    if (kind !== WAITING && kind !== DEAD) return false;
    const name = key.slice(2, -KEY_END);
    const sum = by * fnv1a(key);
    let lane = this.#lanes.get(name);
    if (lane === undefined) {
      lane = { ...EMPTY };
      this.#lanes.set(name, lane);
    }
    change(lane, kind, by, sum);
    change(this.#total, kind, by, sum);
    if (lane.waiting === 0 && lane.dead === 0) this.#lanes.delete(name);
    this.#touched.add(name);
    return true;
  }
}

type Counted = { -readonly [Field in keyof Tally]: Tally[Field] };

function change(tally: Counted, kind: RecordKind, by: number, sum: number): void {
  if (kind === WAITING) {
    tally.waiting += by;
    tally.waitingSum = (tally.waitingSum + sum + SUM_LIMIT) % SUM_LIMIT;
  } else {
    tally.dead += by;
    tally.deadSum = (tally.deadSum + sum + SUM_LIMIT) % SUM_LIMIT;
  }
}
