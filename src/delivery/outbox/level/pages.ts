// Reads a range of the database page by page.

import type { Level } from './step.js';

/** What to read, and how much at once. */
export interface PageSettings {
  readonly gte: string;
  readonly lt: string;
  /** Records of a page. */
  readonly size: number;
}

/** Bytes that LevelDB hands over at once. */
const READ_AHEAD = 1 << 20;

/** An iterator over keys, or over keys and values. */
interface Entries<T> {
  nextv(size: number): Promise<T[]>;
  seek(key: string): void;
  close(): Promise<void>;
}

/** Keys and values in order. */
export function readPages(db: Level, { gte, lt, size }: PageSettings): AsyncGenerator<[string, string][], void, void> {
  const read = (from: string) => readPage(db.iterator({ gte: from, lt, highWaterMarkBytes: READ_AHEAD }), lt, size);
  return eachPage(gte, size, read, ([key]) => key);
}

/** Keys in order. */
export function readKeyPages(db: Level, { gte, lt, size }: PageSettings): AsyncGenerator<string[], void, void> {
  const read = (from: string) => readPage(db.keys({ gte: from, lt, highWaterMarkBytes: READ_AHEAD }), lt, size);
  return eachPage(gte, size, read, (key) => key);
}

async function* eachPage<T>(
  first: string,
  size: number,
  read: (from: string) => Promise<T[]>,
  keyOf: (entry: T) => string,
): AsyncGenerator<T[], void, void> {
  let from = first;
  for (;;) {
    const page = await read(from);
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    if (page.length < size) return;
    from = `${keyOf(last)}\0`;
  }
}

/**
 * LevelDB passes over a block that it can't read, and says so only when an iterator comes to its end. So each page goes to
 * the end before it is used: nothing is passed over in silence.
 */
async function readPage<T>(entries: Entries<T>, end: string, size: number): Promise<T[]> {
  try {
    const page: T[] = [];
    while (page.length < size) {
      const more = await entries.nextv(size - page.length);
      if (more.length === 0) return page;
      for (const entry of more) page.push(entry);
    }
    entries.seek(end);
    await entries.nextv(1);
    return page;
  } finally {
    await entries.close();
  }
}
