// The fields of an event that its line in the live log shows.

import { isJsonObject } from '../../model/segment-event.js';
import type { Masker } from './mask.js';
import type { LiveEntry } from './shapes.js';

/** What a line shows of an event. */
export type EventSummary = Pick<LiveEntry, 'type' | 'event' | 'user' | 'messageId'>;

/** Only what there is, so that a line has no empty fields. */
function present(summary: { readonly [Name in keyof EventSummary]: string | undefined }): EventSummary {
  const told: { -readonly [Name in keyof EventSummary]: string } = {};
  if (summary.type !== undefined) told.type = summary.type;
  if (summary.event !== undefined) told.event = summary.event;
  if (summary.user !== undefined) told.user = summary.user;
  if (summary.messageId !== undefined) told.messageId = summary.messageId;
  return told;
}

/** Of an event in the words of the Segment Spec. */
function ofCall(event: Readonly<Record<string, unknown>>, masker: Masker): EventSummary {
  return present({
    type: masker.text(event.type),
    event: masker.text(event.event) ?? masker.text(event.name),
    user: masker.text(event.userId) ?? masker.text(event.anonymousId),
    messageId: masker.text(event.messageId),
  });
}

/** Of an event of Statsig's. */
function ofStatsig(event: Readonly<Record<string, unknown>>, masker: Masker): EventSummary {
  const user = isJsonObject(event.user) ? event.user : {};
  return present({
    type: undefined,
    event: masker.text(event.eventName),
    user: masker.text(event.userID) ?? masker.text(user.userID),
    messageId: masker.text(event.timeUUID),
  });
}

/** @param event masked; anything */
export function summariseEvent(event: unknown, masker: Masker): EventSummary {
  if (!isJsonObject(event)) return {};
  return Object.hasOwn(event, 'eventName') ? ofStatsig(event, masker) : ofCall(event, masker);
}
