// Finds in an audience event which id enters or leaves which ID list.

import type { EpochMs } from '../../base/time.js';
import type { FieldPath, Trace } from '../../base/trace.js';
import type { Filtered, Invalid, MembershipConversion } from '../../model/conversion.js';
import { TIME_REPLACED } from '../../model/notes.js';
import { isJsonObject, ownField, type SegmentEvent } from '../../model/segment-event.js';
import type { AudienceList, CompiledAudiences } from '../compiled-audiences.js';
import { placeOf } from '../field-path.js';
import { findLongId } from '../size-limits.js';
import { findTime } from '../time.js';
import { toVisibleId } from '../visible-id.js';
import { isListId } from './list-id.js';

/** Where the membership stands, by event type. */
const PARTS: ReadonlyMap<string, 'traits' | 'properties'> = new Map([
  ['identify', 'traits'],
  ['group', 'traits'],
  ['track', 'properties'],
]);

const JOURNEY_STEP = 'journey_step';

/** The setting whose rows name lists. */
const LISTS = 'audiences.lists';

/** `trait`, a computed trait, is none of them. */
const AUDIENCE_CLASSES: ReadonlySet<unknown> = new Set(['audience', JOURNEY_STEP]);

/** What an answer or a trace repeats of a key, in characters. */
const MAX_SHOWN = 100;

/** As much as an event says of its audience. */
interface Audience {
  /** Names the field with the membership. */
  readonly key: string;
  readonly computationId: string | undefined;
  readonly externalId: string | undefined;
  readonly isJourneyStep: boolean;
  /** Where it was found. */
  readonly why: string;
}

/** An audience's list and where its id stands. */
interface FoundList extends AudienceList {
  readonly path: string;
}

