// The embedded outbox as a move sees it: read from its beginning, taken away page by page, and written to behind what is there.

import { randomUUID } from 'node:crypto';
import { PluginError } from '../../base/errors.js';
import type { Level } from '../../level/open-database.js';
import { readPages } from '../../level/pages.js';
import { type LaneId, laneId } from '../lane-id.js';
import type { MovableOutbox, MovedEvent, MovedLetter, MovedPage, MoveNote } from '../moving.js';
import type { Books } from './books.js';
import type { LevelDatabase } from './database.js';
import { hashedEntry, onceEntry, prolonged } from './dedupe-index.js';
import {
  DEAD,
  decodeDead,
  decodeNote,
  decodeWaiting,
  encodeDead,
  encodeNote,
  encodeWaiting,
  keyRange,
  MOVE_KEY,
  parseRecordKey,
  type RecordKey,
  receivedKey,
  recordBytes,
  recordKey,
  WAITING,
} from './records.js';
import type { Step } from './step.js';
import type { Writer } from './writer.js';

/** Records of a page, and characters of them. */
const PAGE = 500;
const PAGE_CHARACTERS = 4 << 20;

/** What a move works on. */
export interface MovingDeps {
  readonly database: LevelDatabase;
  readonly books: Books;
  readonly writer: Writer;
}

interface Read {
  readonly key: string;
  readonly value: string;
  readonly place: RecordKey;
}

/** @throws PluginError OUTBOX_UNAVAILABLE */
function openedOf({ database }: MovingDeps): Level {
  const { db, problem } = database;
  if (db === undefined) throw new PluginError('OUTBOX_UNAVAILABLE', problem?.text ?? 'closed');
  return db;
}

/** What a record's key says nothing of stays where it is: the outbox passes over it, too. */
async function readFirst(db: Level, kind: typeof WAITING | typeof DEAD): Promise<readonly Read[]> {
  for await (const page of readPages(db, { ...keyRange(kind), size: PAGE, bytes: PAGE_CHARACTERS })) {
    const read = page.flatMap(([key, value]) => {
      const place = parseRecordKey(key);
      return place === undefined ? [] : [{ key, value, place }];
    });
    if (read.length > 0) return read;
  }
  return [];
}

/** What waits, with the windows that are its own. What the disk gives back damaged is given up, as it is when it is claimed. */
async function readWaiting({ books }: MovingDeps, db: Level, read: readonly Read[]): Promise<Omit<MovedPage, 'keys'>> {
  const events: MovedEvent[] = [];
  const letters: MovedLetter[] = [];
  const windows = await readWindows(books, db, read);
  for (const { key, value, place } of read) {
    const { delivery, damaged } = decodeWaiting(place, key, value);
    const { key: _, ...event } = delivery;
    const window = windows.get(key);
    if (damaged) letters.push({ ...event, reason: 'damaged', answer: '', diedAt: books.now() });
    else events.push(window === undefined ? event : { ...event, window });
  }
  return { events, letters };
}

async function readWindows({ dedupe }: Books, db: Level, read: readonly Read[]) {
  const asked = read.flatMap(({ key, value, place }) => {
    const { delivery } = decodeWaiting(place, key, value);
    const { onceKey } = delivery;
    return onceKey === undefined ? [] : [{ key, sequence: place.sequence, entry: onceEntry(delivery, onceKey).key }];
  });
  const stored = await db.getMany(asked.map(({ entry }) => entry));
  return new Map(
    asked.flatMap(({ key, sequence }, index) => {
      const window = dedupe.windowOf(stored[index], sequence);
      return window === undefined ? [] : [[key, window] as const];
    }),
  );
}

/** Where the next events of lanes come: behind those that wait. */
async function lastTimes(db: Level, lanes: Iterable<LaneId>, known: Map<LaneId, number>): Promise<void> {
  for (const lane of lanes) {
    if (known.has(lane)) continue;
    const { value: [last] = [] } = await readPages(db, { ...keyRange(WAITING, lane), size: 1, reverse: true }).next();
    known.set(lane, (last && parseRecordKey(last[0])?.time) ?? 0);
  }
}

