// Converts one event of Statsig's event webhook into track calls: the order of the steps.

import type { EpochMs } from '../../base/time.js';
import type { Trace } from '../../base/trace.js';
import type { ExposureKey, Filtered, Invalid, OutboundCall, OutboundConversion } from '../../model/conversion.js';
import { joinNotes, TIME_REPLACED } from '../../model/notes.js';
import type { WebhookEvent } from '../../model/webhook-event.js';
import type { CompiledOutbound } from '../compiled-outbound.js';
import { noteId } from '../doubtful-id.js';
import { toNonBlankText } from '../scalars.js';
import { findLongId, findLongName } from '../size-limits.js';
import { originsOfCall, originsOfChange } from './call-origins.js';
import { changeProperties, findChanger } from './config-change.js';
import { findChangeObstacle, findTier, findTierObstacle } from './environment.js';
import { findEventId } from './event-id.js';
import { type EventParts, openEvent } from './event-parts.js';
import { EXPERIMENT_VIEWED, experimentField, experimentProperties, isExperiment } from './experiment-viewed.js';
import { findExposedUnit, findExposureObstacle, keyOfExposure } from './exposure.js';
import { filtered } from './filtered.js';
import { type CallIds, resolveIds } from './identity.js';
import type { EventCategory } from './outbound-filter.js';
import { type CallTime, toCallTime } from './timestamp.js';
import { BARE_CONTEXT, buildCall, buildContext, buildProperties, findEmail } from './track-call.js';

/** One event on its way through the steps. */
interface Passage {
  readonly eventName: string;
  readonly parts: EventParts;
  readonly outbound: CompiledOutbound;
  readonly receivedAt: EpochMs;
  readonly trace: Trace | undefined;
}

function tooDeep(path: string): Invalid {
  return { kind: 'invalid', code: 'NESTED_TOO_DEEP', path };
}

function convertChange({ eventName, parts, outbound, receivedAt, trace }: Passage): OutboundConversion {
  const obstacle = findChangeObstacle(parts, outbound.environments, trace);
  if (obstacle !== undefined) return obstacle;
  const changer = findChanger(parts, outbound.configChangeUserId, trace);
  if (changer === undefined) return filtered('identity', 'no_identity', 'no user is named', trace);
  const long = findLongId(changer.userId ?? changer.anonymousId, 'user');
  if (long !== undefined) return long;
  const eventId = findEventId(parts, trace);
  if (eventId === undefined) return tooDeep('');
  const { timestamp, isReplaced } = toCallTime(parts.event.timestamp, receivedAt, trace);
  const call = buildCall(eventName, changer, timestamp, BARE_CONTEXT, changeProperties(parts));
  trace?.collect((told) => originsOfChange(parts, told));
  const calls: readonly OutboundCall[] = [{ format: 'statsig', call }];
  return { kind: 'converted', eventId, calls, ...(isReplaced && { notes: TIME_REPLACED }) };
}

function buildCalls(
  category: EventCategory,
  ids: CallIds,
  { timestamp }: CallTime,
  passage: Passage,
): readonly OutboundCall[] {
  const { eventName, parts, outbound, trace } = passage;
  const { experimentViewed } = outbound;
  const email = findEmail(parts);
  const context = buildContext(parts, ids.groupId, email);
  const subject = { ...ids, email };
  const viewed = experimentViewed !== 'off' && isExperiment(category, parts);
  const calls: OutboundCall[] = [];
  if (!viewed || experimentViewed === 'also') {
    const call = buildCall(eventName, subject, timestamp, context, buildProperties(parts));
    calls.push({ format: 'statsig', call });
    trace?.collect((told) => originsOfCall(parts, 'statsig', told));
  }
  if (viewed) {
    const call = buildCall(EXPERIMENT_VIEWED, subject, timestamp, context, experimentProperties(category, parts));
    calls.push({ format: 'experiment-viewed', call });
    trace?.collect((told) => originsOfCall(parts, 'experiment-viewed', told, experimentField(category)));
    trace?.add('format', EXPERIMENT_VIEWED, `experimentViewed ${experimentViewed}`);
  }
  return calls;
}

/** The `once` key of an exposure, `undefined` where every exposure is sent, or why it is not sent. */
function judgeExposure(ids: CallIds, tier: string, passage: Passage): ExposureKey | undefined | Filtered | Invalid {
  const { eventName, parts, outbound, trace } = passage;
  const unit = findExposedUnit(parts, ids);
  const obstacle = findExposureObstacle(parts, ids, unit, outbound, trace);
  if (obstacle !== undefined) return obstacle;
  if (outbound.exposureWindowMs === 0) return undefined;
  return keyOfExposure(eventName, parts, unit, tier, trace) ?? tooDeep('metadata');
}

function convertUserEvent(category: EventCategory, passage: Passage): OutboundConversion {
  const { parts, outbound, trace } = passage;
  const tier = findTier(parts);
  const obstacle = findTierObstacle(tier, outbound.environments, trace);
  if (obstacle !== undefined) return obstacle;
  const ids = resolveIds(parts, outbound.identifierMappings, trace);
  const long =
    findLongId(ids.userId, 'userId') ??
    findLongId(ids.anonymousId, 'anonymousId') ??
    findLongId(ids.groupId, 'groupId');
  if (long !== undefined) return long;
  if (ids.userId === undefined && ids.anonymousId === undefined)
    return filtered('identity', 'no_identity', 'neither a userId nor an anonymousId', trace);

  const exposure = category === 'custom_event' ? undefined : judgeExposure(ids, tier, passage);
  if (exposure !== undefined && 'kind' in exposure) return exposure;
  const eventId = findEventId(parts, trace);
  if (eventId === undefined) return tooDeep('');
  const time = toCallTime(parts.event.timestamp, passage.receivedAt, trace);
  const calls = buildCalls(category, ids, time, passage);
  const doubt = noteId(ids.userId) ?? noteId(ids.anonymousId);
  if (doubt !== undefined) trace?.add('identity', 'an id is doubtful', 'programs write it where they have none');
  const notes = joinNotes(doubt, time.isReplaced ? TIME_REPLACED : undefined);
  return {
    kind: 'converted',
    eventId,
    calls,
    ...(exposure !== undefined && { exposure }),
    ...(notes !== undefined && { notes }),
  };
}

/**
 * Converts one event by the rules of docs/outbound.md. Pure: no I/O, no clock; the event is not changed; nothing an event can hold makes it throw.
 * What it returns refers to parts of the event: write it before anybody changes those.
 *
 * @param event as Statsig sent it
 * @param receivedAt the time of events that have none
 * @param trace collects why each field is what it is
 */
export function convertOutbound(
  event: WebhookEvent,
  outbound: CompiledOutbound,
  receivedAt: EpochMs,
  trace?: Trace,
): OutboundConversion {
  const eventName = toNonBlankText(event.eventName);
  if (eventName === undefined) return { kind: 'invalid', code: 'STATSIG_EVENT_NAME_MISSING', path: 'eventName' };
  const long = findLongName(eventName, 'eventName');
  if (long !== undefined) return long;
  const category = outbound.filter(eventName, event, trace);
  if (typeof category !== 'string') return category;
  const parts = openEvent(event);
  if (parts === undefined) return tooDeep('user');
  const passage: Passage = { eventName, parts, outbound, receivedAt, trace };
  return category === 'config_change' ? convertChange(passage) : convertUserEvent(category, passage);
}
