// Makes one HTTP call and says what came back.

import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { codeOf, UNKNOWN_CODE } from '../base/system-error.js';
import { USER_AGENT } from '../base/version.js';
import { startDeadline } from './deadline.js';
import { type HttpRequest, headersToSend, secretsOf } from './http-request.js';
import { redactResponse } from './redaction.js';

/** After so many bytes, decompressed, an answer is not read on: a small compressed one could fill the memory. Shorter ones are read whole, so that their connection is used again. */
const MAX_ANSWER_BYTES = 65_536;

/** How a call is made. */
export interface CallOptions {
  /** Milliseconds until the whole answer must be there. Without it the call takes as long as the other side does. */
  readonly timeoutMs?: number;
  /** Gives the call up early. Made for this one call. */
  readonly signal?: AbortSignal;
  /** Bytes of an answer that are read. Default 64 KiB. */
  readonly maxResponseBytes?: number;
  /** Bytes from which on a body is sent compressed, off the main thread. Without it none is. */
  readonly gzipFromBytes?: number;
  /** The answer is a document that is read and not shown: it is left as it came, secrets of the request included. */
  readonly isDocument?: true;
}

/** An HTTP response, of which at least the head came. */
export interface Answered {
  readonly kind: 'answered';
  readonly status: number;
  /** As much of it as was read. */
  readonly body: string;
  /** What of the body is missing: `unread` is what goes beyond what is read, `lost` is what did not come, `late` what did not come in time. */
  readonly rest: 'none' | 'unread' | 'lost' | 'late';
  readonly retryAfter: string | undefined;
  readonly etag?: string;
}

/** No answer. The message is for people and holds nothing of the request. */
export interface Unanswered {
  readonly kind: 'unanswered';
  readonly reason: 'timeout' | 'network' | 'aborted';
  readonly message: string;
}

/** What came back: an HTTP response, or none at all. */
export type HttpResponse = Answered | Unanswered;

const GIVEN_UP: Unanswered = { kind: 'unanswered', reason: 'aborted', message: 'the call was given up' };

const compress = promisify(gzip);

/** The system's code (`ECONNREFUSED`), which names what went wrong and holds nothing of the request. `fetch` puts it into the cause. */
function networkMessage(error: unknown): string {
  const codes = [error, error instanceof Error ? error.cause : undefined].map(codeOf);
  return codes.find((code) => code !== UNKNOWN_CODE) ?? 'no connection';
}

/** Reads the beginning of an answer. It may break off: then what came is what was said. */
async function readStart({ body }: Response, maxBytes: number): Promise<{ body: string; rest: Answered['rest'] }> {
  if (body === null) return { body: '', rest: 'none' };
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  try {
    for await (const chunk of body) {
      text += decoder.decode(chunk.subarray(0, maxBytes - bytes), { stream: true });
      bytes += chunk.byteLength;
      if (bytes > maxBytes) return { body: text, rest: 'unread' };
    }
  } catch {
    return { body: text, rest: 'lost' };
  }
  return { body: text + decoder.decode(), rest: 'none' };
}

async function bodyToSend(text: string | undefined, headers: Headers, { gzipFromBytes }: CallOptions) {
  if (text === undefined) return {};
  if (gzipFromBytes === undefined || Buffer.byteLength(text) < gzipFromBytes) return { body: text };
  headers.set('content-encoding', 'gzip');
  return { body: await compress(text) };
}

/**
 * Makes the call once, with our user agent. Never follows a redirect: that would turn a POST into a GET without the events, and take a key to another host.
 *
 * @returns the answer without the secrets of the request: a proxy in between may echo it
 * @throws UnsendableHeaderError, and nothing else
 */
export async function callHttp(request: HttpRequest, options: CallOptions): Promise<HttpResponse> {
  const { timeoutMs, signal, maxResponseBytes = MAX_ANSWER_BYTES, isDocument = false } = options;
  const headers = headersToSend(request);
  headers.set('user-agent', USER_AGENT);
  const content = await bodyToSend(request.body, headers, options);
  const deadline = startDeadline(timeoutMs, signal);
  try {
    const { url, method } = request;
    const response = await fetch(url, { method, headers, ...content, redirect: 'manual', signal: deadline.signal });
    const start = await readStart(response, maxResponseBytes);
    if (start.rest === 'lost' && signal?.aborted) return GIVEN_UP;
    const { status } = response;
    const rest = start.rest === 'lost' && deadline.isOver ? 'late' : start.rest;
    const etag = response.headers.get('etag');
    const retryAfter = response.headers.get('retry-after') ?? undefined;
    const answer = { kind: 'answered', status, body: start.body, rest, retryAfter, ...(etag && { etag }) } as const;
    return isDocument ? answer : redactResponse(answer, secretsOf(request));
  } catch (error) {
    if (signal?.aborted) return GIVEN_UP;
    if (deadline.isOver) return { kind: 'unanswered', reason: 'timeout', message: `no answer within ${timeoutMs} ms` };
    return { kind: 'unanswered', reason: 'network', message: networkMessage(error) };
  } finally {
    deadline.clear();
  }
}
