// Reads a range of the database page by page.

import type { Level } from './level-outbox-step.js';

/** What to read, and how much at once. */
export interface PageSettings {
  readonly gte: string;
  readonly lt: string;
  /** Records of a page. */
  readonly size: number;
}

/** Bytes that LevelDB hands over at once. */
const READ_AHEAD = 1 << 20;

/**
 * Keys and values in order.
 *
 * LevelDB passes over a block it can't read, and says so only when an iterator comes to its end. So each page is read to
 * the end of an iterator of its own before it is used: nothing is passed over in silence.
 */
export function readPages(db: Level, range: PageSettings): AsyncGenerator<[string, string][], void, void> {
  const read = (gte: string) => db.iterator({ ...limitsOf(range), gte }).all();
  return eachPage(range, read, ([key]) => key);
}

/** Keys in order. */
export function readKeyPages(db: Level, range: PageSettings): AsyncGenerator<string[], void, void> {
  const read = (gte: string) => db.keys({ ...limitsOf(range), gte }).all();
  return eachPage(range, read, (key) => key);
}

function limitsOf({ lt, size }: PageSettings) {
  return { lt, limit: size, highWaterMarkBytes: READ_AHEAD };
}

async function* eachPage<T>(
  { gte, size }: PageSettings,
  read: (gte: string) => Promise<T[]>,
  keyOf: (entry: T) => string,
): AsyncGenerator<T[], void, void> {
  let start = gte;
  for (;;) {
    const page = await read(start);
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    if (page.length < size) return;
    start = `${keyOf(last)}\0`;
  }
}
