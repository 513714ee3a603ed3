// Asks a config service for its settings documents.

import type { Secret } from '../../base/secret.js';
import { codeOf } from '../../base/system-error.js';
import { startDeadline } from '../../call/deadline.js';
import type { ServiceAnswer } from './http-copy.js';

/** What came of one request. A problem is worded for people and holds neither the token nor anything of the answer. */
export type ServiceReply = ServiceAnswer | 'unchanged' | { readonly problem: string };

/** How a service is asked. */
export interface ServiceRequest {
  readonly url: URL;
  readonly token: Secret | undefined;
  /** ETag of the answer we have; the service may then say that it is still current. */
  readonly etag: string | undefined;
  /** Milliseconds until the whole answer must be there. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Some hundred thousand workspaces: a wrong address may answer with anything, and reading YAML takes many times its bytes. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** The text of an answer; `undefined` for one that is too long, of which the rest stays unread. */
async function readBounded({ body }: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
}

/** Redirects are not followed: the token is for the one service the operator named. */
export async function askService({ url, token, etag, timeoutMs, signal }: ServiceRequest): Promise<ServiceReply> {
  // A connection kept for the next poll may be closed by the service just then, which would look like a failure.
  const headers = new Headers({ accept: 'application/json, application/yaml', connection: 'close' });
  if (token !== undefined) headers.set('authorization', `Bearer ${token.reveal()}`);
  if (etag !== undefined) headers.set('if-none-match', etag);
  const deadline = startDeadline(timeoutMs, signal);
  try {
    const response = await fetch(url, { headers, redirect: 'manual', signal: deadline.signal });
    if (response.status === 200) {
      const body = await readBounded(response);
      if (body === undefined) return { problem: `answered with more than ${MAX_ANSWER_BYTES} bytes` };
      return { body, etag: response.headers.get('etag') ?? undefined };
    }
    await response.body?.cancel();
    return response.status === 304 && etag !== undefined ? 'unchanged' : { problem: describeStatus(response.status) };
  } catch (error) {
    return { problem: describeFailure(error, timeoutMs) };
  } finally {
    deadline.clear();
  }
}

function describeStatus(status: number): string {
  if (status === 401 || status === 403) return `answered ${status}: check STATSIG_CDP_SETTINGS_TOKEN`;
  if (status >= 300 && status < 400 && status !== 304) {
    return `answered ${status}: redirects are not followed. Set STATSIG_CDP_SETTINGS to the final URL`;
  }
  return `answered ${status}`;
}

/** Fetch's own messages may repeat the URL or a header. */
function describeFailure(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return 'does not answer';
  if (error.name === 'TimeoutError') return `did not answer within ${timeoutMs} ms`;
  return `does not answer (${codeOf(error.cause)})`;
}
