// One real event through Segment, by the write key of the source that is connected.

import { randomUUID } from 'node:crypto';
import { Secret } from '../../base/secret.js';
import { VERSION } from '../../base/version.js';
import { callHttp } from '../../call/http-call.js';
import { hostOf } from '../../call/http-request.js';
import type { Arrival, Arrivals } from '../arrival.js';
import { ConnectError } from '../connection.js';
import type { TaskEnd } from '../tasks.js';

/** The name that the event has in Segment and in Statsig. */
export const TEST_EVENT = 'Statsig CDP Connected';

const TEST_USER = 'statsig-cdp-test';

/** What is sent, and who looks for it. */
export interface TestEvent {
  readonly trackingUrl: string;
  readonly writeKey: Secret;
  readonly workspace: string;
  readonly arrivals: Arrivals | undefined;
  readonly signal: AbortSignal | undefined;
}

const TIMEOUT_MS = 10_000;

/** Segment needs some time until it knows a new destination. */
const PATIENCE_MS = 120_000;

/** @throws ConnectError */
async function send({ trackingUrl, writeKey, signal }: TestEvent, messageId: string): Promise<void> {
  const basic = Buffer.from(`${writeKey.reveal()}:`).toString('base64');
  const event = {
    event: TEST_EVENT,
    userId: TEST_USER,
    messageId,
    timestamp: new Date().toISOString(),
    context: { library: { name: 'statsig-cdp', version: VERSION } },
  };
  const answer = await callHttp(
    {
      method: 'POST',
      url: `${trackingUrl}/v1/track`,
      headers: { authorization: new Secret(`Basic ${basic}`), 'content-type': 'application/json' },
      body: JSON.stringify(event),
    },
    { timeoutMs: TIMEOUT_MS, ...(signal !== undefined && { signal }) },
  );
  if (answer.kind === 'answered' && answer.status === 200) return;
  const why = answer.kind === 'answered' ? `answers ${answer.status}` : `does not answer (${answer.message})`;
  throw new ConnectError(
    'unavailable',
    `The test event was not sent: ${hostOf(trackingUrl)} ${why}. All else is connected.`,
  );
}

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
  const { arrivals, workspace, signal } = test;
  const messageId = `statsig-cdp-${randomUUID()}`;
  if (arrivals === undefined) {
    await send(test, messageId);
    return { result: 'by-hand', problem: 'The test event was sent. Look for it in the live log.' };
  }
  const expected = { workspace, protocol: 'segment', messageId, timeoutMs: PATIENCE_MS };
  return toEnd(await arrivals.expect({ ...expected, ...(signal && { signal }) }, () => send(test, messageId)));
}
