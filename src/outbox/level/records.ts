// The outbox's records as LevelDB keeps them: ordered keys, and values that prove themselves undamaged.

import { parseJson } from '../../base/json.js';
import type { EpochMs } from '../../base/time.js';
import { assertKnownFormat, seal, sealedText, unseal } from '../../level/seal.js';
import { type LaneId, partsOfLane } from '../lane-id.js';
import type { DeadLetter, Delivery } from '../outbox.js';
import type { PersonMark } from './person-mark.js';

/** First letter of a record's key. */
export const WAITING = 'q';
export const DEAD = 'd';

export type RecordKind = typeof WAITING | typeof DEAD;

/** Begins the keys of what is counted per lane. */
export const LEDGER = 'l:';

/** Where the counts of all are kept, and which version of the format this is. */
export const BOOKS_KEY = 'm:books';

/** Where it is kept what an operator should know of damage. */
export const NOTICES_KEY = 'm:notices';

/** Where it is kept that a move from here is under way. */
export const MOVE_KEY = 'm:move';

/** Where it is kept which events were received last of a move to here. */
export function receivedKey(move: string): string {
  return `m:received:${move}`;
}

/** The version of all that is on disk. Directories of versions before the first that was counted hold no such number. */
export const FORMAT = 1;

/** What a record's key says. */
export interface RecordKey {
  readonly kind: RecordKind;
  readonly lane: LaneId;
  /** When it is due, or when it died. */
  readonly time: EpochMs;
  /** Order of arrival; a record keeps it through retries and death. */
  readonly sequence: number;
}

const TIME_DIGITS = 13;
const MAX_TIME = 10 ** TIME_DIGITS - 1;
const SEQUENCE_DIGITS = String(Number.MAX_SAFE_INTEGER).length;
const KEY = /^([qd]):([^:]*):(\d{13}):(\d{16})$/;

/** The character after the separator: what ends with it lies behind every key of the prefix. */
const AFTER_SEPARATOR = ';';

let lastTime = { time: Number.NaN, text: '' };

/** Milliseconds as text that sorts like the number. All events of a call have one and the same. */
export function sortableTime(time: number): string {
  if (time !== lastTime.time)
    lastTime = { time, text: String(Math.min(Math.max(Math.trunc(time), 0), MAX_TIME)).padStart(TIME_DIGITS, '0') };
  return lastTime.text;
}

/** A sequence number as text that sorts like the number. */
export function sortableSequence(sequence: number): string {
  return String(sequence).padStart(SEQUENCE_DIGITS, '0');
}

let lastLane = { lane: '/' as LaneId, encoded: encodeURIComponent('/') };

/** Most records come one after another from the same lane, and to encode its name takes longer than all else. */
function encodeLane(lane: LaneId): string {
  if (lane !== lastLane.lane) lastLane = { lane, encoded: encodeURIComponent(lane) };
  return lastLane.encoded;
}

/** Keys sort by kind, lane, time, then sequence. */
export function recordKey({ kind, lane, time, sequence }: RecordKey): string {
  return `${kind}:${encodeLane(lane)}:${sortableTime(time)}:${sortableSequence(sequence)}`;
}

/** @returns `undefined` when the text is no key of a record */
export function parseRecordKey(key: string): RecordKey | undefined {
  const parts = KEY.exec(key);
  if (parts === null) return undefined;
  const [, kind, encoded = '', time, sequence] = parts;
  const lane = decodeLane(encoded);
  if (lane === undefined) return undefined;
  return { kind: kind === DEAD ? DEAD : WAITING, lane, time: Number(time), sequence: Number(sequence) };
}

/** The name of a lane as keys hold it; `undefined` when it is none. */
function decodeLane(encoded: string): LaneId | undefined {
  if (encoded === lastLane.encoded) return lastLane.lane;
  try {
    const lane = decodeURIComponent(encoded);
    if (!isLaneId(lane)) return undefined;
    // A key that somebody else has made may write it in another way.
    lastLane = { lane, encoded: encodeURIComponent(lane) };
    return lane;
  } catch {
    return undefined;
  }
}

function isLaneId(text: string): text is LaneId {
  return text.includes('/');
}

/** A range of keys. */
export interface KeyRange {
  readonly gte: string;
  readonly lt: string;
}

/** All keys of a kind, or of one lane of that kind. */
export function keyRange(kind: RecordKind, lane?: LaneId): KeyRange {
  const prefix = lane === undefined ? kind : `${kind}:${encodeLane(lane)}`;
  return { gte: `${prefix}:`, lt: `${prefix}${AFTER_SEPARATOR}` };
}

/** All keys of a kind in a lane from a time to a time, both included. */
export function timeKeyRange(kind: RecordKind, lane: LaneId, from: number, to: number): KeyRange {
  const prefix = `${kind}:${encodeLane(lane)}:`;
  return { gte: `${prefix}${sortableTime(from)}`, lt: `${prefix}${sortableTime(to)}${AFTER_SEPARATOR}` };
}

const HALF_CHARACTER = /\p{Surrogate}/u;