/** @param onClose closes the outbox */
export function createLevelMoving(deps: MovingDeps, onClose: () => Promise<void>): MovableOutbox {
  const { books, writer } = deps;
  /** Of each lane that was written to, the time of its last event. */
  const times = new Map<LaneId, number>();

  const change = (lookUp: readonly string[], bytes: number, plan: (step: Step) => () => void) =>
    writer.write({ lookUp, bytes, plan });

  function writeEvent(step: Step, event: MovedEvent): () => void {
    books.sequence += 1;
    const { sequence } = books;
    const lane = laneId(event.workspaceId, event.target);
    const time = Math.max(event.acceptedAt, times.get(lane) ?? 0);
    times.set(lane, time);
    const key = recordKey({ kind: WAITING, lane, time, sequence });
    const value = encodeWaiting(key, event, event.attempts, { onceKey: event.onceKey });
    step.put(key, value);
    if (event.onceKey !== undefined) {
      const entry = onceEntry(event, event.onceKey);
      books.dedupe.nameHashed(step, entry);
      if (event.window !== undefined) books.dedupe.openWindow(step, entry, event.window, sequence);
    }
    return () =>
      books.lanes
        .arrived(lane, key, event.acceptedAt, recordBytes(key, value))
        .people.add({ sequence, time, person: undefined });
  }

  function writeLetter(step: Step, letter: MovedLetter): () => void {
    books.sequence += 1;
    const { sequence } = books;
    const lane = laneId(letter.workspaceId, letter.target);
    const { diedAt } = letter;
    const key = recordKey({ kind: DEAD, lane, time: diedAt, sequence });
    const value = encodeDead(key, { ...letter, key }, letter.acceptedAt, letter);
    step.put(key, value);
    if (letter.onceKey !== undefined) books.dedupe.nameHashed(step, onceEntry(letter, letter.onceKey));
    return () => {
      books.lanes.died(lane, diedAt, recordBytes(key, value));
      books.lanes.lane(lane).people.add({ sequence, time: diedAt, person: undefined });
    };
  }

  const windowKeys = ({ events, letters }: MovedPage): readonly string[] =>
    [...events, ...letters].flatMap((event) => {
      if (event.onceKey === undefined) return [];
      const entry = onceEntry(event, event.onceKey);
      return [entry.key, hashedEntry(entry).key];
    });

  return {
    async count() {
      const waiting = books.lanes.status();
      return {
        waiting: waiting.reduce((sum, lane) => sum + lane.waiting, 0),
        deadLetters: waiting.reduce((sum, lane) => sum + lane.deadLetters, 0),
        remembered: books.dedupe.count,
      };
    },
    async begin() {
      const note = decodeNote(MOVE_KEY, await openedOf(deps).get(MOVE_KEY));
      const [id = randomUUID(), cursor = '', sequence] = note ?? [];
      // Where something was accepted since, what is remembered of it has yet to be copied, with the rest again.
      return { id, cursor: sequence === String(books.sequence) ? cursor : '' };
    },
    async unfinished() {
      return decodeNote(MOVE_KEY, await openedOf(deps).get(MOVE_KEY))?.[0];
    },
    note: ({ id, cursor }: MoveNote) =>
      change([], 0, (step) => {
        step.put(MOVE_KEY, encodeNote(MOVE_KEY, [id, cursor, String(books.sequence)]));
        return () => {};
      }),
    remembered: (after) => books.dedupe.read(openedOf(deps), after),
    async nextPage() {
      const db = openedOf(deps);
      const waiting = await readFirst(db, WAITING);
      if (waiting.length > 0) return { keys: waiting.map(({ key }) => key), ...(await readWaiting(deps, db, waiting)) };
      const dead = await readFirst(db, DEAD);
      if (dead.length === 0) return undefined;
      const letters = dead.map(({ key, value, place }) => {
        const { key: _, ...letter } = decodeDead(place, key, value);
        return letter;
      });
      return { keys: dead.map(({ key }) => key), events: [], letters };
    },
    remove: (keys) =>
      change(keys, 0, (step) => {
        const gone: (() => void)[] = [];
        for (const key of keys) {
          const value = step.get(key);
          const place = parseRecordKey(key);
          if (value === undefined || place === undefined) continue;
          step.del(key);
          const bytes = recordBytes(key, value);
          gone.push(() => {
            books.lanes.lane(place.lane).people.remove(place.sequence);
            if (place.kind === DEAD) books.lanes.deadLetterRemoved(place.lane, bytes);
            else books.lanes.left(place.lane, key, decodeWaiting(place, key, value).delivery.acceptedAt, bytes);
          });
        }
        return () => {
          for (const note of gone) note();
        };
      }),
    async finish() {
      await books.dedupe.clear(openedOf(deps));
      await change([MOVE_KEY], 0, (step) => {
        step.del(MOVE_KEY);
        return () => {};
      });
    },
    async remember(entries) {
      const known = entries.map(prolonged);
      const keys = known.map(({ entry }) => entry.key);
      await change(keys, 0, (step) => {
        const now = books.now();
        for (const entry of known) {
          books.sequence += 1;
          books.dedupe.prolong(step, entry, now, books.sequence);
        }
        return () => {};
      });
    },
    async receive(move, page) {
      const db = openedOf(deps);
      await lastTimes(db, new Set(page.events.map((event) => laneId(event.workspaceId, event.target))), times);
      const bytes = [...page.events, ...page.letters].reduce((sum, { payload }) => sum + Buffer.byteLength(payload), 0);
      await change(windowKeys(page), bytes, (step) => {
        const written = [
          ...page.events.map((event) => writeEvent(step, event)),
          ...page.letters.map((letter) => writeLetter(step, letter)),
        ];
        step.put(receivedKey(move), encodeNote(receivedKey(move), page.keys));
        return () => {
          for (const note of written) note();
        };
      });
    },
    async lastReceived(move) {
      return decodeNote(receivedKey(move), await openedOf(deps).get(receivedKey(move)));
    },
    received: (move) =>
      change([receivedKey(move)], 0, (step) => {
        if (step.get(receivedKey(move)) !== undefined) step.del(receivedKey(move));
        return () => {};
      }),
    close: onClose,
  };
}
