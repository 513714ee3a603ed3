// Converts one CDP event into one Statsig event: the table by event type and the steps they share.

import type { EpochMs } from '../../base/time.js';
import type { FieldPath, Trace } from '../../base/trace.js';
import type { Conversion, Filtered, Invalid } from '../../model/conversion.js';
import { joinNotes, TIME_REPLACED } from '../../model/notes.js';
import type { SegmentEvent } from '../../model/segment-event.js';
import type { StatsigEvent } from '../../model/statsig-event.js';
import type { CompiledWorkspace } from '../compiled-workspace.js';
import { valueAt } from '../field-path.js';
import { findStatsigOrigin } from '../loop-guard.js';
import { MetadataBuilder } from '../metadata.js';
import { toNonBlankText } from '../scalars.js';
import { findLongId, findLongName } from '../size-limits.js';
import { findTime } from '../time.js';
import { buildUser } from '../user.js';
import { findValue } from '../value.js';
import { findComputedTrait } from './computed-trait.js';
import { group } from './group.js';
import type { InboundRules } from './inbound-rules.js';
import { noteIds } from './notes.js';
import { track } from './track.js';
import { page, screen } from './view.js';

const RULES: ReadonlyMap<string, InboundRules> = new Map(
  [track, page, screen, group].map((rules) => [rules.type, rules]),
);

/** The ids of the Spec. Those that no rule maps to Statsig are no better when they are too long. */
function findLongField({ userId, anonymousId, groupId }: SegmentEvent): Invalid | undefined {
  return (
    findLongId(userId, 'message.userId') ??
    findLongId(anonymousId, 'message.anonymousId') ??
    findLongId(groupId, 'message.groupId')
  );
}

function unsupported(type: string): Filtered {
  return { kind: 'filtered', reason: 'unsupported_type', detail: `type ${type}` };
}

/** Where the name of an event stands; what has none is called by its type. */
function findNamePlace(event: SegmentEvent, { namePlaces }: InboundRules, name: string | undefined): FieldPath {
  if (name === undefined) return ['type'];
  return namePlaces.find((place) => toNonBlankText(valueAt(event, place)) === name) ?? ['type'];
}

/** An event, and whether a time of receipt stands for that of its sender. */
interface Built {
  readonly event: StatsigEvent;
  readonly isTimeReplaced: boolean;
}

function build(
  event: SegmentEvent,
  rules: InboundRules,
  name: string | undefined,
  workspace: CompiledWorkspace,
  receivedAt: EpochMs,
  trace?: Trace,
): Built | Invalid {
  const eventName = workspace.eventNamers[rules.type](name, trace);
  trace?.origin(['eventName'], 'eventNamePreset, eventNamePrefix, eventNameTemplates', [
    findNamePlace(event, rules, name),
  ]);
  const user = buildUser(event, rules.type, workspace, trace);
  if ('kind' in user) return user;
  const statsigEvent: StatsigEvent = { eventName, user };
  const { ms: time, isReplaced: isTimeReplaced } = findTime(event, receivedAt, trace);
  if (time !== undefined) statsigEvent.time = time;
  const found = findValue(event, workspace.valuePaths, trace);
  if (found !== undefined) statsigEvent.value = found.value;
  const skip = workspace.isValueInMetadata ? undefined : found?.from.metadataField;
  const builder = new MetadataBuilder(workspace.metadataMaxLength, skip, trace);
  rules.collectMetadata(event, builder);
  const metadata = builder.build();
  if (metadata !== undefined) statsigEvent.metadata = metadata;
  return { event: statsigEvent, isTimeReplaced };
}

/**
 * Converts one event by the rules of docs/conversion.md. Pure: no I/O, no clock; the event is not changed; nothing an event can hold makes it throw.
 *
 * @param event as the sender wrote it
 * @param receivedAt what is later is no time of the event
 * @param trace collects why each field is what it is
 */
export function convertInbound(
  event: SegmentEvent,
  workspace: CompiledWorkspace,
  receivedAt: EpochMs,
  trace?: Trace,
): Conversion {
  if (typeof event.type !== 'string' || event.type === '')
    return { kind: 'invalid', code: 'EVENT_TYPE_MISSING', path: 'message.type' };
  const type = event.type.toLowerCase();
  if (type === 'identify' && workspace.types.audience.has(type))
    return { kind: 'filtered', reason: 'identify_without_audience', detail: 'type identify' };
  const rules = RULES.get(type);
  if (rules === undefined) return unsupported(event.type);

  const origin = findStatsigOrigin(event);
  if (origin !== undefined)
    return { kind: 'filtered', reason: 'loop', detail: `${origin} shows that it came from Statsig` };
  const computed = findComputedTrait(event);
  if (computed !== undefined) return { kind: 'filtered', reason: 'computed_trait', detail: computed };
  if (!workspace.eventTypes.has(type)) {
    if (!workspace.types.converted.has(type)) return unsupported(event.type);
    return { kind: 'filtered', reason: 'event_type_not_selected', detail: `type ${type}` };
  }

  const name = rules.findName(event);
  if (name === undefined && rules.nameRequired)
    return { kind: 'invalid', code: 'EVENT_NAME_MISSING', path: 'message.event' };
  const long = findLongName(name, rules.nameRequired ? 'message.event' : 'message.name') ?? findLongField(event);
  if (long !== undefined) return long;
  const filterName = rules.filterName(name);
  const reason = workspace.eventFilter(filterName, trace);
  if (reason !== undefined) return { kind: 'filtered', reason, detail: filterName };

  const built = build(event, rules, name, workspace, receivedAt, trace);
  if ('kind' in built) return built;
  const notes = joinNotes(noteIds(event, built.event.user, trace), built.isTimeReplaced ? TIME_REPLACED : undefined);
  return { kind: 'converted', event: built.event, notes };
}
