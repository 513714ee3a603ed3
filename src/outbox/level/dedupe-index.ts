// The dedupe index: remembers what was accepted, each for its time and all up to a number: messages, so that each is delivered once, and the last values of `once` keys.

import type { EpochMs } from '../../base/time.js';
import type { Level } from '../../level/open-database.js';
import { readKeyPages, readPages } from '../../level/pages.js';
import { type DedupeName, hashOfName, hashOfValue, nameOfMessage, nameOfOnce, shorten, toHex } from '../dedupe-name.js';
import type { MovedValue, MovedWindow, Remembered, RememberedPage } from '../moving.js';
import type { Once, OutboxEvent } from '../outbox.js';
import { DedupeGroup, DedupeGroups } from './dedupe-groups.js';
import { sortableSequence, sortableTime } from './records.js';
import type { Step } from './step.js';

/** `i:` finds an entry by what it stands for, `j:` by its group and when it ends. */
const BY_ID = 'i:';
const BY_END = 'j:';
const AFTER_BY_END = 'j;';

/** What an earlier version wrote: one group for all, whose entries name the whole key of the entry. They count until they end. */
const OLD_BY_END = 't:';
const AFTER_OLD_BY_END = 't;';
const OLD_GROUP = 't';

/** Characters of an end: 13 digits of time, a colon, 16 of sequence. */
const END_LENGTH = 30;

/** The group of what came from an outbox that keeps hashes of names. No group of a workspace is called so: theirs hold a colon. */
const HASHED_GROUP = 'hashed';

/** Begins what a `once` key stands at where only its hash is known. */
const HASHED_VALUE = '\0';

/** How many entries a step may always remove; one that adds many may remove twice as many. So a big backlog goes in small steps. */
const SWEEP = 64;

/** Keys read at once when they are counted. */
const PAGE = 1000;

/** What is remembered of an event: its message, or its `once` key. */
export interface DedupeEntry extends DedupeName {
  /** Where it is found. */
  readonly key: string;
  /** Milliseconds. */
  readonly windowMs: number;
  /** Of a `once` entry: what its key stood at last. */
  readonly value?: string;
}

/** Where a `once` entry is found. */
export type OnceEntry = Pick<DedupeEntry, 'group' | 'key'>;

/** What is stored of an entry: its end, and of a `once` entry the value behind it. */
type Stored = string;

/** What a group comes to once a step is written. */
interface Swept {
  readonly group: DedupeGroup;
  readonly removed: number;
  readonly floor: string;
  readonly nextEnd: number;
}

/**
 * The entries of accepted events. Each is written in the same step as its event. Beyond the limit the group that has the most gives up those of its own that
 * end first: no sender can push out what is remembered of another that sends less.
 */
export class DedupeIndex {
  readonly #windowMs: number;
  readonly #maxEntries: number;
  #groups = new DedupeGroups();
  /** What the step in the making writes, by key of the entry, and what it takes away, by key of its end; in order. */
  #fresh = new Map<string, DedupeGroup>();
  #gone = new Map<string, DedupeGroup>();
  /** The groups that the step writes to, each with the first end that it gets. */
  #touched = new Map<DedupeGroup, string>();

  /** @param windowMs milliseconds; 0 for none @param maxEntries 0 for none */
  constructor(windowMs: number, maxEntries: number) {
    this.#windowMs = windowMs;
    this.#maxEntries = maxEntries;
  }

