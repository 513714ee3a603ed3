// One client of Segment's SDK, made to send one batch at a time and to tell what was answered.

import { Analytics } from '@segment/analytics-node';
import type { OutboundTarget } from '../../workspace/compiled-outbound.js';
import { createRecordingHttpClient, type Exchange } from './recording-http-client.js';
import { MAX_BATCH_EVENTS } from './request-limits.js';
import type { WireCall } from './wire-call.js';

/** Where a client sends, and with which key. */
export type ClientAddress = Pick<OutboundTarget, 'writeKey' | 'host' | 'path'>;

/** What came of a batch. */
export type ClientSent =
  | { readonly kind: 'sent'; readonly exchanges: readonly Exchange[] }
  /** The SDK does not take one of the calls; nothing was sent. */
  | { readonly kind: 'refused'; readonly message: string };

/** A client. Who sends batches at the same time waits for the turn. */
export interface SegmentClient {
  /**
   * Sends the calls in one request, or more where the SDK's own limits say so. Never throws.
   *
   * @param signal gives the requests up, those to come included
   */
  send(calls: readonly WireCall[], signal: AbortSignal): Promise<ClientSent>;
  /** Resolves when the batches that were sent before are through. */
  close(): Promise<void>;
}

/** When a call got lost inside the SDK, its flush waits this long for it before it sends the others. */
const FLUSH_INTERVAL_MS = 100;

/**
 * Retries are the outbox's, which survives a restart: the SDK makes none. Whether a batch arrived is read off the HTTP answers, because a callback of the SDK
 * comes 300 ms late.
 *
 * @param timeoutMs for one request, the answer included
 * @throws Error when the address is no URL or the key is empty; the message holds neither
 */
export function createSegmentClient({ writeKey, host, path }: ClientAddress, timeoutMs: number): SegmentClient {
  const httpClient = createRecordingHttpClient(timeoutMs);
  const analytics = new Analytics({
    writeKey: writeKey.reveal(),
    host,
    path,
    httpClient,
    maxRetries: 0,
    flushAt: MAX_BATCH_EVENTS,
    flushInterval: FLUSH_INTERVAL_MS,
  });
  let turns: Promise<unknown> = Promise.resolve();

  function inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = turns.then(run);
    turns = turn.catch(() => {});
    return turn;
  }

  async function sendNow(calls: readonly WireCall[], signal: AbortSignal): Promise<ClientSent> {
    const recording = httpClient.begin(signal);
    try {
      for (const call of calls) analytics.track(call);
    } catch (error) {
      recording.discard();
      await analytics.flush();
      return { kind: 'refused', message: error instanceof Error ? error.message : String(error) };
    }
    await analytics.flush();
    return { kind: 'sent', exchanges: recording.exchanges };
  }

  return {
    send: (calls, signal) => inTurn(() => sendNow(calls, signal)),
    close: () => inTurn(() => analytics.closeAndFlush()),
  };
}
