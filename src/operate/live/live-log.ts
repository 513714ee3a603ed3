// The memory of the live log: bounded, and what failed is apart, so that no number of good events can push it out.

import { randomInt } from 'node:crypto';
import type { EpochMs } from '../../base/time.js';
import { EntryRing, type RingLimits } from './entry-ring.js';
import { bytesOf, type EntryExtra, type KeptEntry, type NewEntry } from './kept-entry.js';
import { PerSecond } from './per-second.js';
import type { LiveEntry, LiveKept, LiveOutcome } from './shapes.js';

/** Bounds of the memory. */
export interface LiveLimits {
  readonly good: RingLimits;
  readonly bad: RingLimits;
  /** Entries in a second that are kept while somebody watches. */
  readonly goodPerSecond: number;
  readonly badPerSecond: number;
  /** Good events in a second that are kept as they were received, beside their entries: to write one down takes as long as to convert it. */
  readonly eventsPerSecond: number;
  /** Good events in a second of which one is kept while no one watches: of each workspace, and of all together. */
  readonly samplesPerSecond: number;
  readonly samplesOfAllPerSecond: number;
  /** Milliseconds that all is kept after the last watcher has left: he may come back and ask what he missed. */
  readonly graceMs: number;
}

const MB = 1024 * 1024;

export const LIVE_LIMITS: LiveLimits = {
  good: { entries: 10_000, entryBytes: 12 * MB, eventBytes: 8 * MB },
  bad: { entries: 4_000, entryBytes: 6 * MB, eventBytes: 8 * MB },
  goodPerSecond: 2_200,
  badPerSecond: 400,
  eventsPerSecond: 200,
  samplesPerSecond: 10,
  samplesOfAllPerSecond: 100,
  graceMs: 60_000,
};

/** Outcomes that want somebody's eyes. */
const BAD: ReadonlySet<LiveOutcome> = new Set(['failed_on_ingest', 'pending_retry', 'failed_delivery', 'refused']);

export function isBad(outcome: LiveOutcome): boolean {
  return BAD.has(outcome);
}

/** Ordinals of the last good and the last bad entry that a reader has seen. */
export interface Cursor {
  readonly good: number;
  readonly bad: number;
}

/** What a reader has not seen yet. */
export interface Unread {
  /** In the order in which they came; at most as many as were asked for. */
  readonly entries: readonly KeptEntry[];
  readonly cursor: Cursor;
  /** Entries before or between them that are gone since. */
  readonly slow: number;
  /** Entries before or between them that were never kept. */
  readonly rate: number;
  readonly isAll: boolean;
}

/** Is given what a log keeps, and how many it does not. */
export interface LiveRelay {
  kept(entry: LiveEntry, extra: EntryExtra): void;
  skipped(isBad: boolean, count: number): void;
}

/** What the log is made with. */
export interface LiveLogOptions {
  readonly now: () => EpochMs;
  readonly limits?: LiveLimits;
  /** Tells this process from the one before. */
  readonly epoch?: string;
  /** Default: nothing is. */
  readonly relay?: LiveRelay | undefined;
  /** Told when all begins to be kept, and when it ends. */
  readonly onKeepsAll?: ((keepsAll: boolean) => void) | undefined;
}

/** Two processes may start in the same millisecond. */
function newEpoch(): string {
  return Date.now().toString(36) + randomInt(36 ** 3).toString(36);
}

/** Entries of the process since its start, as far as they are kept. */
export class LiveLog {
  readonly epoch: string;
  readonly #limits: LiveLimits;
  readonly #now: () => EpochMs;
  readonly #good: EntryRing;
  readonly #bad: EntryRing;
  readonly #goodRate: PerSecond;
  readonly #badRate: PerSecond;
  readonly #eventRate: PerSecond;
  readonly #samples: PerSecond;
  readonly #samplesOf = new Map<string, PerSecond>();
  readonly #listeners = new Set<() => void>();
  readonly #relay: LiveRelay | undefined;
  readonly #onKeepsAll: (keepsAll: boolean) => void;
  #number = 0;
  #watchers = 0;
  #grace: NodeJS.Timeout | undefined;

  constructor({ now, limits = LIVE_LIMITS, epoch = newEpoch(), relay, onKeepsAll = () => {} }: LiveLogOptions) {
    this.#relay = relay;
    this.#onKeepsAll = onKeepsAll;
    this.#now = now;
    this.#limits = limits;
    this.epoch = epoch;
    this.#good = new EntryRing(limits.good);
    this.#bad = new EntryRing(limits.bad);
    this.#goodRate = new PerSecond(limits.goodPerSecond);
    this.#badRate = new PerSecond(limits.badPerSecond);
    this.#eventRate = new PerSecond(limits.eventsPerSecond);
    this.#samples = new PerSecond(limits.samplesOfAllPerSecond);
  }

  /** True while all is to be kept, because somebody watches or did a moment ago. */
  get keepsAll(): boolean {
    return this.#watchers > 0 || this.#grace !== undefined;
  }

  get kept(): LiveKept {
    return {
      entries: this.#good.size + this.#bad.size,
      bytes: this.#good.bytes + this.#bad.bytes,
      good: this.keepsAll ? 'all' : 'sample',
    };
  }