  /** Counts the entries on disk. @returns the highest sequence number among them */
  async load(db: Level): Promise<number> {
    this.#groups = new DedupeGroups();
    this.forgetStep();
    let highest = 0;
    const count = (group: DedupeGroup, end: string) => {
      if (group.count === 0) group.nextEnd = timeOf(end);
      this.#groups.change(group, 1);
      highest = Math.max(highest, sequenceOf(end) || 0);
    };
    for await (const keys of readKeyPages(db, { gte: BY_END, lt: AFTER_BY_END, size: PAGE })) {
      for (const key of keys) count(this.#group(key.slice(BY_END.length, -END_LENGTH - 1)), key.slice(-END_LENGTH));
    }
    for await (const keys of readKeyPages(db, { gte: OLD_BY_END, lt: AFTER_OLD_BY_END, size: PAGE })) {
      for (const key of keys) count(this.#group(OLD_GROUP), key.slice(OLD_BY_END.length));
    }
    return highest;
  }

  /** The entry of an event's message; `undefined` when it is not to be remembered. */
  messageEntry(event: OutboxEvent): DedupeEntry | undefined {
    const { messageId } = event;
    if (messageId === undefined || this.#windowMs <= 0 || this.#maxEntries <= 0) return undefined;
    return entryOf(nameOfMessage(event, messageId), this.#windowMs);
  }

  /** The entry of an event's `once`. */
  onceEntry(event: Pick<OutboxEvent, 'workspaceId' | 'target'>, once: Once | undefined): DedupeEntry | undefined {
    if (once === undefined || once.windowMs <= 0 || this.#maxEntries <= 0) return undefined;
    return { ...onceEntry(event, once.key), windowMs: once.windowMs, value: once.value };
  }

  /** The key at which an earlier version kept the entry of an event's message; `undefined` when there is none of its entries left. */
  oldKeyOf({ workspaceId, messageId }: OutboxEvent): string | undefined {
    if (messageId === undefined || this.#groups.find(OLD_GROUP) === undefined) return undefined;
    return `${BY_ID}${encodeURIComponent(workspaceId)}:${shorten(messageId)}`;
  }

  /** Under which an outbox that keeps hashes remembered the same; `undefined` when there is nothing left of such a one. */
  hashedOf(entry: DedupeEntry | undefined): DedupeEntry | undefined {
    if (entry === undefined || this.#groups.find(HASHED_GROUP) === undefined) return undefined;
    return { ...entry, ...hashedEntry(entry) };
  }

  /** How many entries there are. */
  get count(): number {
    return this.#groups.total;
  }

  /** Whether the looked-up entry is there and has not ended; of a `once` entry, whether its key stands at its value. */
  isSeen(step: Step, { key, windowMs, value }: DedupeEntry, now: EpochMs): boolean {
    const stored = step.get(key);
    if (stored === undefined) return false;
    const left = timeOf(stored) - now;
    if (left <= 0 || value === undefined) return left > 0;
    // More than a whole window: the clock was ahead when it was opened, or windows were longer. A window that long would keep back what should be sent; an
    // id that is remembered for too long does no harm.
    return left <= windowMs && isSame(wordOf(stored), value);
  }

  /** Whether the looked-up entry of an earlier version is there and has not ended. */
  isSeenOfOld(step: Step, key: string, now: EpochMs): boolean {
    const stored = step.get(key);
    return stored !== undefined && timeOf(stored.slice(OLD_BY_END.length)) > now;
  }

  /** Adds an entry to the step; it takes the place of an expired one, or of another value. */
  add(step: Step, entry: DedupeEntry, now: EpochMs, sequence: number): void {
    const { windowMs, value } = entry;
    this.#put(step, entry, `${sortableTime(now + windowMs)}:${sortableSequence(sequence)}`, value);
  }

  #put(step: Step, { group, rest, key }: Named, end: string, word: string | undefined): void {
    this.#drop(step, { group, key }, step.get(key));
    step.put(key, word === undefined ? end : `${end} ${word}`);
    step.putUnseen(endKey(group, end), rest);
    const owner = this.#group(group);
    const first = this.#touched.get(owner);
    if (first === undefined || end < first) this.#touched.set(owner, end);
    this.#fresh.set(key, owner);
  }

  /** Takes the looked-up entry away if it is still that of the event with this sequence number. */
  giveBack(step: Step, entry: OnceEntry, sequence: number): void {
    const stored = step.get(entry.key);
    if (stored !== undefined && sequenceOf(stored) === sequence) this.#drop(step, entry, stored);
  }

  /** Takes the looked-up entry away. */
  forget(step: Step, entry: OnceEntry): void {
    this.#drop(step, entry, step.get(entry.key));
  }

  /** The window in a stored entry, where it is that of the event with this sequence number. */
  windowOf(stored: Stored | undefined, sequence: number): MovedWindow | undefined {
    if (stored === undefined || sequenceOf(stored) !== sequence) return undefined;
    return { endsAt: timeOf(stored), value: readWord(wordOf(stored)) };
  }

  /** A looked-up entry stands for the window of the event with this sequence number, whatever it stood for. */
  openWindow(step: Step, entry: Named, { endsAt, value }: MovedWindow, sequence: number): void {
    this.#put(step, entry, `${sortableTime(endsAt)}:${sortableSequence(sequence)}`, writeWord(value));
  }

  /** What is remembered under the hash of a looked-up entry is remembered under its name from here on. */
  nameHashed(step: Step, entry: Named): void {
    const hashed = hashedEntry(entry);
    const stored = step.get(hashed.key);
    if (stored === undefined) return;
    this.#drop(step, hashed, stored);
    if (timeOf(step.get(entry.key) ?? '0:') < timeOf(stored))
      this.#put(step, entry, stored.slice(0, END_LENGTH), stored.length > END_LENGTH ? wordOf(stored) : undefined);
  }

  /** A looked-up entry lasts until then, too. What has ended is not kept. */
  prolong(step: Step, { entry, endsAt, stands }: Prolonged, now: EpochMs, sequence: number): void {
    if (endsAt <= now || timeOf(step.get(entry.key) ?? '0:') >= endsAt) return;
    const word = stands === undefined ? undefined : writeWord(stands);
    this.#put(step, entry, `${sortableTime(endsAt)}:${sortableSequence(sequence)}`, word);
  }

  /** All entries but those of an earlier version, in the order of their groups and ends. @param after a cursor of an earlier page */
  async *read(db: Level, after: string): AsyncGenerator<RememberedPage, void, void> {
    const range = { gte: after === '' ? BY_END : `${after}\0`, lt: AFTER_BY_END, size: PAGE };
    for await (const page of readPages(db, range)) {
      const found = page.map(([byEnd, rest]) => {
        const group = byEnd.slice(BY_END.length, -END_LENGTH - 1);
        return { group, rest, key: `${BY_ID}${group}:${rest}`, end: byEnd.slice(-END_LENGTH) };
      });
      const stored = await db.getMany(found.map(({ key }) => key));
      const entries = found.flatMap(({ group, rest, end }, index): Remembered[] => {
        const value = stored[index];
        if (value?.startsWith(end) !== true) return [];
        const of = group === HASHED_GROUP ? { hash: rest } : { group, rest };
        return [{ of, endsAt: timeOf(end), ...(value.length > END_LENGTH && { stands: readWord(wordOf(value)) }) }];
      });
      yield { entries, cursor: page.at(-1)?.[0] ?? after };
    }
  }

  /** Forgets everything, on disk, too. */
  async clear(db: Level): Promise<void> {
    for (const prefix of [BY_ID, BY_END, OLD_BY_END]) await db.clear({ gte: prefix, lt: `${prefix.slice(0, -1)};` });
    this.#groups = new DedupeGroups();
  }

  #drop(step: Step, { group, key }: OnceEntry, stored: Stored | undefined): void {
    if (stored === undefined) return;
    const byEnd = endKey(group, stored.slice(0, END_LENGTH));
    step.del(key);
    step.del(byEnd);
    // One that this very step has written is not counted yet.
    if (!this.#fresh.delete(key)) this.#gone.set(byEnd, this.#group(group));
  }

  #group(name: string): DedupeGroup {
    return (
      this.#groups.find(name) ??
      this.#groups.add(new DedupeGroup(name, name === OLD_GROUP ? OLD_BY_END : `${BY_END}${name}:`))
    );
  }

  /**
   * Lets the step remove the entries beyond the limit, and a few expired ones. What one step brings beyond the limit goes with the next.
   *
   * @returns to be called once it is written
   */
  async makeRoom(db: Level, step: Step, now: EpochMs): Promise<() => void> {
    const tooMany = this.#groups.total - this.#gone.size + this.#fresh.size - this.#maxEntries;
    const group =
      tooMany > 0 ? this.#groups.findLargest(this.#fresh.size) : this.#groups.findExpired(this.#touched.keys(), now);
    const swept = group && (await this.#sweep(db, step, group, tooMany, now));
    return () => {
      if (swept !== undefined) {
        swept.group.floor = swept.floor;
        swept.group.nextEnd = swept.nextEnd;
      }
      for (const group of this.#fresh.values()) this.#groups.change(group, 1);
      for (const [group, end] of this.#touched) {
        group.nextEnd = Math.min(group.nextEnd, timeOf(end));
        // A short window among long ones, or the clock was set back.
        if (end < group.floor) group.floor = end;
      }
      for (const group of this.#gone.values()) this.#groups.change(group, -1);
      if (swept !== undefined) this.#groups.change(swept.group, -swept.removed);
      this.forgetStep();
    };
  }

  /** The step came to nothing. */
  forgetStep(): void {
    this.#fresh = new Map();
    this.#gone = new Map();
    this.#touched = new Map();
  }

  async #sweep(db: Level, step: Step, group: DedupeGroup, tooMany: number, now: EpochMs): Promise<Swept> {
    const limit = Math.max(2 * this.#fresh.size, SWEEP) + this.#gone.size + 1;
    // Fewer than asked for are the last ones; entries are short.
    const range = { gte: group.start + group.floor, lt: group.end, size: limit, bytes: Number.POSITIVE_INFINITY };
    const { value: entries = [] } = await readPages(db, range).next();
    let removed = 0;
    let floor = group.floor;
    for (const [byEnd, rest] of entries) {
      const end = byEnd.slice(group.start.length);
      if (!this.#gone.has(byEnd)) {
        const at = timeOf(end);
        if (removed >= tooMany && at > now) return { group, removed, floor, nextEnd: at };
        const key = group.name === OLD_GROUP ? rest : `${BY_ID}${group.name}:${rest}`;
        step.del(byEnd);
        // An entry that this step writes anew belongs to the new entry.
        if (!this.#fresh.has(key)) step.del(key);
        removed += 1;
      }
      floor = end;
    }
    const nextEnd = entries.length < limit ? Number.POSITIVE_INFINITY : timeOf(floor);
    return { group, removed, floor, nextEnd };
  }
}

/** An entry by its name. */
export type Named = Pick<DedupeEntry, 'group' | 'rest' | 'key'>;

/** An entry, and until when it lasts elsewhere. */
export interface Prolonged extends Pick<Remembered, 'endsAt' | 'stands'> {
  readonly entry: Named;
}

/** Where something that is remembered elsewhere is found here. */
export function prolonged({ of, endsAt, stands }: Remembered): Prolonged {
  const entry = 'hash' in of ? namedEntry({ group: HASHED_GROUP, rest: of.hash }) : namedEntry(of);
  return { entry, endsAt, ...(stands !== undefined && { stands }) };
}

function namedEntry({ group, rest }: DedupeName): Named {
  return { group, rest, key: `${BY_ID}${group}:${rest}` };
}

/** Where it is found under its hash. */
export function hashedEntry(name: DedupeName): Named {
  return namedEntry({ group: HASHED_GROUP, rest: toHex(hashOfName(name)) });
}

function readWord(word: string): MovedValue {
  return word.startsWith(HASHED_VALUE) ? { hash: word.slice(HASHED_VALUE.length) } : { value: word };
}

function writeWord(stands: MovedValue): string {
  return 'hash' in stands ? `${HASHED_VALUE}${stands.hash}` : stands.value;
}

function isSame(word: string, value: string): boolean {
  return word.startsWith(HASHED_VALUE) ? word === `${HASHED_VALUE}${toHex(hashOfValue(value))}` : word === value;
}

/** Where the entry of a `once` key is found. */
export function onceEntry(lane: Pick<OutboxEvent, 'workspaceId' | 'target'>, key: string): Named {
  return namedEntry(nameOfOnce(lane, key));
}

function entryOf({ group, rest }: DedupeName, windowMs: number): DedupeEntry {
  return { group, rest, key: `${BY_ID}${group}:${rest}`, windowMs };
}

function endKey(group: string, end: string): string {
  return `${BY_END}${group}:${end}`;
}

/** The sequence number in an end. */
function sequenceOf(end: string): number {
  return Number.parseInt(end.slice(end.indexOf(':') + 1), 10);
}

/** The time in an end. */
function timeOf(end: string): number {
  return Number(end.slice(0, end.indexOf(':')));
}

function wordOf(stored: Stored): string {
  return stored.slice(END_LENGTH + 1);
}
