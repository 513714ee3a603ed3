// Remembers which messages were accepted, for a time and up to a number, so that each is delivered once.

import { createHash } from 'node:crypto';
import type { OutboxEvent } from '../outbox.js';
import { readKeyPages, readPages } from './pages.js';
import { sortableSequence, sortableTime } from './records.js';
import type { Level, Step } from './step.js';

/** `i:` finds a mark by message, `t:` finds it by age. */
const BY_MESSAGE = 'i:';
const BY_AGE = 't:';
const AFTER_BY_AGE = 't;';

/** Longer ids are stored as their hash. */
const LONG_ID = 128;

/** How many marks a step may always remove; one that adds many may remove twice as many. So a big backlog goes in small steps. */
const SWEEP = 64;

/** Keys read at once when they are counted. */
const PAGE = 1000;

/** What the marks look like once a step is written. */
interface Housekeeping {
  readonly count: number;
  readonly floor: string;
  readonly oldestAt: number;
}

/** The marks of accepted messages. Each is written in the same step as its event. */
export class Marks {
  readonly #windowMs: number;
  readonly #maxEntries: number;
  #count = 0;
  /** No mark is older than this key; before it lie the graves of removed ones. */
  #floor = BY_AGE;
  #oldestAt = Number.POSITIVE_INFINITY;
  /** What the step in the making writes and overwrites, in order. */
  #fresh = new Map<string, string>();
  #replaced = new Set<string>();

  /** @param windowMs milliseconds; 0 for none @param maxEntries 0 for none */
  constructor(windowMs: number, maxEntries: number) {
    this.#windowMs = windowMs;
    this.#maxEntries = maxEntries;
  }

  /** Counts the marks on disk. @returns the highest sequence number among them */
  async load(db: Level): Promise<number> {
    this.#count = 0;
    this.#floor = BY_AGE;
    this.#oldestAt = Number.POSITIVE_INFINITY;
    this.forgetStep();
    let highest = 0;
    for await (const keys of readKeyPages(db, { gte: BY_AGE, lt: AFTER_BY_AGE, size: PAGE })) {
      if (this.#count === 0) this.#oldestAt = timeOf(keys[0] ?? '');
      this.#count += keys.length;
      for (const key of keys) highest = Math.max(highest, Number(key.slice(key.lastIndexOf(':') + 1)) || 0);
    }
    return highest;
  }

  /** The key to look up for an event; `undefined` when it is not to be remembered. */
  keyOf({ workspaceId, messageId }: OutboxEvent): string | undefined {
    if (messageId === undefined || this.#windowMs <= 0 || this.#maxEntries <= 0) return undefined;
    const id =
      messageId.length > LONG_ID
        ? createHash('sha256').update(JSON.stringify(messageId)).digest('base64url')
        : JSON.stringify(messageId);
    return `${BY_MESSAGE}${encodeURIComponent(workspaceId)}:${id}`;
  }

  /** Whether the looked-up mark is there and within the window. */
  isSeen(step: Step, key: string, now: number): boolean {
    const value = step.get(key);
    return value !== undefined && timeOf(value) > now - this.#windowMs;
  }

  /** Adds a mark to the step; it takes the place of an expired one. */
  add(step: Step, key: string, now: number, sequence: number): void {
    const before = step.get(key);
    if (before !== undefined) {
      step.del(before);
      this.#replaced.add(before);
    }
    const byAge = `${BY_AGE}${sortableTime(now)}:${sortableSequence(sequence)}`;
    step.put(key, byAge);
    step.put(byAge, key);
    this.#fresh.set(key, byAge);
  }

  /**
   * Lets the step remove the oldest marks beyond the limit, and a few expired ones. What one step brings beyond the limit
   * goes with the next.
   *
   * @returns to be called once it is written
   */
  async makeRoom(db: Level, step: Step, now: number): Promise<() => void> {
    const count = this.#count - this.#replaced.size + this.#fresh.size;
    const after = await this.#remove(db, step, count - this.#maxEntries, now - this.#windowMs);
    return () => {
      this.#count = after.count + this.#fresh.size;
      this.#floor = after.floor;
      this.#oldestAt = after.oldestAt;
      for (const byAge of this.#fresh.values()) {
        this.#oldestAt = Math.min(this.#oldestAt, timeOf(byAge));
        // The clock was set back.
        if (byAge < this.#floor) this.#floor = BY_AGE;
      }
      this.forgetStep();
    };
  }

  /** The step came to nothing. */
  forgetStep(): void {
    this.#fresh = new Map();
    this.#replaced = new Set();
  }

  async #remove(db: Level, step: Step, tooMany: number, expiredAt: number): Promise<Housekeeping> {
    const count = this.#count - this.#replaced.size;
    const expired = this.#oldestAt <= expiredAt;
    if (tooMany <= 0 && !expired) return { count, floor: this.#floor, oldestAt: this.#oldestAt };
    const limit = Math.max(2 * this.#fresh.size, SWEEP) + this.#replaced.size + 1;
    const { value: entries = [] } = await readPages(db, { gte: this.#floor, lt: AFTER_BY_AGE, size: limit }).next();
    let removed = 0;
    let floor = this.#floor;
    for (const [byAge, key] of entries) {
      if (!this.#replaced.has(byAge)) {
        const at = timeOf(byAge);
        if (removed >= tooMany && at > expiredAt) return { count: count - removed, floor, oldestAt: at };
        step.del(byAge);
        // A mark that this step writes anew belongs to the new entry.
        if (!this.#fresh.has(key)) step.del(key);
        removed += 1;
      }
      floor = byAge;
    }
    const oldestAt = entries.length < limit ? Number.POSITIVE_INFINITY : timeOf(floor);
    return { count: count - removed, floor, oldestAt };
  }
}

/** The time in a `t:` key. */
function timeOf(byAge: string): number {
  return Number(byAge.slice(BY_AGE.length, byAge.indexOf(':', BY_AGE.length)));
}
