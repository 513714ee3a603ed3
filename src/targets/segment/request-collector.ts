// The HTTP client that Segment's SDK is given: keeps the requests that the SDK makes of a batch, with the calls put into them, for us to send.
//
// The SDK holds some 12 KB of memory for each event until its request is over. Told at once that it is, it holds them for a moment and not while a CDP takes its
// time; and what it would do after a failure, wait and send again in memory, is the outbox's anyway.

import type { HTTPClient } from '@segment/analytics-node';
import type { WireCall } from './wire-call.js';

/** A request of the SDK. */
export interface BatchRequest {
  readonly url: string;
  readonly headers: Headers;
  /** Of the events in it. */
  readonly messageIds: readonly string[];
  /** The body as it is to be sent now. */
  body(): string;
}

/** An HTTP client for one client of the SDK, which makes requests of one batch at a time. */
export interface RequestCollector extends HTTPClient {
  /**
   * Keeps the requests that are made of the calls.
   *
   * @param give hands the calls to the SDK and resolves when it has made its requests
   * @throws what `give` throws
   */
  collect(calls: readonly WireCall[], give: () => Promise<void>): Promise<readonly BatchRequest[]>;
}

/** What the SDK sends: Segment's HTTP Tracking API, batch. Instead of its own, a message has the id of its place among the calls. */
interface BatchBody {
  readonly batch: readonly { readonly messageId: string; readonly _metadata: object }[];
  readonly sentAt: string;
}

const TAKEN = { status: 200, statusText: 'OK' };

/** The SDK's request with the calls in the places of their gists; all else is the SDK's, but for the name that it writes into each `context.library`. */
function restore(text: string, calls: readonly WireCall[]): Pick<BatchRequest, 'messageIds' | 'body'> {
  const { batch, ...rest }: BatchBody = JSON.parse(text);
  const messageIds: string[] = [];
  const events: string[] = [];
  for (const { messageId: place, _metadata } of batch) {
    const call = calls[Number(place)];
    if (call === undefined) continue;
    messageIds.push(call.messageId);
    events.push(`${call.openText},"_metadata":${JSON.stringify(_metadata)}}`);
  }
  const list = events.join(',');
  // A request may have waited for the one before. Segment corrects the events' times by the time it was sent.
  return { messageIds, body: () => `{"batch":[${list}],${JSON.stringify({ ...rest, sentAt: new Date() }).slice(1)}` };
}

export function createRequestCollector(): RequestCollector {
  let calls: readonly WireCall[] = [];
  let requests: BatchRequest[] = [];
  return {
    async collect(batch, give) {
      calls = batch;
      try {
        await give();
        return requests;
      } finally {
        // Many clients do nothing most of the time: they hold nothing meanwhile.
        calls = [];
        requests = [];
      }
    },
    async makeRequest({ url, headers, body }) {
      requests.push({ url, headers: new Headers(headers), ...restore(body, calls) });
      return TAKEN;
    },
  };
}
