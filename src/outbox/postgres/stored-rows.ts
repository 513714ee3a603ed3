// Reads rows of events, and does not stop at one that cannot be read.

import { type RowEvent, readEventRow, type StoredRow } from './event-rows.js';
import { NO_PERSON } from './keys.js';

/** What a row holds. */
export interface ReadRow {
  readonly events: readonly RowEvent[];
  /** It could not be read: its one event stands for all that it had, and its payload is the text of the row. */
  readonly isDamaged: boolean;
}

/** @param count events of the row, those that are done included; `undefined` where some may have been taken out of it */
export function readStoredRow(row: StoredRow, count?: number): ReadRow {
  try {
    const events = readEventRow(row);
    const isWhole = count === undefined || events.length + new Set(row.done).size === count;
    if (isWhole && events.every(({ payload }) => payload !== '')) return { events, isDamaged: false };
  } catch {
    // Told as damaged.
  }
  const { events: payload, acceptedAt, done } = row;
  const gone = new Set(done);
  const position = Array.from({ length: count ?? 1 }, (_, index) => index + 1).find((each) => !gone.has(each)) ?? 1;
  const event = { position, messageId: undefined, onceKey: undefined, person: NO_PERSON, acceptedAt, payload };
  return { events: [event], isDamaged: true };
}
