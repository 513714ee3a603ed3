// Makes one HTTP call and says what came back.

import { VERSION } from '../base/version.js';
import { startDeadline } from './deadline.js';

/** After so many bytes, decompressed, an answer is not read on: a small compressed one could fill the memory. Shorter ones are read whole, so that their connection is used again. */
const MAX_ANSWER_BYTES = 65_536;

/** One call. Its headers get our user agent. */
export interface Post {
  /** Default POST. */
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers: Headers;
  /** JSON text, or its bytes as the header `content-encoding` says. */
  readonly body?: string | Uint8Array;
  readonly timeoutMs: number;
  /** Gives the call up early. Made for this one call. */
  readonly signal?: AbortSignal;
}

/** An HTTP answer, of which at least the head came. */
export interface Answered {
  readonly kind: 'answered';
  readonly status: number;
  /** As much of it as was read. */
  readonly body: string;
  /** What of the body is missing: `unread` is what goes beyond 64 KiB, `lost` is what did not come, or not in time. */
  readonly rest: 'none' | 'unread' | 'lost';
  readonly retryAfter: string | undefined;
}

/** What came back: an HTTP answer, or no answer at all. */
export type PostAnswer =
  | Answered
  | { readonly kind: 'unanswered'; readonly reason: 'timeout' | 'network' | 'aborted'; readonly message: string };

/** The system's code (`ECONNREFUSED`), which names what went wrong and holds nothing of the request. `fetch` puts it into the cause. */
function networkMessage(error: unknown): string {
  for (const candidate of [error, error instanceof Error ? error.cause : undefined]) {
    if (candidate instanceof Error && 'code' in candidate && typeof candidate.code === 'string') return candidate.code;
  }
  return 'no connection';
}

/** Reads the beginning of an answer. It may break off: then what came is what was said. */
async function readStart({ body }: Response): Promise<Pick<Answered, 'body' | 'rest'>> {
  if (body === null) return { body: '', rest: 'none' };
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  try {
    for await (const chunk of body) {
      text += decoder.decode(chunk.subarray(0, MAX_ANSWER_BYTES - bytes), { stream: true });
      bytes += chunk.byteLength;
      if (bytes > MAX_ANSWER_BYTES) return { body: text, rest: 'unread' };
    }
  } catch {
    return { body: text, rest: 'lost' };
  }
  return { body: text + decoder.decode(), rest: 'none' };
}

/** Posts once. Never throws, never follows a redirect: following one would turn the POST into a GET without the events. */
export async function post({ method = 'POST', url, headers, body, timeoutMs, signal }: Post): Promise<PostAnswer> {
  const deadline = startDeadline(timeoutMs, signal);
  headers.set('user-agent', `statsig-cdp/${VERSION}`);
  const givenUp = { kind: 'unanswered', reason: 'aborted', message: 'the call was given up' } as const;
  try {
    const response = await fetch(url, {
      method,
      headers,
      ...(body !== undefined && { body }),
      redirect: 'manual',
      signal: deadline.signal,
    });
    const start = await readStart(response);
    if (start.rest === 'lost' && signal?.aborted) return givenUp;
    const { status } = response;
    return { kind: 'answered', status, ...start, retryAfter: response.headers.get('retry-after') ?? undefined };
  } catch (error) {
    if (signal?.aborted) return givenUp;
    if (deadline.isOver) return { kind: 'unanswered', reason: 'timeout', message: `no answer within ${timeoutMs} ms` };
    return { kind: 'unanswered', reason: 'network', message: networkMessage(error) };
  } finally {
    deadline.clear();
  }
}