function toNonEmpty(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The audience of an event that came without `context.personas`: only the workspace's own rows tell it from other events. */
function findListed(
  event: SegmentEvent,
  part: 'traits' | 'properties',
  lists: CompiledAudiences['lists'],
): Audience | undefined {
  const found = { computationId: undefined, externalId: undefined, isJourneyStep: false };
  if (part === 'properties') {
    const key = ownField(event.properties, 'audience_key');
    return typeof key === 'string' && lists.has(key) ? { ...found, key, why: 'properties.audience_key' } : undefined;
  }
  const { traits } = event;
  if (!isJsonObject(traits)) return undefined;
  // A person has a few traits, and a workspace perhaps a thousand lists.
  const named = Object.keys(traits).filter((key) => lists.has(key));
  const key = named.length > 1 ? [...lists.keys()].find((key) => Object.hasOwn(traits, key)) : named[0];
  return key === undefined ? undefined : { ...found, key, why: 'a trait that audiences.lists names' };
}

function findAudience(
  event: SegmentEvent,
  part: 'traits' | 'properties',
  lists: CompiledAudiences['lists'],
): Audience | undefined {
  const personas = ownField(event.context, 'personas');
  if (!isJsonObject(personas)) return findListed(event, part, lists);
  const key = toNonEmpty(personas.computation_key);
  if (key === undefined || !AUDIENCE_CLASSES.has(personas.computation_class)) return undefined;
  return {
    key,
    computationId: toNonEmpty(personas.computation_id),
    externalId: toNonEmpty(personas.external_audience_id),
    isJourneyStep: personas.computation_class === JOURNEY_STEP,
    why: 'context.personas',
  };
}

function findList(audience: Audience, { lists, defaultIdType }: CompiledAudiences): FoundList {
  for (const key of [audience.key, audience.computationId]) {
    const row = key === undefined ? undefined : lists.get(key);
    if (row !== undefined) return { ...row, path: LISTS };
  }
  const { externalId } = audience;
  return externalId === undefined
    ? { id: audience.key, idType: defaultIdType, path: 'context.personas.computation_key' }
    : { id: externalId, idType: defaultIdType, path: 'context.personas.external_audience_id' };
}

/** Journeys write texts, syncs of one's own `True`; journeys say nothing where they only ever let people in (Segment's documentation, Engage). */
function toMembership(value: unknown, isJourneyStep: boolean): boolean | undefined {
  const said = typeof value === 'string' ? value.toLowerCase() : value;
  if (said === true || said === 'true') return true;
  if (said === false || said === 'false') return false;
  return isJourneyStep && (value === undefined || value === null) ? true : undefined;
}

function findId(
  event: SegmentEvent,
  idType: string,
  { units }: CompiledAudiences,
): { readonly id: string; readonly from: string } | Filtered | Invalid {
  const rows = units.filter((unit) => unit.idType === idType);
  for (const { from, read } of rows) {
    const id = toVisibleId(read(event));
    if (id !== undefined) return findLongId(id, `message.${from}`) ?? { id, from };
  }
  const detail = `no ${idType} in ${rows.map(({ from }) => from).join(' or ')}`;
  return { kind: 'filtered', reason: 'no_audience_id', detail };
}

/** Where the membership of an event stands whose type may say one; `undefined` for other types. */
function findPart({ type }: SegmentEvent, types: ReadonlySet<string>): 'traits' | 'properties' | undefined {
  const name = typeof type === 'string' ? type.toLowerCase() : '';
  return types.has(name) ? PARTS.get(name) : undefined;
}

const ALL_TYPES: ReadonlySet<string> = new Set(PARTS.keys());
const NO_LISTS: CompiledAudiences['lists'] = new Map();

/**
 * Whether an event is about an audience, whatever it says of it.
 *
 * @param audiences of the workspace; without them only `context.personas` tells it
 */
export function isAudienceEvent(event: SegmentEvent, audiences?: CompiledAudiences): boolean {
  const part = findPart(event, audiences?.types ?? ALL_TYPES);
  return part !== undefined && findAudience(event, part, audiences?.lists ?? NO_LISTS) !== undefined;
}

/** Where the key of an audience stands that a row of the settings names. */
function keyPlace(event: SegmentEvent, part: 'traits' | 'properties', key: string): FieldPath {
  if (isJsonObject(ownField(event.context, 'personas'))) return ['context', 'personas', 'computation_key'];
  return part === 'properties' ? ['properties', 'audience_key'] : ['traits', key];
}

/**
 * The change of an ID list that an audience event stands for, by the rules of docs/audiences.md (Segment's documentation, "Using Engage Data"; Segment's
 * action-destinations, audience membership). Pure: nothing an event can hold makes it throw; the event is not changed.
 *
 * @param event as the sender wrote it
 * @param receivedAt the time of an event without one
 * @param trace collects why each part is what it is
 * @returns `undefined` for an event that is about no audience
 */
export function findMembership(
  event: SegmentEvent,
  audiences: CompiledAudiences,
  receivedAt: EpochMs,
  trace?: Trace,
): MembershipConversion | undefined {
  const part = findPart(event, audiences.types);
  const audience = part && findAudience(event, part, audiences.lists);
  if (part === undefined || audience === undefined) return undefined;
  const shownKey = audience.key.slice(0, MAX_SHOWN);
  trace?.add('audience', `audience = ${shownKey}`, audience.why);

  const { id: listId, idType, path } = findList(audience, audiences);
  if (!isListId(listId)) return invalid('AUDIENCE_LIST_INVALID', path, listId.slice(0, MAX_SHOWN));
  trace?.add('audience', `list = ${listId} of ${idType}`, path);

  const value = ownField(event[part], audience.key);
  const member = toMembership(value, audience.isJourneyStep);
  if (member === undefined) return invalid('AUDIENCE_MEMBERSHIP_MISSING', `${part}.${shownKey}`);
  const isUnsaid = value === undefined || value === null;
  trace?.add('audience', member ? 'enters' : 'leaves', isUnsaid ? JOURNEY_STEP : `${part}.${shownKey}`);

  const found = findId(event, idType, audiences);
  if ('kind' in found) return found;
  trace?.add('audience', `id = ${found.id}`, `audiences.units ${found.from} -> ${idType}`);

  const { ms: ownTime, field, isReplaced } = findTime(event, receivedAt);
  // A time in the future would keep out every later change until then.
  const time = Math.min(ownTime ?? receivedAt, receivedAt);
  trace?.add('audience', `time = ${time}`, time === ownTime ? 'when it happened' : 'when it was received');
  trace?.collect((told) => {
    const ofList = path === LISTS ? [keyPlace(event, part, audience.key)] : [path.split('.')];
    told.origin(['listId'], path, ofList);
    told.origin(['idType'], path === LISTS ? path : 'audiences.idType');
    told.origin(['member'], isUnsaid ? JOURNEY_STEP : 'the membership', isUnsaid ? [] : [[part, audience.key]]);
    told.origin(['id'], `audiences.units ${found.from} -> ${idType}`, [placeOf(event, found.from)]);
    const isOwn = time === ownTime && field !== undefined;
    told.origin(['time'], isOwn ? field : 'when it was received', isOwn ? [[field]] : []);
  });
  const change = { listId, idType, id: found.id, member, time };
  return { kind: 'membership', change, ...(isReplaced && { notes: TIME_REPLACED }) };
}

function invalid(code: Invalid['code'], path: string, detail?: string): Invalid {
  return { kind: 'invalid', code, path: `message.${path}`, ...(detail !== undefined && { detail }) };
}
