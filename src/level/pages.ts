// Reads a range of the database page by page.

import type { Level } from './open-database.js';

/** What to read, and how much at once. */
export interface PageSettings {
  readonly gte: string;
  readonly lt: string;
  /** Records of a page, at most. */
  readonly size: number;
  /** Characters of keys and values after which a page ends with what it has. Default 4 Mi. */
  readonly bytes?: number;
  /** From the end to the beginning. */
  readonly reverse?: true;
}

/** Bytes that LevelDB hands over at once. */
const READ_AHEAD = 1 << 20;

/** A page ends with the record that reaches it, whatever number of records was asked for: records may be as large as requests. */
const PAGE_BYTES = 4 << 20;

/** An iterator over keys, or over keys and values. */
interface Entries<T> {
  nextv(size: number): Promise<T[]>;
  seek(key: string): void;
  close(): Promise<void>;
}

/** Keys to read. */
type KeyRange = Pick<PageSettings, 'gte' | 'lt'>;

/** One page, and whether anything lies behind it. */
interface Page<T> {
  readonly entries: T[];
  readonly isLast: boolean;
}

/** Keys and values in order. */
export function readPages(db: Level, settings: PageSettings): AsyncGenerator<[string, string][], void, void> {
  const highWaterMarkBytes = Math.min(READ_AHEAD, settings.bytes ?? PAGE_BYTES);
  const { reverse = false } = settings;
  const read = (range: KeyRange) =>
    readPage(
      db.iterator({ ...range, reverse, highWaterMarkBytes }),
      settings,
      ([key, value]) => key.length + value.length,
    );
  return eachPage(settings, read, ([key]) => key);
}

/** Keys in order. */
export function readKeyPages(db: Level, settings: PageSettings): AsyncGenerator<string[], void, void> {
  const { reverse = false } = settings;
  const read = (range: KeyRange) =>
    readPage(db.keys({ ...range, reverse, highWaterMarkBytes: READ_AHEAD }), settings, (key) => key.length);
  return eachPage(settings, read, (key) => key);
}

async function* eachPage<T>(
  { gte, lt, reverse }: PageSettings,
  read: (range: KeyRange) => Promise<Page<T>>,
  keyOf: (entry: T) => string,
): AsyncGenerator<T[], void, void> {
  let range: KeyRange = { gte, lt };
  for (;;) {
    const { entries, isLast } = await read(range);
    const last = entries.at(-1);
    if (last === undefined) return;
    yield entries;
    if (isLast) return;
    range = reverse ? { gte, lt: keyOf(last) } : { gte: `${keyOf(last)}\0`, lt };
  }
}

/**
 * LevelDB passes over a block that it cannot read, and says so only when an iterator comes to its end. So each page goes to
 * the end before it is used: nothing is passed over in silence.
 */
async function readPage<T>(
  source: Entries<T>,
  { gte, lt, size, bytes = PAGE_BYTES, reverse }: PageSettings,
  sizeOf: (entry: T) => number,
): Promise<Page<T>> {
  try {
    const entries: T[] = [];
    let read = 0;
    while (entries.length < size && (read < bytes || read === 0)) {
      const more = await source.nextv(size - entries.length);
      if (more.length === 0) return { entries, isLast: true };
      for (const entry of more) {
        entries.push(entry);
        read += sizeOf(entry);
      }
    }
    source.seek(reverse ? gte : lt);
    await source.nextv(1);
    return { entries, isLast: false };
  } finally {
    await source.close();
  }
}
