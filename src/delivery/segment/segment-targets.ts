// The targets of outbound events: Segment and RudderStack data planes, both through Segment's SDK.

import type { OutboundTarget } from '../../workspace/compiled-outbound.js';
import type { DeliveryTarget, Part } from '../dispatcher/delivery-target.js';
import { basicForms, redactAnswer } from '../redaction.js';
import type { Answerer } from '../verdict.js';
import { type ClientCounts, createClientPool } from './client-pool.js';
import { notSent, outcomeOf } from './outcome.js';
import { MAX_BATCH_BYTES, MAX_BATCH_EVENTS, MAX_EVENT_BYTES } from './request-limits.js';
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

/** Segment says `{"success":true}`, RudderStack `OK`. A page of some proxy in between is no acceptance. */
const accepts: Answerer['accepts'] = (body) => !/^\s*</.test(body) && !/"success"\s*:\s*false/.test(body);

type ReadPart =
  | { readonly kind: 'fit'; readonly calls: readonly WireCall[] }
  | { readonly kind: 'unfit'; readonly status: number; readonly message: string };

/** Nothing of a part with an event that can't be sent is sent: it is taken apart, and the others would go out twice. */
function readPart(part: Part): ReadPart {
  const calls: WireCall[] = [];
  for (const { payload } of part) {
    const read = readCall(payload);
    if (read === undefined) return { kind: 'unfit', status: 400, message: 'the payload is no track call' };
    const { call, bytes } = read;
    if (bytes > MAX_EVENT_BYTES)
      return { kind: 'unfit', status: 413, message: `the event has ${bytes} bytes, more than ${MAX_EVENT_BYTES}` };
    calls.push(call);
  }
  return { kind: 'fit', calls };
}

/** Makes the targets of all workspaces of the process. */
export function createSegmentTargets({ maxClients, timeoutMs }: SegmentTargetsOptions): SegmentTargets {
  const pool = createClientPool(maxClients, timeoutMs);
  return {
    targetOf(target) {
      const { name, host, path } = target;
      const writeKey = target.writeKey.reveal();
      return {
        title: name,
        identity: `${writeKey}|${host}|${path}`,
        maxBatchEvents: MAX_BATCH_EVENTS,
        maxBatchBytes: MAX_BATCH_BYTES,
        async send(part, signal) {
          const read = readPart(part);
          if (read.kind === 'unfit') return notSent(part.length, read.status, read.message);
          const sent = await pool.get(target).send(read.calls, signal);
          if (sent.kind === 'refused')
            return notSent(part.length, 400, `Segment's SDK does not take the event: ${sent.message}`);
          const exchanges = sent.exchanges.map(({ messageIds, answer }) => ({
            messageIds,
            answer: redactAnswer(answer, basicForms(writeKey)),
          }));
          const messageIds = read.calls.map(({ messageId }) => messageId);
          return outcomeOf({ messageIds, exchanges, answerer: { name, accepts } });
        },
      };
    },
    clients: () => pool.counts(),
    close: () => pool.close(),
  };
}