/** All keys of a kind in the lanes of a workspace: none for an id with half a character, which no workspace has and no key can be made of. */
export function workspaceKeyRange(kind: RecordKind, workspaceId: string): KeyRange {
  if (HALF_CHARACTER.test(workspaceId)) return { gte: kind, lt: kind };
  const lanes = `${kind}:${encodeURIComponent(`${workspaceId}/`)}`;
  return { gte: lanes, lt: `${lanes}\uffff` };
}

/** The end of what is due in a lane at a time. */
export function dueLimit(lane: LaneId, now: EpochMs): string {
  return `${WAITING}:${encodeLane(lane)}:${sortableTime(now)}${AFTER_SEPARATOR}`;
}

function headText(head: readonly unknown[]): string {
  return `${JSON.stringify(head)}\n`;
}

function encode(key: string, head: readonly unknown[], payload: string): string {
  return seal(headText(head), payload, key);
}

function open(key: string, value: string): { head: readonly unknown[]; payload: string } | undefined {
  const text = unseal(value, key);
  return text === undefined ? undefined : split(text);
}

function split(text: string): { head: readonly unknown[]; payload: string } | undefined {
  const end = text.indexOf('\n');
  // No number of it is long.
  const head = parseJson(text.slice(0, end), false);
  return Array.isArray(head) ? { head, payload: text.slice(end + 1) } : undefined;
}

/** How many records a lane, or all lanes, have, and the sums of the checksums of their keys. */
export interface Tally {
  readonly waiting: number;
  readonly waitingSum: number;
  readonly dead: number;
  readonly deadSum: number;
}

/** What is counted of all. */
export interface StoredBooks extends Tally {
  /** The highest sequence number given out. */
  readonly sequence: number;
}

/** The value of the counts of a lane. @param key under which it is stored, which the checksum covers */
export function encodeTally(key: string, { waiting, waitingSum, dead, deadSum }: Tally): string {
  return encode(key, [waiting, waitingSum, dead, deadSum], '');
}

/** @returns `undefined` when the disk gave back something else than was stored */
export function decodeTally(key: string, value: string): Tally | undefined {
  const numbers = numbersOf(open(key, value)?.head, 4);
  if (numbers === undefined) return undefined;
  const [waiting = 0, waitingSum = 0, dead = 0, deadSum = 0] = numbers;
  return { waiting, waitingSum, dead, deadSum };
}

/** The value of the counts of all, with the version of the format. */
export function encodeBooks({ sequence, waiting, waitingSum, dead, deadSum }: StoredBooks): string {
  return encode(BOOKS_KEY, [FORMAT, sequence, waiting, waitingSum, dead, deadSum], '');
}

/**
 * @returns `undefined` when the disk gave back something else than was stored
 * @throws NewerFormatError
 */
export function decodeBooks(value: string): StoredBooks | undefined {
  const head = open(BOOKS_KEY, value)?.head;
  const [format] = head ?? [];
  assertKnownFormat('outbox', format, FORMAT);
  const numbers = numbersOf(head, 6);
  if (numbers === undefined) return undefined;
  const [, sequence = 0, waiting = 0, waitingSum = 0, dead = 0, deadSum = 0] = numbers;
  return { sequence, waiting, waitingSum, dead, deadSum };
}

/** The value of what an operator should know. @param notices sentences for people */
export function encodeNotices(notices: readonly string[]): string {
  return encode(NOTICES_KEY, notices, '');
}

/** @returns `undefined` when the disk gave back something else than was stored */
export function decodeNotices(value: string): readonly string[] | undefined {
  return open(NOTICES_KEY, value)?.head.map(String);
}

/** The value of what is kept of a move. @param key under which it is stored */
export function encodeNote(key: string, texts: readonly string[]): string {
  return encode(key, texts, '');
}

/** @returns `undefined` for nothing, and when the disk gave back something else than was stored */
export function decodeNote(key: string, value: string | undefined): readonly string[] | undefined {
  return value === undefined ? undefined : open(key, value)?.head.map(String);
}

function numbersOf(head: readonly unknown[] | undefined, count: number): readonly number[] | undefined {
  const numbers = head?.filter((each) => typeof each === 'number');
  return numbers?.length === count && head?.length === count ? numbers : undefined;
}

/** Whether a change found in a damaged file is what was written. Entries of the dedupe index prove nothing: what was accepted once may be accepted again. */
export function isSoundChange(key: string, value: string | undefined): boolean {
  if (value === undefined) return parseRecordKey(key) !== undefined;
  return open(key, value) !== undefined;
}

type WaitingEvent = Pick<Delivery, 'acceptedAt' | 'messageId' | 'payload'>;

/** What stands behind the parts that every version knows. */
interface HeadEnd {
  readonly onceKey?: string | undefined;
  /** Whose data it is, as of `personMark`. */
  readonly person?: PersonMark;
}

function waitingHead({ acceptedAt, messageId }: WaitingEvent, attempts: number, { onceKey, person }: HeadEnd): string {
  // Put together here: to write a list takes three times as long.
  const id = messageId === undefined ? 'null' : JSON.stringify(messageId);
  const once = onceKey === undefined ? (person === undefined ? '' : ',null') : `,${JSON.stringify(onceKey)}`;
  const mark = person === undefined ? '' : `,${person}`;
  return `[${attempts},${acceptedAt},${id}${once}${mark}]\n`;
}

