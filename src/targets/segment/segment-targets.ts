// The targets of outbound events: Segment and RudderStack data planes, both through Segment's SDK.

import { setImmediate } from 'node:timers/promises';
import { hostOf } from '../../call/host-of.js';
import { basicForms, redactAnswer } from '../../call/redaction.js';
import type { DeliveryTarget, Part, Sent } from '../../dispatch/delivery-target.js';
import type { OutboundTarget } from '../../transform/compiled-outbound.js';
import { MAX_EVENT_BYTES } from '../../transform/size-limits.js';
import { readCdpAnswer } from './cdp-answer.js';
import { type ClientCounts, createClientPool } from './client-pool.js';
import { notSent, outcomeOf } from './outcome.js';
import type { BatchRequest } from './request-collector.js';
import { MAX_BATCH_BYTES, MAX_BATCH_EVENTS } from './request-limits.js';
import type { SegmentClient } from './segment-client.js';
import { readCall, type WireCall } from './wire-call.js';

/** Bounds of the targets. */
export interface SegmentTargetsOptions {
  /** Clients of the SDK kept at the same time, one per write key and address; at least 1. */
  readonly maxClients: number;
  /** For one request, the answer included. */
  readonly timeoutMs: number;
}

/** The targets of the process. */
export interface SegmentTargets {
  /** Targets with the same key, host and path share a client, where one's batch waits for the other's. */
  targetOf(target: OutboundTarget): DeliveryTarget;
  /** For metrics. */
  clients(): ClientCounts;
  /** Sends nothing more; resolves when every batch under way is through. */
  close(): Promise<void>;
}

/** A part before it is sent. */
type Ready =
  | { readonly kind: 'fit'; readonly messageIds: readonly string[]; readonly requests: readonly BatchRequest[] }
  /** Nothing of a part with an event that can't be sent is sent: it is taken apart, and the others would go out twice. */
  | { readonly kind: 'unfit'; readonly sent: Sent };

function unfit(part: Part, status: number, message: string): Ready {
  return { kind: 'unfit', sent: notSent(part.length, status, message) };
}

/** @throws Error when no client can be made; the message holds nothing secret */
async function makeReady(part: Part, clientOf: () => SegmentClient): Promise<Ready> {
  const calls: WireCall[] = [];
  for (const { payload } of part) {
    const call = readCall(payload);
    if (call === undefined) return unfit(part, 400, 'the payload is no track call');
    if (call.bytes > MAX_EVENT_BYTES)
      return unfit(part, 413, `the event has ${call.bytes} bytes, more than ${MAX_EVENT_BYTES}`);
    calls.push(call);
  }
  const prepared = await clientOf().prepare(calls);
  if (prepared.kind === 'refused')
    return unfit(part, 400, `Segment's SDK does not take the event: ${prepared.message}`);
  return { kind: 'fit', messageIds: calls.map(({ messageId }) => messageId), requests: prepared.requests };
}

/** Makes the targets of all workspaces of the process. */
export function createSegmentTargets({ maxClients, timeoutMs }: SegmentTargetsOptions): SegmentTargets {
  const pool = createClientPool(maxClients, timeoutMs);
  /** By target, because that may be another one when the part is sent. */
  const early = new WeakMap<Part, { readonly identity: string; readonly ready: Promise<Ready> }>();
  return {
    targetOf(target) {
      const { name, host, path } = target;
      const writeKey = target.writeKey.reveal();
      const identity = `${writeKey}|${host}|${path}`;
      const clientOf = () => pool.get(target);
      return {
        title: name,
        identity,
        host: hostOf(host),
        maxBatchEvents: MAX_BATCH_EVENTS,
        maxBatchBytes: MAX_BATCH_BYTES,
        prepare(part) {
          if (early.get(part)?.identity === identity) return;
          // Not before the request that is under way has left.
          const ready = setImmediate().then(() => makeReady(part, clientOf));
          ready.catch(() => {});
          early.set(part, { identity, ready });
        },
        async send(part, signal) {
          const known = early.get(part);
          const ready = await (known?.identity === identity ? known.ready : makeReady(part, clientOf));
          if (ready.kind === 'unfit') return ready.sent;
          const { messageIds, requests } = ready;
          const sent = await clientOf().send(requests, signal);
          const exchanges = sent.map(({ messageIds, answer }) => ({
            messageIds,
            answer: redactAnswer(answer, basicForms(writeKey)),
          }));
          return outcomeOf({ messageIds, exchanges, answerer: { name, read: readCdpAnswer } });
        },
      };
    },
    clients: () => pool.counts(),
    close: () => pool.close(),
  };
}
