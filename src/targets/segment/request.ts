// The requests that Segment's SDK makes, to be shown: by a dry run, by the command that converts offline.

import { Secret } from '../../base/secret.js';
import type { Answered } from '../../call/http-call.js';
import type { HttpRequest } from '../../call/http-request.js';
import type { Sent } from '../../dispatch/delivery-target.js';
import type { Delivery } from '../../outbox/outbox.js';
import type { OutboundTarget } from '../../transform/compiled-outbound.js';
import type { Stated } from '../stated-target.js';
import { createSegmentClient } from './client.js';

const TAKEN: Answered = { kind: 'answered', status: 200, body: '', rest: 'none', retryAfter: undefined };

/** The SDK writes the key into the body, too. */
const SHOWN_KEY = new Secret('[redacted]');

function isolate(events: number, status: number, message: string): Sent {
  const kind = events > 1 ? 'isolate' : 'failed';
  return { kind: 'judged', verdict: { kind, status, message, isOurs: true }, retryAfter: undefined };
}

/**
 * The requests for a part, made by the SDK as when it sends; nothing is sent.
 *
 * @returns the requests, without the write key; or the verdict on a part with an event that goes into none
 * @throws Error when the address is no URL
 */
export async function requestsOf(
  { host, path }: Pick<OutboundTarget, 'host' | 'path'>,
  part: readonly Pick<Delivery, 'payload'>[],
): Promise<Stated> {
  const requests: HttpRequest[] = [];
  const client = createSegmentClient({ writeKey: SHOWN_KEY, host, path }, async (request) => {
    requests.push(request);
    return TAKEN;
  });
  const payloads = part.map(({ payload }) => payload);
  const outcomes = await client.send(payloads, new AbortController().signal);
  await client.close();
  const notSent = outcomes.find((outcome) => outcome.kind === 'not sent');
  if (notSent !== undefined) return isolate(part.length, notSent.status, notSent.message);
  return requests.map((request) => ({ ...request, events: part.length }));
}
