// The targets of outbound events: Segment and RudderStack data planes, both through Segment's SDK.

import { hostOf } from '../../call/http-request.js';
import type { OutboundTarget } from '../../transform/compiled-outbound.js';
import type { StatedTarget } from '../stated-target.js';
import { type ClientAddress, createSegmentClient, overNetwork } from './client.js';
import { type ClientCounts, createClientPool } from './client-pool.js';
import { MAX_BATCH_BYTES, MAX_BATCH_EVENTS } from './limits.js';
import { requestsOf } from './request.js';
import { outcomeOf, readCdpResponse } from './verdict.js';

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
  targetOf(target: OutboundTarget): StatedTarget;
  /** For metrics. */
  clients(): ClientCounts;
  /** Sends nothing more; resolves when every batch under way is through. */
  close(): Promise<void>;
}

/** Equal for targets that share a client. Holds the key: never shown. */
export function clientName({ writeKey, host, path }: ClientAddress): string {
  return `${writeKey.reveal()}|${host}|${path}`;
}

/** Makes the targets of all workspaces of the process. */
export function createSegmentTargets({ maxClients, timeoutMs }: SegmentTargetsOptions): SegmentTargets {
  const pool = createClientPool(maxClients);
  const network = overNetwork(timeoutMs);
  return {
    targetOf(target) {
      const { name, host } = target;
      const identity = clientName(target);
      return {
        title: name,
        identity,
        host: hostOf(host),
        maxBatchEvents: MAX_BATCH_EVENTS,
        maxBatchBytes: MAX_BATCH_BYTES,
        requests: (part) => requestsOf(target, part),
        async send(part, signal) {
          const client = pool.get(identity, () => createSegmentClient(target, network));
          const payloads = part.map(({ payload }) => payload);
          const outcomes = await client.send(payloads, signal);
          return outcomeOf(part, outcomes, { name, read: readCdpResponse });
        },
      };
    },
    clients: () => pool.counts(),
    close: () => pool.close(),
  };
}
