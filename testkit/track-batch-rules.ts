// What a request to Segment's batch route must be (Segment's HTTP Tracking API), and what our events in it always have.

import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { trackingProblems } from '../src/contract/stand-ins/segment-rules.js';
import { isJsonObject, type JsonObject } from '../src/model/segment-event.js';

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
  assert.ok(isText(event.messageId), excerpt);
  assert.match(String(event.timestamp), ISO_8601, excerpt);
  assert.ok(isJsonObject(event.context) && isJsonObject(event.properties), excerpt);
  assert.deepEqual(event.context.library, { name: 'statsig', version: '1.0' }, excerpt);
  assert.deepEqual(event.context.integration, { name: 'statsig', version: '1.0.0' }, excerpt);
  assert.deepEqual(event.integrations, { Statsig: false }, excerpt);
}

/** Reads a body. @param text as it came @throws AssertionError when a rule is broken */
export function readTrackBatch(text: string, headers: IncomingHttpHeaders): TrackBatch {
  assert.match(String(headers['content-type']), /^application\/json/);
  const body: unknown = JSON.parse(text);
  assert.deepEqual(trackingProblems(text, body, undefined), []);
  assert.ok(isJsonObject(body));
  const { writeKey, batch, sentAt } = body;
  assert.ok(isText(writeKey));
  assert.equal(headers.authorization, `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`);
  assert.match(String(sentAt), ISO_8601);
  assert.ok(Array.isArray(batch));
  const events: TrackEvent[] = batch.map((event: unknown) => {
    checkEvent(event);
    return event;
  });
  return { writeKey, batch: events };
}
