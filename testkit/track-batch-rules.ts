// What a request to Segment's batch route must be (Segment's HTTP Tracking API), and what our events in it always have.

import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { isJsonObject, type JsonObject } from '../src/model/segment-event.js';

const MAX_EVENT_BYTES = 32 * 1024;
const MAX_REQUEST_BYTES = 500_000;
const MAX_EVENTS = 2_500;
const MAX_MESSAGE_ID_LENGTH = 100;
const ISO_8601 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** A track call that keeps the rules. */
export interface TrackEvent extends JsonObject {
  readonly event: string;
  readonly messageId: string;
  readonly context: JsonObject;
  readonly properties: JsonObject;
}

/** A request that keeps the rules. */
export interface TrackBatch {
  readonly writeKey: string;
  readonly batch: readonly TrackEvent[];
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function checkEvent(event: unknown): asserts event is TrackEvent {
  const excerpt = JSON.stringify(event)?.slice(0, 500);
  assert.ok(isJsonObject(event), excerpt);
  assert.equal(event.type, 'track', excerpt);
  assert.ok(isText(event.event), excerpt);
  assert.ok(isText(event.messageId) && event.messageId.length <= MAX_MESSAGE_ID_LENGTH, excerpt);
  assert.ok(isText(event.userId) || isText(event.anonymousId), excerpt);
  assert.match(String(event.timestamp), ISO_8601, excerpt);
  assert.ok(isJsonObject(event.context) && isJsonObject(event.properties), excerpt);
  assert.deepEqual(event.context.library, { name: 'statsig', version: '1.0' }, excerpt);
  assert.deepEqual(event.context.integration, { name: 'statsig', version: '1.0.0' }, excerpt);
  assert.deepEqual(event.integrations, { Statsig: false }, excerpt);
  assert.ok(Buffer.byteLength(JSON.stringify(event)) <= MAX_EVENT_BYTES, excerpt);
}

/** Reads a body. @param text as it came @throws AssertionError when a rule is broken */
export function readTrackBatch(text: string, headers: IncomingHttpHeaders): TrackBatch {
  assert.match(String(headers['content-type']), /^application\/json/);
  assert.ok(Buffer.byteLength(text) <= MAX_REQUEST_BYTES, `${Buffer.byteLength(text)} bytes`);
  const body: unknown = JSON.parse(text);
  assert.ok(isJsonObject(body));
  const { writeKey, batch, sentAt } = body;
  assert.ok(isText(writeKey));
  assert.equal(headers.authorization, `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`);
  assert.match(String(sentAt), ISO_8601);
  assert.ok(Array.isArray(batch) && batch.length > 0 && batch.length <= MAX_EVENTS);
  const events: TrackEvent[] = batch.map((event: unknown) => {
    checkEvent(event);
    return event;
  });
  assert.equal(new Set(events.map(({ messageId }) => messageId)).size, events.length, 'a messageId comes twice');
  return { writeKey, batch: events };
}
