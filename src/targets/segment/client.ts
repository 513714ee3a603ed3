// One client of Segment's SDK: is given a batch of calls, lets the SDK make and send the request, and tells what became of each call.

import { Analytics, type HTTPClient } from '@segment/analytics-node';
import { Mutex } from '../../base/mutex.js';
import { Secret } from '../../base/secret.js';
import { messageOf } from '../../base/system-error.js';
import { callHttp, type HttpResponse } from '../../call/http-call.js';
import type { HttpRequest } from '../../call/http-request.js';
import { basicForms, redactResponse } from '../../call/redaction.js';
import type { OutboundTarget } from '../../transform/compiled-outbound.js';
import { type GivenCall, givenCallOf, signAsStatsig } from './library.js';
import { MAX_BATCH_EVENTS } from './limits.js';
import { type NotSent, readStoredCall } from './stored-call.js';

/** Where a client sends, and with which key. */
export type ClientAddress = Pick<OutboundTarget, 'writeKey' | 'host' | 'path'>;

/** Sends one request of the SDK. */
export type Exchange = (request: HttpRequest, signal: AbortSignal) => Promise<HttpResponse>;

/** What became of a call: the answer to the request that it was in, without anything secret; calls of one request share the object. */
export type CallOutcome = HttpResponse | NotSent;

/** A client. Batches that are given at the same time wait for their turn. */
export interface SegmentClient {
  /**
   * Gives calls to the SDK, which sends them. Never throws.
   *
   * @param payloads JSON texts of track calls, as they were stored
   * @param signal gives them up
   * @returns one for each call, in order
   */
  send(payloads: readonly string[], signal: AbortSignal): Promise<readonly CallOutcome[]>;
  /** Resolves when what was given before is through. */
  close(): Promise<void>;
}

/** When a call gets lost inside the SDK, its flush waits this long for it before it sends the others. */
const FLUSH_INTERVAL_MS = 100;

const GIVEN_UP: CallOutcome = { kind: 'unanswered', reason: 'aborted', message: 'the call was given up' };
const LOST: CallOutcome = { kind: 'not sent', status: 400, message: "Segment's SDK put the event into no request" };

/** The key is in one header. The user agent is ours. */
function headersOf({ Authorization = '', 'User-Agent': _, ...others }: Readonly<Record<string, string>>) {
  return { ...others, Authorization: new Secret(Authorization) };
}

/** @param timeoutMs for one request, the answer included */
export function overNetwork(timeoutMs: number): Exchange {
  return (request, signal) => callHttp(request, { timeoutMs, signal });
}

/**
 * The SDK makes no retries: they are the outbox's, which survives a restart. Nor is it told of `Retry-After`, for which it would wait in memory. What became of a call is read, by its
 * `messageId`, off the answer to its request: a callback of the SDK comes 300 ms late, and takes a redirect for a yes.
 *
 * @throws Error when the address is no URL or the key is empty; the message holds neither
 */
export function createSegmentClient({ writeKey, host, path }: ClientAddress, exchange: Exchange): SegmentClient {
  const batches = new Mutex();
  const keyForms = basicForms(writeKey.reveal());
  let answers = new Map<string, HttpResponse>();
  let calls: GivenCall[] = [];
  let signal = new AbortController().signal;
  const httpClient: HTTPClient = {
    async makeRequest({ url, headers, body }) {
      const { text, messageIds } = signAsStatsig(body, calls, analytics.VERSION);
      const request = { method: 'POST', url, headers: headersOf(headers), body: text } as const;
      const answer = redactResponse(await exchange(request, signal), keyForms);
      for (const messageId of messageIds) answers.set(messageId, answer);
      if (answer.kind === 'unanswered') throw new Error(answer.message);
      return { status: answer.status, statusText: '' };
    },
  };
  const analytics = new Analytics({
    writeKey: writeKey.reveal(),
    host,
    path,
    httpClient,
    maxRetries: 0,
    flushAt: MAX_BATCH_EVENTS,
    flushInterval: FLUSH_INTERVAL_MS,
  });

  /** Gives a call to the SDK. @returns its `messageId`, or why it is not sent */
  function give(payload: string): string | NotSent {
    const call = readStoredCall(payload);
    if ('kind' in call) return call;
    try {
      analytics.track(call);
      calls.push(givenCallOf(call));
      return call.messageId;
    } catch (error) {
      const why = messageOf(error);
      return { kind: 'not sent', status: 400, message: `Segment's SDK does not take the event: ${why}` };
    }
  }

  return {
    send: (payloads, signalOfBatch) =>
      batches.run(async () => {
        if (signalOfBatch.aborted) return payloads.map(() => GIVEN_UP);
        // Nothing of the batch before is kept until the next one: many clients do nothing most of the time.
        answers = new Map();
        calls = [];
        signal = signalOfBatch;
        const given = payloads.map(give);
        await analytics.flush();
        return given.map((each) => (typeof each === 'string' ? (answers.get(each) ?? LOST) : each));
      }),
    close: () => batches.run(() => analytics.closeAndFlush()),
  };
}
