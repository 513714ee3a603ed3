// The HTTP client that Segment's SDK is given: sends the SDK's request once, and keeps the answer for us and from the SDK.

import type { HTTPClient } from '@segment/analytics-node';
import type { JsonObject } from '../../model/segment-event.js';
import { type PostAnswer, post } from '../post.js';
import { statsigLibrary } from './library.js';

/** One request and what came back. */
export interface Exchange {
  /** Of the events in it. */
  readonly messageIds: readonly string[];
  readonly answer: PostAnswer;
}

/** The requests of one batch. */
export interface Recording {
  /** Those that are over. */
  readonly exchanges: readonly Exchange[];
  /** Lets no request of this batch through. */
  discard(): void;
}

/** An HTTP client for one client of the SDK, which sends one batch at a time. */
export interface RecordingHttpClient extends HTTPClient {
  /** From now on requests are those of the next batch. @param signal gives them up */
  begin(signal: AbortSignal): Recording;
}

/** What the SDK sends: Segment's HTTP Tracking API, batch. */
interface BatchBody {
  readonly batch: readonly { readonly messageId: string; readonly context: JsonObject }[];
}

/** All the SDK needs to know. Told more (5xx, 429, `Retry-After`) it would wait and send again by itself, in memory. */
const DONE = { status: 200, statusText: 'OK' };
const NOT_DONE = { status: 400, statusText: 'Not delivered' };

/**
 * The SDK writes its own name and version into each event's `context.library`, which only here can be undone.
 *
 * @param timeoutMs for one request, the answer included
 */
export function createRecordingHttpClient(timeoutMs: number): RecordingHttpClient {
  let current: { readonly signal: AbortSignal; readonly exchanges: Exchange[]; discarded: boolean } | undefined;
  return {
    begin(signal) {
      const recording = { signal, exchanges: [], discarded: false };
      current = recording;
      return {
        exchanges: recording.exchanges,
        discard() {
          recording.discarded = true;
        },
      };
    },
    async makeRequest({ url, headers, body }) {
      if (current === undefined || current.discarded) return NOT_DONE;
      const { signal, exchanges } = current;
      const sent: BatchBody = JSON.parse(body);
      const batch = sent.batch.map((event) => ({
        ...event,
        context: { ...event.context, library: statsigLibrary(event.context.library) },
      }));
      const restored = JSON.stringify({ ...sent, batch });
      const answer = await post({ url, headers: new Headers(headers), body: restored, timeoutMs, signal });
      exchanges.push({ messageIds: batch.map(({ messageId }) => messageId), answer });
      return answer.kind === 'answered' && answer.status >= 200 && answer.status < 300 ? DONE : NOT_DONE;
    },
  };
}