  /** Where a reader begins who wants nothing of before. */
  get end(): Cursor {
    return { good: this.#good.last, bad: this.#bad.last };
  }

  /**
   * Whether one good event of a workspace is wanted now, while no one watches. Asked once for a call, whatever it holds.
   *
   * @param workspaceId of a document; empty where none is known
   */
  wantsSample(workspaceId: string): boolean {
    const at = this.#now();
    if (!this.#samples.hasRoom(at)) return false;
    const own = this.#samplesOf.get(workspaceId) ?? new PerSecond(this.#limits.samplesPerSecond);
    this.#samplesOf.set(workspaceId, own);
    return own.takes(at) && this.#samples.takes(at);
  }

  /** Good events that nothing is kept of. */
  skipGood(count: number): void {
    this.#good.skip(count);
    this.#relay?.skipped(false, count);
  }

  skipBad(count: number): void {
    this.#bad.skip(count);
    this.#relay?.skipped(true, count);
  }

  /** Whether the next entry of such an outcome is kept; the others of its second are counted. */
  hasRoom(outcome: LiveOutcome): boolean {
    return this.roomFor(outcome, 1) === 1;
  }

  /** How many of the next entries of such an outcome are kept; the others are counted. */
  roomFor(outcome: LiveOutcome, count: number): number {
    const bad = isBad(outcome);
    const room = (bad ? this.#badRate : this.#goodRate).take(this.#now(), count);
    if (room < count) {
      if (bad) this.skipBad(count - room);
      else this.skipGood(count - room);
    }
    return room;
  }

  /** How many of the next good events are kept as they were received. */
  roomForEvents(count: number): number {
    return this.#eventRate.take(this.#now(), count);
  }

  /** Keeps an entry, for which there was room. @param at when it was; default: now */
  add(entry: NewEntry, extra: EntryExtra = {}, at: EpochMs = this.#now()): void {
    const ring = isBad(entry.outcome) ? this.#bad : this.#good;
    this.#number += 1;
    const kept: KeptEntry = {
      number: this.#number,
      ordinal: ring.next(),
      entry: {
        id: `${this.epoch}-${this.#number}`,
        at,
        ...entry,
        ...(extra.event !== undefined && { hasEvent: true }),
      },
      extra,
      bytes: bytesOf(entry, extra),
    };
    ring.add(kept);
    this.#relay?.kept(kept.entry, extra);
    for (const listener of this.#listeners) listener();
  }

  /** Told of each entry; all is kept from now until a while after what it returns is called. */
  watch(listener: () => void): () => void {
    clearTimeout(this.#grace);
    this.#grace = undefined;
    this.#watchers += 1;
    if (this.#watchers === 1) this.#onKeepsAll(true);
    this.#listeners.add(listener);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#listeners.delete(listener);
      this.#watchers -= 1;
      if (this.#watchers > 0) return;
      this.#grace = setTimeout(() => {
        this.#grace = undefined;
        this.#onKeepsAll(false);
      }, this.#limits.graceMs);
      this.#grace.unref();
    };
  }

  /** What came after a cursor, at most so many entries. */
  read(cursor: Cursor, most: number): Unread {
    const sides = [new Side(this.#good, cursor.good), new Side(this.#bad, cursor.bad)] as const;
    const [good, bad] = sides;
    const entries: KeptEntry[] = [];
    while (entries.length < most) {
      const side = good.isBefore(bad) ? good : bad;
      const kept = side.take();
      if (kept === undefined) break;
      entries.push(kept);
    }
    const isAll = good.isEmpty && bad.isEmpty;
    if (isAll) for (const side of sides) side.finish();
    return {
      entries,
      cursor: { good: good.seen, bad: bad.seen },
      slow: good.slow + bad.slow,
      rate: good.rate + bad.rate,
      isAll,
    };
  }

  /** Newest first. */
  *newest(): Generator<KeptEntry, void> {
    const good = this.#good.newest();
    const bad = this.#bad.newest();
    let fromGood = good.next();
    let fromBad = bad.next();
    while (!fromGood.done || !fromBad.done) {
      if (fromBad.done || (!fromGood.done && fromGood.value.number > fromBad.value.number)) {
        if (!fromGood.done) yield fromGood.value;
        fromGood = good.next();
      } else {
        yield fromBad.value;
        fromBad = bad.next();
      }
    }
  }

  find(id: string): KeptEntry | undefined {
    for (const kept of this.newest()) if (kept.entry.id === id) return kept;
    return undefined;
  }

  close(): void {
    clearTimeout(this.#grace);
    this.#grace = undefined;
  }
}

/** One of the two memories, as a reader goes through it. */
class Side {
  readonly #ring: EntryRing;
  readonly #entries: Generator<KeptEntry, void>;
  #next: KeptEntry | undefined;
  seen: number;
  readonly slow: number;
  rate = 0;

  constructor(ring: EntryRing, after: number) {
    this.#ring = ring;
    this.seen = after;
    this.#entries = ring.after(after);
    this.#next = this.#entries.next().value ?? undefined;
    this.slow = Math.max(0, ring.lastRemoved - after);
    this.seen += this.slow;
  }

  get isEmpty(): boolean {
    return this.#next === undefined;
  }

  isBefore(other: Side): boolean {
    if (this.#next === undefined) return false;
    return other.#next === undefined || this.#next.number < other.#next.number;
  }

  #advance(): void {
    const { value } = this.#entries.next();
    this.#next = value ?? undefined;
  }

  take(): KeptEntry | undefined {
    const kept = this.#next;
    if (kept === undefined) return undefined;
    this.rate += kept.ordinal - this.seen - 1;
    this.seen = kept.ordinal;
    this.#advance();
    return kept;
  }

  /** What came last was not kept, either. */
  finish(): void {
    this.rate += this.#ring.last - this.seen;
    this.seen = this.#ring.last;
  }
}
