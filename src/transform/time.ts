// Reads the times that senders write, and finds when an event happened.

import type { EpochMs } from '../base/time.js';
import type { Trace } from '../base/trace.js';
import type { SegmentEvent } from '../model/segment-event.js';

/**
 * What an event's time may be. Clocks that have lost theirs begin at 1970, 1980 or 2000, and no event is older than the tools that tell of it; an event cannot
 * happen after it was received, but for clocks that differ by minutes. The least that a wrong time zone puts one ahead is half an hour.
 */
export const BELIEVABLE = { earliestMs: Date.UTC(2001, 0, 1), maxAheadMs: 600_000 } as const;

/** As SDKs write it. */
const ISO_8601 = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/;
const HAS_NO_OFFSET = /T[\d:.]+$/;

/** As databases and Go write it, too: a blank before the time and the offset, more digits, UTC by name, behind an offset the name of any zone, and Go's reading of a steady clock. */
const DATE_TIME =
  /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2})(:\d{2})?(?:[.,](\d{1,12}))? ?(?:(?:Z|UTC|GMT)(?: UTC| GMT)?|([+-]\d{2}(?::?\d{2})?)(?: (?:[A-Z]{1,5}|[+-]\d{2,4}))?)?(?: m=[+-]\d{1,12}\.\d{1,9})?$/i;

/** As mail and HTTP write it (RFC 2822), and as JavaScript's `String(date)` does. They name their offset. */
const IN_WORDS =
  /^(?:[A-Z][a-z]{2}, (\d{1,2} [A-Z][a-z]{2} \d{4}) \d{2}:\d{2}:\d{2} (?:GMT|[+-]\d{4})|[A-Z][a-z]{2} ([A-Z][a-z]{2} \d{2} \d{4}) \d{2}:\d{2}:\d{2} GMT[+-]\d{4}(?: \([^()]*\))?)$/;

const NUMBER = /^\d{9,20}(?:\.\d{1,9})?$/;

/** The digit. */
const TWO = 0x32;

/** What JavaScript takes for days although no year has them. */
const NO_DAYS: ReadonlySet<string> = new Set(['02-30', '02-31', '04-31', '06-31', '09-31', '11-31']);

/** Longer strings are no times. */
const MAX_LENGTH = 100;

function toMilliseconds(ms: number): EpochMs | undefined {
  return Number.isNaN(ms) ? undefined : ms;
}

/** Seconds, milliseconds, microseconds or nanoseconds since the epoch: for three thousand years no number of one is one of another. */
function readNumber(value: number): EpochMs | undefined {
  if (value < 1e8) return undefined;
  if (value < 1e11) return Math.round(value * 1e3);
  if (value < 1e14) return Math.round(value);
  if (value < 1e17) return Math.round(value / 1e3);
  return value < 1e20 ? Math.round(value / 1e6) : undefined;
}

/** Whether there is the day of an ISO date. JavaScript makes the second of March of the thirtieth of February. */
function isDay(date: string): boolean {
  // Every month has the first nineteen.
  if (date.charCodeAt(8) < TWO) return true;
  const day = date.slice(5, 10);
  if (day === '02-29') return new Date(`${date.slice(0, 10)}T00:00Z`).getUTCDate() === 29;
  return !NO_DAYS.has(day);
}

function readIso(text: string): EpochMs | undefined {
  return isDay(text) ? toMilliseconds(Date.parse(text)) : undefined;
}

function readInWords(text: string): EpochMs | undefined {
  const [, ofMail, ofJavaScript] = IN_WORDS.exec(text) ?? [];
  const date = ofMail ?? ofJavaScript;
  if (date === undefined) return undefined;
  const day = /\b\d{1,2}\b/.exec(date)?.[0];
  return new Date(`${date} UTC`).getUTCDate() === Number(day) ? toMilliseconds(Date.parse(text)) : undefined;
}

function readOther(value: string): EpochMs | undefined {
  if (value.length > MAX_LENGTH) return undefined;
  if (NUMBER.test(value)) return readNumber(Number(value));
  const parts = DATE_TIME.exec(value);
  if (parts === null) return readInWords(value);
  const [, date, time, seconds = ':00', fraction = '0', offset = 'Z'] = parts;
  const zone = offset.length === 3 ? `${offset}:00` : offset;
  return readIso(`${date}T${time}${seconds}.${fraction.slice(0, 3)}${zone}`);
}

