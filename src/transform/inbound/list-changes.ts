// Reads from an `audiencelist` or `record` event which ids enter and which leave its destination's ID list.

import type { FieldPath, Trace } from '../../base/trace.js';
import type { Filtered, Invalid } from '../../model/conversion.js';
import { isJsonObject, type SegmentEvent } from '../../model/segment-event.js';
import type { CompiledIdList } from '../compiled-workspace.js';
import type { EventTypes } from '../event-types.js';
import { compilePath, type FieldReader, placeOf } from '../field-path.js';
import { findLongId } from '../size-limits.js';
import { toVisibleId } from '../visible-id.js';

/** True for an id that enters, false for one that leaves. */
export type ListChanges = ReadonlyMap<string, boolean>;

/** An audience event that was read. */
interface FoundChanges {
  readonly kind: 'changes';
  /** At least one. */
  readonly changes: ListChanges;
}

/** Reads one type of event. */
export type ReadChanges = (event: SegmentEvent, readId: FieldReader, look?: Look) => ListChanges | Invalid;

/** Told in which row of an event an id was found. */
type Look = (id: string, row: unknown, place: FieldPath) => void;

/** What a sender's own word may take of an answer, in characters. */
const MAX_SHOWN = 40;

const ACTIONS: ReadonlyMap<string, boolean> = new Map([
  ['insert', true],
  ['update', true],
  ['delete', false],
]);

/** In the order in which they are read: of an id that stands in both halves the last one counts, as a person is rather left out than let in. */
const HALVES = [
  ['add', true],
  ['remove', false],
] as const;

function unreadable(path: string, detail: string): Invalid {
  return { kind: 'invalid', code: 'AUDIENCE_MEMBERSHIP_MISSING', path: `message.${path}`, detail };
}

function findId(row: unknown, readId: FieldReader): string | undefined {
  return isJsonObject(row) ? toVisibleId(readId(row)) : undefined;
}

/** Identifiers are what a sync tells its rows apart by; syncs that have none put the id among the fields. */
function readRecord(event: SegmentEvent, readId: FieldReader, look?: Look): ListChanges | Invalid {
  const member = typeof event.action === 'string' ? ACTIONS.get(event.action.toLowerCase()) : undefined;
  if (member === undefined) return unreadable('action', 'not insert, update or delete');
  const identifier = findId(event.identifiers, readId);
  const id = identifier ?? findId(event.fields, readId);
  const long = findLongId(id, 'message.identifiers');
  if (long !== undefined) return long;
  const part = identifier === undefined ? 'fields' : 'identifiers';
  if (id !== undefined) look?.(id, event[part], [part]);
  return new Map(id === undefined ? [] : [[id, member]]);
}

function isNothing(value: unknown): boolean {
  return value === null || (Array.isArray(value) && value.length === 0);
}

function readAudienceList(event: SegmentEvent, readId: FieldReader, look?: Look): ListChanges | Invalid {
  const listData = isJsonObject(event.properties) ? event.properties.listData : undefined;
  const parts = isJsonObject(listData) ? listData : {};
  for (const [name, rows] of Object.entries(parts)) {
    const path = `properties.listData.${name.slice(0, MAX_SHOWN)}`;
    if (isNothing(rows)) continue;
    if (!HALVES.some(([half]) => half === name)) return unreadable(path, 'neither add nor remove');
    if (!Array.isArray(rows)) return unreadable(path, 'not a list');
  }
  if (!HALVES.some(([half]) => Array.isArray(parts[half])))
    return unreadable('properties.listData', 'neither a list `add` nor a list `remove`');

  const changes = new Map<string, boolean>();
  for (const [half, member] of HALVES) {
    const rows = parts[half];
    for (const [index, row] of (Array.isArray(rows) ? rows : []).entries()) {
      const id = findId(row, readId);
      if (id === undefined) continue;
      const long = findLongId(id, `message.properties.listData.${half}[${index}]`);
      if (long !== undefined) return long;
      changes.set(id, member);
      look?.(id, row, ['properties', 'listData', half, String(index)]);
    }
  }
  return changes;
}

const READERS: ReadonlyMap<string, ReadChanges> = new Map([
  ['audiencelist', readAudienceList],
  ['record', readRecord],
]);

/** How an event of a type in use that changes an ID list, `audiencelist` or `record`, is read; `undefined` for other types. */
export function listReaderOf({ type }: SegmentEvent, { audience }: EventTypes): ReadChanges | undefined {
  const known = typeof type === 'string' ? type.toLowerCase() : '';
  const reader = READERS.get(known);
  return reader !== undefined && audience.has(known) ? reader : undefined;
}

/**
 * What an audience event changes, by the rules of docs/audiences.md (RudderStack's audience destinations: `audiencelist` has its rows in
 * `properties.listData`, `record` has an `action` and one row). Pure: nothing an event can hold makes it throw.
 *
 * @param event as the sender wrote it
 * @param read of its type
 * @param trace collects what was found
 */
export function readListChanges(
  event: SegmentEvent,
  read: ReadChanges,
  { listId, field, consoleKey }: CompiledIdList,
  trace?: Trace,
): FoundChanges | Filtered | Invalid {
  if (listId === undefined)
    return { kind: 'invalid', code: 'AUDIENCE_LIST_MISSING', path: 'destination.Config.idListId' };
  if (consoleKey === undefined)
    return { kind: 'invalid', code: 'CONSOLE_KEY_MISSING', path: 'destination.Config.consoleKey' };
  const look: Look | undefined =
    trace &&
    ((id, row, place) => {
      const within = placeOf(isJsonObject(row) ? row : {}, field);
      trace.origin([id], `idListField ${field}`, [[...place, ...within]]);
    });
  const changes = read(event, compilePath(field), look);
  if ('kind' in changes) return changes;
  if (changes.size === 0)
    return { kind: 'filtered', reason: 'no_audience_id', detail: `no string or number in ${field}` };
  if (trace !== undefined) {
    for (const [id, member] of changes)
      trace.add('audience', `${id} ${member ? 'enters' : 'leaves'} ${listId}`, `idListField ${field}`);
  }
  return { kind: 'changes', changes };
}
