// One real event through Segment, by the write key of the source that is connected.

import { randomUUID } from 'node:crypto';
import type { Secret } from '../../base/secret.js';
import type { Arrival, Arrivals } from '../arrival.js';
import { ConnectError } from '../connection.js';
import type { TaskEnd } from '../tasks.js';
import { sendTestTrack } from '../test-track.js';

/** What is sent, and who looks for it. */
export interface TestEvent {
  readonly trackingUrl: string;
  readonly writeKey: Secret;
  readonly workspace: string;
  readonly arrivals: Arrivals | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Segment needs some time until it knows a new destination. */
const PATIENCE_MS = 120_000;

function toEnd(arrival: Arrival): TaskEnd {
  switch (arrival.kind) {
    case 'arrived':
      return {
        result: 'done',
        problem: `It arrived: ${[arrival.outcome, arrival.note].filter((text) => text !== undefined && text !== '').join(', ')}.`,
      };
    case 'no-process':
      return { result: 'by-hand', problem: `The test event was sent. ${arrival.note}` };
    case 'refused':
      throw new ConnectError('refused', `The process refuses what Segment posts: ${arrival.note}`);
    case 'nothing':
      throw new ConnectError(
        'unavailable',
        'The test event was sent and has not arrived. Segment may need some minutes for a new destination: look at Event Delivery of the destination there, and send another one with --test.',
      );
  }
}

/** @throws ConnectError where it cannot be sent, is refused, or does not arrive */
export async function sendTestEvent(test: TestEvent): Promise<TaskEnd> {
  const { trackingUrl: url, writeKey, arrivals, workspace, signal } = test;
  const messageId = `statsig-cdp-${randomUUID()}`;
  const send = () => sendTestTrack({ url, writeKey, messageId, signal });
  if (arrivals === undefined) {
    await send();
    return { result: 'by-hand', problem: 'The test event was sent. Look for it in the live log.' };
  }
  const expected = { workspace, protocol: 'segment', messageId, timeoutMs: PATIENCE_MS };
  return toEnd(await arrivals.expect({ ...expected, ...(signal && { signal }) }, send));
}
