// Events as the database keeps them: those that were stored together for a lane are one row. One row for each event would cost its header, its entry in the index
// and its tombstone a hundred times; text that is alike also compresses better together.
//
// The text of a row is a list in JSON, a newline, then all payloads one behind the other. The list says of each event its id, how many characters its payload has
// and the like. PostgreSQL's text holds no NUL, and UTF-8 no half characters: a payload with one is kept as JSON text of itself, and its count is negative.

import type { EpochMs } from '../../base/time.js';
import type { OutboxEvent } from '../outbox.js';
import { NO_PERSON } from './keys.js';

/** A row holds no more events, nor more bytes, unless one event alone has more. */
const MOST_EVENTS = 250;
const MOST_BYTES = 1_000_000;

/** Of the list's entry of an event, beside its id, in bytes; about. */
const ENTRY_BYTES = 24;

/** What the list says of an event: id, characters of the payload, number of the person, age, `once` key. What is nothing at the end is left out. 0 stands for one that was taken out. */
type Entry = readonly [id: string | null, length: number, person?: number, ageMs?: number, onceKey?: string] | 0;

interface EventParts {
  readonly messageId: string | undefined;
  readonly onceKey: string | undefined;
  /** As of `personNumber`. */
  readonly person: number;
  readonly payload: string;
}

/** An event of a row. */
export interface RowEvent extends EventParts {
  /** Its place in the row, from 1. */
  readonly position: number;
  readonly acceptedAt: EpochMs;
}

/** An event that a row is made of. */
export interface NewRowEvent extends EventParts {
  /** Since it was accepted, by the clock that said when that was. */
  readonly ageMs: number;
}

/** Bytes of an event in a row, about. */
export function eventBytes({ messageId }: Pick<OutboxEvent, 'messageId'>, payloadBytes: number): number {
  return payloadBytes + (messageId?.length ?? 0) + ENTRY_BYTES;
}

const NUL_OR_HALF = /[\0\p{Surrogate}]/u;

/** What Node writes for half a character. */
const REPLACEMENT = Buffer.from('\ufffd');

/** A row in the making. */
export class EventRow {
  readonly #events: { readonly id: string; readonly payload: string; readonly rest: string }[] = [];
  readonly #people = new Set<number>();
  #bytes = 0;

  get count(): number {
    return this.#events.length;
  }

  /** As of `personNumber`, each once. */
  get people(): Iterable<number> {
    return this.#people;
  }

  /** Whether one more event has room. */
  takes(bytes: number): boolean {
    return this.count === 0 || (this.count < MOST_EVENTS && this.#bytes + bytes <= MOST_BYTES);
  }

  /** @param bytes as of `eventBytes` */
  add({ messageId, onceKey, person, ageMs, payload }: NewRowEvent, bytes: number): void {
    if (person !== NO_PERSON) this.#people.add(person);
    const id = messageId === undefined ? 'null' : JSON.stringify(messageId);
    this.#events.push({ id, payload, rest: restOf(person, Math.max(0, Math.trunc(ageMs)), onceKey) });
    this.#bytes += bytes;
  }

  /** The text of the row. */
  encode(): Buffer {
    const text = this.#encode(lengthOf, asItIs);
    const isSuspect = text.includes(0) || text.includes(REPLACEMENT);
    if (!isSuspect || !this.#events.some(({ payload }) => NUL_OR_HALF.test(payload))) return text;
    return this.#encode(
      (payload) => (NUL_OR_HALF.test(payload) ? -quote(payload).length : payload.length),
      quoteIfNeeded,
    );
  }

  #encode(count: (payload: string) => number, write: (payload: string) => string): Buffer {
    // Put together here: to write lists takes three times as long.
    let head = '';
    let characters = 0;
    for (const { id, payload, rest } of this.#events) {
      const length = count(payload);
      characters += Math.abs(length);
      head += `${head === '' ? '[' : ','}[${id},${length}${rest}]`;
    }
    head += ']\n';
    // Most are ASCII, and then this is the exact number.
    let buffer = Buffer.allocUnsafe(Buffer.byteLength(head) + characters);
    let at = buffer.write(head);
    for (const { payload } of this.#events) {
      const text = write(payload);
      const bytes = Buffer.byteLength(text);
      if (at + bytes > buffer.length) buffer = Buffer.concat([buffer.subarray(0, at)], 2 * buffer.length + bytes);
      at += buffer.write(text, at);
    }
    return buffer.subarray(0, at);
  }
}

const lengthOf = (payload: string) => payload.length;
const asItIs = (payload: string) => payload;
const quote = (payload: string) => JSON.stringify(payload);
const quoteIfNeeded = (payload: string) => (NUL_OR_HALF.test(payload) ? quote(payload) : payload);

function restOf(person: number, ageMs: number, onceKey: string | undefined): string {
  if (onceKey !== undefined) return `,${person},${ageMs},${JSON.stringify(onceKey)}`;
  if (ageMs > 0) return `,${person},${ageMs}`;
  return person === NO_PERSON ? '' : `,${person}`;
}

/** The text of a row that is one event. */
export function encodeOne(event: NewRowEvent): string {
  const row = new EventRow();
  row.add(event, 0);
  return row.encode().toString();
}

/** A row as it is read. */
export interface StoredRow {
  readonly events: string;
  /** By the clock of the database. */
  readonly acceptedAt: EpochMs;
  /** Positions of events that are there no more: duplicates, delivered or dead ones. */
  readonly done?: readonly number[] | null;
}

/** The events of a row that are still there, in order. */
export function readEventRow({ events, acceptedAt, done }: StoredRow): readonly RowEvent[] {
  const gone = new Set(done);
  const { entries, payloads } = split(events);
  const found: RowEvent[] = [];
  let at = payloads;
  entries.forEach((entry, index) => {
    if (entry === 0) return;
    const [id, length, person = NO_PERSON, ageMs = 0, onceKey] = entry;
    const end = at + Math.abs(length);
    const position = index + 1;
    if (!gone.has(position)) {
      const text = events.slice(at, end);
      const payload: string = length < 0 ? JSON.parse(text) : text;
      found.push({ position, messageId: id ?? undefined, onceKey, person, acceptedAt: acceptedAt - ageMs, payload });
    }
    at = end;
  });
  return found;
}

/** The text of a row without the events at these positions; the others keep theirs. @returns `undefined` when none is left */
export function withoutEvents(events: string, positions: ReadonlySet<number>): string | undefined {
  const { entries, payloads } = split(events);
  const kept: Entry[] = [];
  let texts = '';
  let at = payloads;
  entries.forEach((entry, index) => {
    const end = at + (entry === 0 ? 0 : Math.abs(entry[1]));
    const stays = entry !== 0 && !positions.has(index + 1);
    kept.push(stays ? entry : 0);
    if (stays) texts += events.slice(at, end);
    at = end;
  });
  return kept.every((entry) => entry === 0) ? undefined : `${JSON.stringify(kept)}\n${texts}`;
}

/** @returns what the list says, and where the payloads begin */
function split(events: string): { readonly entries: readonly Entry[]; readonly payloads: number } {
  const end = events.indexOf('\n');
  return { entries: JSON.parse(events.slice(0, end)), payloads: end + 1 };
}
