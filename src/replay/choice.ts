// Chooses which events of an archive are replayed, and how each is sent.

import type { EpochMs } from '../base/time.js';
import { isJsonObject, type JsonObject, ownField } from '../model/segment-event.js';
import type { CompiledAudiences } from '../transform/compiled-audiences.js';
import { tellsApart } from '../transform/doubtful-id.js';
import { compileMatcher } from '../transform/event-filter.js';
import { isAudienceEvent } from '../transform/inbound/audience.js';
import { isDeletion } from '../transform/inbound/deletion.js';
import { readTime } from '../transform/time.js';
import { RecentIds } from './recent-ids.js';

/** Whose events an archive holds. */
export const ARCHIVED_SOURCES = ['segment', 'rudderstack', 'statsig'] as const;

export type ArchivedSource = (typeof ARCHIVED_SOURCES)[number];

/** What is asked for. Empty lists choose all. */
export interface Wanted {
  readonly since?: EpochMs;
  /** Not itself. */
  readonly until?: EpochMs;
  /** In small letters. */
  readonly types: readonly string[];
  /** Names, in which `*` matches any characters. */
  readonly events: readonly string[];
  readonly users: readonly string[];
  readonly sources: readonly string[];
  readonly audiences: boolean;
  readonly deletions: boolean;
  readonly allowOlder: boolean;
}

/** How an event is sent: as one of the past, as one that changes a list or deletes a person, or as one of Statsig's. */
export const WAYS = ['event', 'change', 'outbound'] as const;

export type Way = (typeof WAYS)[number];

/** What the choice comes to. */
export type Chosen =
  | { readonly way: Way; readonly time: EpochMs | undefined }
  | { readonly filtered: string }
  | { readonly refused: string };

/** @param sourceOfFile the source that the layout of the archive names */
export type Choose = (event: unknown, sourceOfFile: string | undefined) => Chosen;

/** How far back Statsig says that a replay goes (Statsig's documentation, Segment: "up to 7 days of historical events"). */
export const OLDEST_DAYS = 7;

const DAY_MS = 86_400_000;

/** Beginning of the time that is replayed; `undefined` for all. */
export function earliestWanted(
  { since, allowOlder }: Wanted,
  source: ArchivedSource,
  now: EpochMs,
): EpochMs | undefined {
  if (allowOlder || source === 'statsig') return since;
  return Math.max(since ?? 0, now - OLDEST_DAYS * DAY_MS);
}

const TIME_FIELDS = ['timestamp', 'originalTimestamp', 'receivedAt'] as const;

function timeOf(event: JsonObject, source: ArchivedSource): EpochMs | undefined {
  if (source === 'statsig') return readTime(event.timestamp);
  for (const field of TIME_FIELDS) {
    const time = readTime(event[field]);
    if (time !== undefined) return time;
  }
  return undefined;
}

/** The names that filters of events go by: that of a track event, a page, a screen. */
function nameOf(event: JsonObject, source: ArchivedSource): string {
  const name = source === 'statsig' ? event.eventName : (event.event ?? event.name);
  return typeof name === 'string' ? name : '';
}

function idsOf(event: JsonObject, source: ArchivedSource): readonly unknown[] {
  if (source !== 'statsig') return [event.userId, event.anonymousId];
  const { user } = event;
  const customIds = ownField(user, 'customIDs');
  return [ownField(user, 'userID'), ...(isJsonObject(customIds) ? Object.values(customIds) : [])];
}

function sourceOf(event: JsonObject): readonly unknown[] {
  return [event.projectId, event.sourceId, ownField(event.context, 'sourceId')];
}

/** What a sender calls an event: equal ones are one. */
function idOf(event: JsonObject, source: ArchivedSource): string | undefined {
  const id = source === 'statsig' ? event.timeUUID : event.messageId;
  if (typeof id === 'number') return String(id);
  return typeof id === 'string' && tellsApart(id) ? id : undefined;
}

/**
 * Compiles what is asked for. Events are told apart by their ids, each of which is chosen once.
 *
 * @param now of the limit by age
 * @param audiences of the workspace, where they are known: its rows tell audience events that came without `context.personas`
 */
export function compileChoice(
  wanted: Wanted,
  source: ArchivedSource,
  now: EpochMs,
  audiences?: CompiledAudiences,
): Choose {
  const types = new Set(wanted.types);
  const users = new Set<unknown>(wanted.users);
  const sources = new Set<unknown>(wanted.sources);
  const matches = wanted.events.length === 0 ? undefined : compileMatcher(wanted.events);
  const earliest = earliestWanted(wanted, source, now);
  const isInbound = source !== 'statsig';
  const recent = new RecentIds();

  function findWay(event: JsonObject): Way | { readonly filtered: string } {
    if (!isInbound) return 'outbound';
    if (isDeletion(event)) return wanted.deletions ? 'change' : { filtered: 'deletions_off' };
    if (isAudienceEvent(event, audiences)) return wanted.audiences ? 'change' : { filtered: 'audiences_off' };
    return 'event';
  }

  return (event, sourceOfFile) => {
    if (!isJsonObject(event)) return { refused: 'NOT_AN_EVENT' };
    if (types.size > 0 && !(typeof event.type === 'string' && types.has(event.type.toLowerCase())))
      return { filtered: 'other_type' };
    if (matches !== undefined && matches(nameOf(event, source)) === undefined) return { filtered: 'other_event' };
    if (users.size > 0 && !idsOf(event, source).some((id) => users.has(id))) return { filtered: 'other_user' };
    if (sources.size > 0 && !sources.has(sourceOfFile) && !sourceOf(event).some((id) => sources.has(id)))
      return { filtered: 'other_source' };
    const time = timeOf(event, source);
    if (time !== undefined) {
      if (wanted.until !== undefined && time >= wanted.until) return { filtered: 'after_until' };
      if (wanted.since !== undefined && time < wanted.since) return { filtered: 'before_since' };
      if (earliest !== undefined && time < earliest) return { filtered: 'older_than_7_days' };
    }
    const way = findWay(event);
    if (typeof way === 'object') return way;
    const id = idOf(event, source);
    // What fans out has one id for each of several calls.
    if (id !== undefined && way !== 'change' && recent.has(id)) return { filtered: 'repeated_in_archive' };
    return { way, time };
  };
}
