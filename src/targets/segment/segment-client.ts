// One client of Segment's SDK, made to get one batch ready at a time, to send one at a time, and to tell what was answered.

import { Analytics } from '@segment/analytics-node';
import { createTurns } from '../../base/in-turn.js';
import { type PostAnswer, post } from '../../call/http-call.js';
import type { OutboundTarget } from '../../transform/compiled-outbound.js';
import { type BatchRequest, createRequestCollector } from './request-collector.js';
import { MAX_BATCH_EVENTS } from './request-limits.js';
import type { WireCall } from './wire-call.js';

/** Where a client sends, and with which key. */
export type ClientAddress = Pick<OutboundTarget, 'writeKey' | 'host' | 'path'>;

/** What the SDK made of a batch. */
export type Prepared =
  /** In one request, or more where the SDK's own limits say so. */
  | { readonly kind: 'ready'; readonly requests: readonly BatchRequest[] }
  /** The SDK does not take one of the calls. */
  | { readonly kind: 'refused'; readonly message: string };

/** One request and what came back. */
export interface Exchange {
  /** Of the events in it. */
  readonly messageIds: readonly string[];
  readonly answer: PostAnswer;
}

/** A client. Who sends batches at the same time waits for the turn. */
export interface SegmentClient {
  /** Has the SDK make requests of the calls. Never throws. */
  prepare(calls: readonly WireCall[]): Promise<Prepared>;
  /**
   * Sends requests. Never throws.
   *
   * @param signal gives them up, those to come included
   */
  send(requests: readonly BatchRequest[], signal: AbortSignal): Promise<readonly Exchange[]>;
  /** Resolves when what was prepared and sent before is through. */
  close(): Promise<void>;
}

/** When a call got lost inside the SDK, its flush waits this long for it before it gives out the others. */
const FLUSH_INTERVAL_MS = 100;

/**
 * Retries are the outbox's, which survives a restart: the SDK makes none. Whether a batch arrived is read off the HTTP answers, because a callback of the SDK
 * comes 300 ms late.
 *
 * @param timeoutMs for one request, the answer included
 * @throws Error when the address is no URL or the key is empty; the message holds neither
 */
export function createSegmentClient({ writeKey, host, path }: ClientAddress, timeoutMs: number): SegmentClient {
  const collector = createRequestCollector();
  const analytics = new Analytics({
    writeKey: writeKey.reveal(),
    host,
    path,
    httpClient: collector,
    maxRetries: 0,
    flushAt: MAX_BATCH_EVENTS,
    flushInterval: FLUSH_INTERVAL_MS,
  });
  const inTurn = createTurns();

  async function give(calls: readonly WireCall[]): Promise<void> {
    try {
      for (const [place, { gist }] of calls.entries()) analytics.track({ ...gist, messageId: String(place) });
    } finally {
      await analytics.flush();
    }
  }

  async function prepareNow(calls: readonly WireCall[]): Promise<Prepared> {
    try {
      return { kind: 'ready', requests: await collector.collect(calls, () => give(calls)) };
    } catch (error) {
      return { kind: 'refused', message: error instanceof Error ? error.message : String(error) };
    }
  }

  async function sendNow(requests: readonly BatchRequest[], signal: AbortSignal): Promise<readonly Exchange[]> {
    const exchanges: Exchange[] = [];
    for (const { url, headers, messageIds, body } of requests) {
      const answer = await post({ url, headers, body: body(), timeoutMs, signal });
      exchanges.push({ messageIds, answer });
    }
    return exchanges;
  }

  return {
    prepare: (calls) => inTurn('prepare', () => prepareNow(calls)),
    send: (requests, signal) => inTurn('send', () => sendNow(requests, signal)),
    async close() {
      await inTurn('prepare', () => analytics.closeAndFlush());
      await inTurn('send', async () => {});
    },
  };
}
