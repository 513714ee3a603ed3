// Remembers what was accepted, each for its time and all up to a number: messages, so that each is delivered once, and the keys of `once`.

import { createHash } from 'node:crypto';
import { laneId } from '../lane-id.js';
import type { Once, OutboxEvent } from '../outbox.js';
import { readKeyPages, readPages } from './pages.js';
import { sortableSequence, sortableTime } from './records.js';
import type { Level, Step } from './step.js';

/** `i:` finds a mark by what it marks, `t:` by when it ends. */
const BY_ID = 'i:';
const BY_END = 't:';
const AFTER_BY_END = 't;';

/** Ends the `t:` key of a `once` mark, which would else be that of the event's message. */
const ONCE_SUFFIX = 'o';

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
  readonly nextEnd: number;
}

/** One mark of an event. */
export interface Mark {
  /** Where it is found. */
  readonly key: string;
  /** Milliseconds. */
  readonly windowMs: number;
  /** Tells the marks of one event apart. */
  readonly kind: 'message' | 'once';
}

/** The marks of accepted events. Each is written in the same step as its event. */
export class Marks {
  readonly #windowMs: number;
  readonly #maxEntries: number;
  #count = 0;
  /** No mark ends before this key; before it lie the graves of removed ones. */
  #floor = BY_END;
  #nextEnd = Number.POSITIVE_INFINITY;
  /** What the step in the making writes, and what it takes away, in order. */
  #fresh = new Map<string, string>();
  #gone = new Set<string>();

  /** @param windowMs milliseconds; 0 for none @param maxEntries 0 for none */
  constructor(windowMs: number, maxEntries: number) {
    this.#windowMs = windowMs;
    this.#maxEntries = maxEntries;
  }

  /** Counts the marks on disk. @returns the highest sequence number among them */
  async load(db: Level): Promise<number> {
    this.#count = 0;
    this.#floor = BY_END;
    this.#nextEnd = Number.POSITIVE_INFINITY;
    this.forgetStep();
    let highest = 0;
    for await (const keys of readKeyPages(db, { gte: BY_END, lt: AFTER_BY_END, size: PAGE })) {
      if (this.#count === 0) this.#nextEnd = timeOf(keys[0] ?? '');
      this.#count += keys.length;
      for (const key of keys) highest = Math.max(highest, sequenceOf(key) || 0);
    }
    return highest;
  }

  /** The mark of an event's message; `undefined` when it is not to be remembered. */
  ofMessage({ workspaceId, messageId }: OutboxEvent): Mark | undefined {
    if (messageId === undefined || this.#windowMs <= 0 || this.#maxEntries <= 0) return undefined;
    const key = `${BY_ID}${encodeURIComponent(workspaceId)}:${shorten(messageId)}`;
    return { key, windowMs: this.#windowMs, kind: 'message' };
  }

  /** The mark of an event's `once`. */
  ofOnce(event: Pick<OutboxEvent, 'workspaceId' | 'target'>, once: Once | undefined): Mark | undefined {
    if (once === undefined || once.windowMs <= 0 || this.#maxEntries <= 0) return undefined;
    return { key: onceMarkKey(event, once.key), windowMs: once.windowMs, kind: 'once' };
  }

  /** Whether the looked-up mark is there and has not ended. */
  isSeen(step: Step, { key }: Mark, now: number): boolean {
    const value = step.get(key);
    return value !== undefined && timeOf(value) > now;
  }

  /** Adds a mark to the step; it takes the place of an expired one. */
  add(step: Step, { key, windowMs, kind }: Mark, now: number, sequence: number): void {
    this.#drop(step, key, step.get(key));
    const suffix = kind === 'once' ? ONCE_SUFFIX : '';
    const byEnd = `${BY_END}${sortableTime(now + windowMs)}:${sortableSequence(sequence)}${suffix}`;
    step.put(key, byEnd);
    step.put(byEnd, key);
    this.#fresh.set(key, byEnd);
  }

  /** Takes the looked-up mark away if it is still that of the event with this sequence number. */
  giveBack(step: Step, key: string, sequence: number): void {
    const byEnd = step.get(key);
    if (byEnd !== undefined && sequenceOf(byEnd) === sequence) this.#drop(step, key, byEnd);
  }

  #drop(step: Step, key: string, byEnd: string | undefined): void {
    if (byEnd === undefined) return;
    step.del(key);
    step.del(byEnd);
    this.#gone.add(byEnd);
  }

  /**
   * Lets the step remove the marks beyond the limit that end first, and a few expired ones. What one step brings beyond the limit
   * goes with the next.
   *
   * @returns to be called once it is written
   */
  async makeRoom(db: Level, step: Step, now: number): Promise<() => void> {
    const count = this.#count - this.#gone.size + this.#fresh.size;
    const after = await this.#remove(db, step, count - this.#maxEntries, now);
    return () => {
      this.#count = after.count + this.#fresh.size;
      this.#floor = after.floor;
      this.#nextEnd = after.nextEnd;
      for (const byEnd of this.#fresh.values()) {
        this.#nextEnd = Math.min(this.#nextEnd, timeOf(byEnd));
        // A short window among long ones, or the clock was set back.
        if (byEnd < this.#floor) this.#floor = byEnd;
      }
      this.forgetStep();
    };
  }

  /** The step came to nothing. */
  forgetStep(): void {
    this.#fresh = new Map();
    this.#gone = new Set();
  }

  async #remove(db: Level, step: Step, tooMany: number, now: number): Promise<Housekeeping> {
    const count = this.#count - this.#gone.size;
    const expired = this.#nextEnd <= now;
    if (tooMany <= 0 && !expired) return { count, floor: this.#floor, nextEnd: this.#nextEnd };
    const limit = Math.max(2 * this.#fresh.size, SWEEP) + this.#gone.size + 1;
    // Fewer than asked for are the last ones; marks are short.
    const range = { gte: this.#floor, lt: AFTER_BY_END, size: limit, bytes: Number.POSITIVE_INFINITY };
    const { value: entries = [] } = await readPages(db, range).next();
    let removed = 0;
    let floor = this.#floor;
    for (const [byEnd, key] of entries) {
      if (!this.#gone.has(byEnd)) {
        const at = timeOf(byEnd);
        if (removed >= tooMany && at > now) return { count: count - removed, floor, nextEnd: at };
        step.del(byEnd);
        // A mark that this step writes anew belongs to the new entry.
        if (!this.#fresh.has(key)) step.del(key);
        removed += 1;
      }
      floor = byEnd;
    }
    const nextEnd = entries.length < limit ? Number.POSITIVE_INFINITY : timeOf(floor);
    return { count: count - removed, floor, nextEnd };
  }
}

/** Where the mark of a `once` key is found. Marks of messages are found by workspace, whose id holds no slash. */
export function onceMarkKey({ workspaceId, target }: Pick<OutboxEvent, 'workspaceId' | 'target'>, key: string): string {
  return `${BY_ID}${encodeURIComponent(laneId(workspaceId, target))}:${shorten(key)}`;
}

function shorten(id: string): string {
  const text = JSON.stringify(id);
  return id.length > LONG_ID ? createHash('sha256').update(text).digest('base64url') : text;
}

/** The sequence number in a `t:` key. */
function sequenceOf(byEnd: string): number {
  return Number.parseInt(byEnd.slice(byEnd.lastIndexOf(':') + 1), 10);
}

/** The time in a `t:` key. */
function timeOf(byEnd: string): number {
  return Number(byEnd.slice(BY_END.length, byEnd.indexOf(':', BY_END.length)));
}
