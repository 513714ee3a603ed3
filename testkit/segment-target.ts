// Outbound events and a CDP on loopback that takes them, for tests of what sends them.

import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { Secret } from '../src/base/secret.js';
import type { Sent } from '../src/dispatch/delivery-target.js';
import type { JsonObject } from '../src/model/segment-event.js';
import type { Delivery } from '../src/outbox/outbox.js';
import { createSegmentTargets, type SegmentTargetsOptions } from '../src/targets/segment/target.js';
import type { OutboundTarget } from '../src/transform/compiled-outbound.js';
import { serve } from './loopback.js';

export const WRITE_KEY = 'write-key-example';

/** What the context of every call holds. */
export const SIGNED = {
  library: { name: 'statsig', version: '1.0' },
  integration: { name: 'statsig', version: '1.0.0' },
};

/** A track call with its `messageId`, with parts replaced. */
export function trackCall(messageId: string, parts: JsonObject = {}): JsonObject {
  return {
    messageId,
    type: 'track',
    event: 'statsig::gate_exposure',
    userId: 'user-42',
    timestamp: '2026-03-04T05:06:07.089Z',
    context: { user: { userID: 'user-42' }, ...SIGNED },
    properties: { metadata: { gate: 'new_checkout' } },
    integrations: { Statsig: false },
    ...parts,
  };
}

/** A delivery of the outbox with this payload. */
export function delivery(payload: JsonObject | string): Delivery {
  return {
    key: 'key',
    workspaceId: 'shop',
    target: 'cdp',
    messageId: 'message',
    acceptedAt: 0,
    attempts: 0,
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  };
}

/** Deliveries of calls named `{prefix}-0`, `{prefix}-1`… */
export function deliveries(count: number, prefix = 'message'): readonly Delivery[] {
  return Array.from({ length: count }, (_, index) => delivery(trackCall(`${prefix}-${index}`)));
}

/** A signal that is never aborted. */
export const patience = (): AbortSignal => new AbortController().signal;

/** The targets, closed after the test. */
export function openTargets(context: TestContext, options: Partial<SegmentTargetsOptions> = {}) {
  const targets = createSegmentTargets({ maxClients: 10, timeoutMs: 20_000, ...options });
  context.after(() => targets.close());
  return targets;
}

/** An outbound target's settings. */
export function targetAt(host: string, writeKey = WRITE_KEY): OutboundTarget {
  return { name: 'cdp', writeKey: new Secret(writeKey), host, path: '/v1/batch' };
}

/** `delivered 200`, for comparing. */
export function briefly(sent: Sent): string {
  return sent.kind === 'judged' ? `${sent.verdict.kind} ${sent.verdict.status}` : sent.kind;
}

/** What an operator reads of it. */
export function messageOf(sent: Sent): string {
  return sent.kind === 'judged' ? sent.verdict.message : sent.kind;
}

/** A request as it came over the wire. */
export interface Taken {
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: { readonly batch: readonly JsonObject[]; readonly writeKey: string; readonly sentAt: string };
}

export type Answer = (response: ServerResponse, taken: Taken) => void;

/** As Segment says yes. */
export const accept: Answer = (response) => {
  response.setHeader('content-type', 'application/json').end('{"success":true}');
};

/** A CDP that answers as the test says and remembers the calls it accepted. Closed after the test. */
export async function startCdp(context: TestContext, answer: Answer = accept) {
  const taken: Taken[] = [];
  const server = await serve(async (request, response) => {
    const body = await text(request);
    const one = { path: request.url, headers: request.headers, text: body, body: JSON.parse(body) };
    taken.push(one);
    answer(response, one);
  });
  context.after(() => server.close());
  return { url: server.url, taken };
}

export const idsOf = ({ body }: Taken): readonly unknown[] => body.batch.map(({ messageId }) => messageId);
