// Compares what Statsig's webhook was posted with what rudder-server has for a destination.

import assert from 'node:assert/strict';
import { isJsonObject } from '../src/model/segment-event.js';
import type { Job } from './jobs.js';
import { EXAMPLES, messageIdOf } from './webhook-events.js';

/** The jobs of one destination type that came from one source. */
export function jobsOf(jobs: readonly Job[], destinationType: string, sourceId: string): readonly Job[] {
  return jobs.filter((job) => job.destinationType === destinationType && job.sourceId === sourceId);
}

/** rudder-server adds fields of its own; all others have to be the call's. */
const OWN_FIELDS = ['channel', 'originalTimestamp', 'receivedAt', 'request_ip', 'rudderId', 'sentAt'];

function withoutOwnFields(message: unknown): unknown {
  assert.ok(isJsonObject(message), 'a job holds a message');
  return Object.fromEntries(Object.entries(message).filter(([field]) => !OWN_FIELDS.includes(field)));
}

/**
 * Every example became exactly its call, and there are no jobs but those of the examples.
 *
 * @param jobs of one destination, which keeps messages as they are
 * @param target names it in the `messageId`
 * @param added what every message has beside its call
 */
export function assertCalls(jobs: readonly Job[], target: string, added: object = {}): void {
  const ids = EXAMPLES.map(({ eventId }) => messageIdOf(eventId, target));
  assert.deepEqual(jobs.map(({ messageId }) => messageId).toSorted(), ids.toSorted(), 'messageIds');
  for (const { eventId, call } of EXAMPLES) {
    const messageId = messageIdOf(eventId, target);
    const job = jobs.find((each) => each.messageId === messageId);
    assert.deepEqual(withoutOwnFields(job?.payload), { ...call, messageId, ...added }, `the call of ${eventId}`);
  }
}