function readText(value: string): EpochMs | undefined {
  if (!ISO_8601.test(value)) return readOther(value.trim());
  // JavaScript reads a time without an offset in the machine's own zone; the answer must not depend on the machine.
  return readIso(!value.endsWith('Z') && HAS_NO_OFFSET.test(value) ? `${value}Z` : value);
}

/** The text that was read or written last, and its moment: an event's time is read where it is corrected, and again where it is converted. */
let lastText = '';
let lastMs: EpochMs | undefined;

/** A moment as ISO 8601. */
export function writeTime(ms: EpochMs): string {
  lastText = new Date(ms).toISOString();
  lastMs = ms;
  return lastText;
}

/**
 * The moment that a sender wrote, however unlikely: ISO 8601 and its relatives, which without an offset are UTC, RFC 2822, or a number since the epoch, which
 * may be a string. `undefined` for what is no time, and for a day that there is not.
 */
export function readTime(value: unknown): EpochMs | undefined {
  if (typeof value === 'number') return readNumber(value);
  if (typeof value !== 'string') return undefined;
  if (value === lastText) return lastMs;
  lastMs = readText(value);
  lastText = value;
  return lastMs;
}

/** Whether an event that was received then can have happened at that moment. */
export function isBelievable(ms: EpochMs, receivedAt: EpochMs): boolean {
  return ms >= BELIEVABLE.earliestMs && ms <= receivedAt + BELIEVABLE.maxAheadMs;
}

/** The sender's own times, the strongest first. */
const OWN_FIELDS = ['timestamp', 'originalTimestamp'] as const;

/** The time of a field that can be used; `undefined` for a field without one, and for one that the event does not have. */
export function timeOf(
  event: SegmentEvent,
  field: (typeof OWN_FIELDS)[number] | 'receivedAt',
  receivedAt: EpochMs,
  trace?: Trace,
): EpochMs | undefined {
  const value = event[field];
  if (value === undefined || value === null) return undefined;
  const ms = readTime(value);
  if (ms !== undefined && isBelievable(ms, receivedAt)) return ms;
  trace?.add(
    'time',
    `${field} ignored`,
    ms === undefined ? 'no time that can be read' : `${new Date(ms).toISOString()} cannot be when it happened`,
  );
  return undefined;
}

/** When an event happened. */
export interface FoundTime {
  /** Absent where nothing of the event says it. */
  readonly ms: EpochMs | undefined;
  /** The field that says it. */
  readonly field: (typeof OWN_FIELDS)[number] | 'receivedAt' | undefined;
  /** True where its sender says it in no way that can be used, so that the time of a receipt stands for it. */
  readonly isReplaced: boolean;
}

/**
 * The time from the first of `timestamp`, `originalTimestamp`, `receivedAt` that can be used (Segment Spec, common fields).
 *
 * @param receivedAt when we received it: what is later is no time of the event
 */
export function findTime(event: SegmentEvent, receivedAt: EpochMs, trace?: Trace): FoundTime {
  for (const field of OWN_FIELDS) {
    const ms = timeOf(event, field, receivedAt, trace);
    if (ms === undefined) continue;
    trace?.add('time', `time = ${ms}`, field);
    trace?.origin(['time'], field, [[field]]);
    return { ms, field, isReplaced: false };
  }
  const isReplaced = OWN_FIELDS.some((field) => event[field] !== undefined && event[field] !== null);
  const ms = timeOf(event, 'receivedAt', receivedAt, trace);
  if (ms === undefined) trace?.add('time', 'no time', 'Statsig uses the time it receives the event');
  else {
    const why = isReplaced ? 'receivedAt (time_replaced)' : 'receivedAt';
    trace?.add('time', `time = ${ms}`, why);
    trace?.origin(['time'], why, [['receivedAt']]);
  }
  return { ms, field: ms === undefined ? undefined : 'receivedAt', isReplaced };
}