/** The value of a waiting record. */
export function encodeWaiting(key: string, event: WaitingEvent, attempts: number, end: HeadEnd): string {
  return seal(waitingHead(event, attempts, end), event.payload, key);
}

/**
 * The value of an event that waits for its first try.
 *
 * @param payloadBytes of its payload
 * @returns it, and the bytes of the record: counted from its parts, because a text that is put together is copied as soon as it is looked into
 */
export function encodeNew(
  key: string,
  event: WaitingEvent,
  payloadBytes: number,
  end: HeadEnd,
): { readonly value: string; readonly bytes: number } {
  const { payload } = event;
  const head = waitingHead(event, 0, end);
  const value = seal(head, payload, key);
  const sumBytes = value.length - head.length - payload.length;
  return { value, bytes: key.length + sumBytes + Buffer.byteLength(head) + payloadBytes };
}

/** The value of a dead letter. What no earlier version knows stands behind all that they read. @param waitedAt time of its place in the lane, which those read */
export function encodeDead(
  key: string,
  delivery: Delivery,
  waitedAt: EpochMs,
  { reason, answer, status }: Pick<DeadLetter, 'reason' | 'answer' | 'status'>,
  person?: PersonMark,
): string {
  const { attempts, acceptedAt, messageId, onceKey, payload } = delivery;
  const head: unknown[] = [attempts, acceptedAt, messageId ?? null, waitedAt, reason, answer];
  const end = [onceKey, status, person];
  const last = end.findLastIndex((each) => each !== undefined);
  head.push(...end.slice(0, last + 1).map((each) => each ?? null));
  return encode(key, head, payload);
}

function payloadOf(value: string): string {
  return split(sealedText(value))?.payload ?? value;
}

/** What a record takes, as LevelDB is given it. Keys are all ASCII. */
export function recordBytes(key: string, value: string): number {
  return key.length + Buffer.byteLength(value);
}

/** The same where the bytes of the payload, which is most of the value and its end, are known. */
export function recordBytesWith(key: string, value: string, payload: string, payloadBytes: number): number {
  return recordBytes(key, value.slice(0, value.length - payload.length)) + payloadBytes;
}

/** What a waiting value says of when it was accepted, and of whose data it is; each `undefined` when it does not say. The checksum is not looked at. */
export function readWaitingHead(value: string): {
  readonly acceptedAt: EpochMs | undefined;
  readonly person: PersonMark;
} {
  const head = split(sealedText(value))?.head;
  const acceptedAt = head?.[1];
  return { acceptedAt: typeof acceptedAt === 'number' ? acceptedAt : undefined, person: markIn(head?.[4]) };
}

/** Whose data a dead letter is; `undefined` when its value does not say. */
export function deadPersonOf(value: string): PersonMark {
  return markIn(split(sealedText(value))?.head[8]);
}

function markIn(part: unknown): PersonMark {
  return typeof part === 'number' ? part : undefined;
}

/** @returns the delivery; `damaged` when the disk gave back something else than was stored: then the payload is all of it. */
export function decodeWaiting(place: RecordKey, key: string, value: string): { delivery: Delivery; damaged: boolean } {
  const parts = open(key, value);
  const [attempts, acceptedAt, messageId, onceKey] = parts?.head ?? [];
  const { workspaceId, target } = partsOfLane(place.lane);
  const common = { workspaceId, target, key };
  if (parts === undefined || typeof attempts !== 'number' || typeof acceptedAt !== 'number') {
    const since = readWaitingHead(value).acceptedAt ?? place.time;
    const rest = { messageId: undefined, attempts: 0, acceptedAt: since, payload: payloadOf(value) };
    return { delivery: { ...common, ...rest }, damaged: true };
  }
  const id = typeof messageId === 'string' ? messageId : undefined;
  const { payload } = parts;
  const delivery = { workspaceId, target, key, messageId: id, attempts, acceptedAt, payload };
  return { delivery: typeof onceKey === 'string' ? { ...delivery, onceKey } : delivery, damaged: false };
}

/** @returns the dead letter; what is damaged has the reason `damaged` and all of the value as payload */
export function decodeDead(place: RecordKey, key: string, value: string): DeadLetter {
  const parts = open(key, value);
  const [attempts, acceptedAt, messageId, , reason, answer, onceKey, status] = parts?.head ?? [];
  const intact = parts !== undefined && typeof attempts === 'number' && typeof acceptedAt === 'number';
  return {
    ...partsOfLane(place.lane),
    key,
    diedAt: place.time,
    messageId: typeof messageId === 'string' ? messageId : undefined,
    ...(typeof onceKey === 'string' && { onceKey }),
    attempts: intact ? attempts : 0,
    acceptedAt: intact ? acceptedAt : place.time,
    reason: typeof reason === 'string' ? reason : 'damaged',
    answer: typeof answer === 'string' ? answer : '',
    ...(typeof status === 'number' && { status }),
    payload: intact ? parts.payload : value,
  };
}
