// Makes one HTTP call and says what came back.

import { startDeadline } from '../deadline.js';
import { VERSION } from '../version.js';

const MAX_ANSWER_CHARACTERS = 4096;

/** After so many bytes an answer is not read on: a small compressed one could fill the memory. Shorter ones are read whole, so that their connection is used again. */
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

/** What came back: an HTTP answer, or no answer at all. */
export type PostAnswer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** At most 4096 characters of it. */
      readonly body: string;
      readonly retryAfter: string | undefined;
    }
  | { readonly kind: 'unanswered'; readonly reason: 'timeout' | 'network' | 'aborted'; readonly message: string };

/** The system's code (`ECONNREFUSED`), which names what went wrong and holds nothing of the request. `fetch` puts it into the cause. */
function networkMessage(error: unknown): string {
  for (const candidate of [error, error instanceof Error ? error.cause : undefined]) {
    if (candidate instanceof Error && 'code' in candidate && typeof candidate.code === 'string') return candidate.code;
  }
  return 'no connection';
}

/** The beginning of an answer. @throws Error when it breaks off before */
async function readStart({ body }: Response): Promise<string> {
  if (body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) break;
  }
  return text + decoder.decode();
}

/** Posts once. Never throws, never follows a redirect: following one would turn the POST into a GET without the events. */
export async function post({ method = 'POST', url, headers, body, timeoutMs, signal }: Post): Promise<PostAnswer> {
  const deadline = startDeadline(timeoutMs, signal);
  headers.set('user-agent', `statsig-cdp/${VERSION}`);
  try {
    const response = await fetch(url, {
      method,
      headers,
      ...(body !== undefined && { body }),
      redirect: 'manual',
      signal: deadline.signal,
    });
    const text = await readStart(response);
    return {
      kind: 'answered',
      status: response.status,
      body: text.slice(0, MAX_ANSWER_CHARACTERS),
      retryAfter: response.headers.get('retry-after') ?? undefined,
    };
  } catch (error) {
    if (signal?.aborted) return { kind: 'unanswered', reason: 'aborted', message: 'the call was given up' };
    if (deadline.isOver) return { kind: 'unanswered', reason: 'timeout', message: `no answer within ${timeoutMs} ms` };
    return { kind: 'unanswered', reason: 'network', message: networkMessage(error) };
  } finally {
    deadline.clear();
  }
}
