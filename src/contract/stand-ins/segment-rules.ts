// What a request to Segment's HTTP Tracking API must be, by Segment's documentation.

import { isJsonObject, type JsonObject } from '../../model/segment-event.js';

/** "There is a maximum of 32KB per API request", and per event of a batch. */
const MAX_EVENT_BYTES = 32 * 1024;
/** "The batch API accepts a maximum of 500KB per request." */
const MAX_BATCH_BYTES = 500_000;
const MAX_EVENTS = 2_500;
const MAX_MESSAGE_ID_LENGTH = 100;
const TYPES = ['identify', 'track', 'page', 'screen', 'group', 'alias'];
const ISO_8601 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)$/;

const isText = (value: unknown) => typeof value === 'string' && value !== '';
const isMissing = (value: unknown) => value === undefined || value === null;

function eventProblems(event: unknown, place: string): readonly string[] {
  if (!isJsonObject(event)) return [`${place} is no object`];
  const problems: string[] = [];
  const say = (isWrong: boolean, what: string) => {
    if (isWrong) problems.push(`${place} ${what}`);
  };
  const { type, messageId, userId, anonymousId, previousId, timestamp } = event;
  say(!TYPES.includes(String(type)), `has the type ${JSON.stringify(type)}`);
  say(type === 'track' && !isText(event.event), 'is a track call without a name');
  say(type === 'group' && !isText(event.groupId), 'is a group call without a groupId');
  say(type === 'alias' && !isText(previousId), 'is an alias call without a previousId');
  say(!isText(userId) && !isText(anonymousId) && typeof userId !== 'number', 'has neither userId nor anonymousId');
  say(!isMissing(messageId) && !isText(messageId), 'has a messageId that is no string');
  say(
    isText(messageId) && String(messageId).length > MAX_MESSAGE_ID_LENGTH,
    'has a messageId of more than 100 characters',
  );
  say(!isMissing(timestamp) && !ISO_8601.test(String(timestamp)), `has the timestamp ${JSON.stringify(timestamp)}`);
  for (const name of ['context', 'properties', 'traits', 'integrations'])
    say(!isMissing(event[name]) && !isJsonObject(event[name]), `has ${name} that are no object`);
  say(Buffer.byteLength(JSON.stringify(event)) > MAX_EVENT_BYTES, 'has more than 32 KB');
  return problems;
}

/** Events that one request holds: those of its batch, or itself as the type that its path says. */
export function eventsOf(body: JsonObject, type: string | undefined): readonly unknown[] {
  if (type !== undefined) return [{ type, ...body }];
  return Array.isArray(body.batch) ? body.batch : [];
}

/**
 * Which rules a body breaks.
 *
 * @param type of the path; absent for a batch
 */
export function trackingProblems(text: string, body: unknown, type: string | undefined): readonly string[] {
  if (!isJsonObject(body)) return ['the body is no JSON object'];
  const events = eventsOf(body, type);
  const problems = events.flatMap((event, index) =>
    eventProblems(event, type === undefined ? `batch[${index}]` : 'the event'),
  );
  if (type === undefined) {
    const bytes = Buffer.byteLength(text);
    if (!Array.isArray(body.batch) || events.length === 0) problems.push('there is no batch');
    if (bytes > MAX_BATCH_BYTES) problems.push(`the batch has ${bytes} bytes`);
    if (events.length > MAX_EVENTS) problems.push(`the batch has ${events.length} events`);
    const ids = events
      .map((event) => (isJsonObject(event) ? event.messageId : undefined))
      .filter((id) => id !== undefined);
    if (new Set(ids).size < ids.length) problems.push('a messageId comes twice in the batch');
  }
  return problems;
}

/** True for a body that Segment refuses with 400: no JSON, or too large. Of everything else it says 200, whatever becomes of it. */
export function isRefused(text: string, body: unknown, type: string | undefined): boolean {
  return !isJsonObject(body) || Buffer.byteLength(text) > (type === undefined ? MAX_BATCH_BYTES : MAX_EVENT_BYTES);
}
