// Asks a config service for its settings documents.

import { Secret } from '../../base/secret.js';
import { callHttp } from '../../call/http-call.js';
import { readWhole } from '../../call/whole-response.js';
import type { ServiceResponse } from './http-copy.js';

/** What came of one request. A problem is worded for people and holds neither the token nor anything of the answer. */
export type ServiceReply = ServiceResponse | 'unchanged' | { readonly problem: string };

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

/** Redirects are not followed: the token is for the one service the operator named. */
export async function askService({ url, token, etag, timeoutMs, signal }: ServiceRequest): Promise<ServiceReply> {
  const headers = {
    accept: 'application/json, application/yaml',
    // A connection kept for the next poll may be closed by the service just then, which would look like a failure.
    connection: 'close',
    ...(token !== undefined && { authorization: new Secret(`Bearer ${token.reveal()}`) }),
    ...(etag !== undefined && { 'if-none-match': etag }),
  };
  const request = { method: 'GET', url: url.href, headers } as const;
  const answer = await callHttp(request, { timeoutMs, signal, maxResponseBytes: MAX_ANSWER_BYTES, isDocument: true });
  const whole = readWhole(answer, timeoutMs);
  if ('text' in whole) return { body: whole.text, etag: answer.kind === 'answered' ? answer.etag : undefined };
  const status = answer.kind === 'answered' ? answer.status : undefined;
  if (status === 304 && etag !== undefined) return 'unchanged';
  return { problem: `${whole.problem}${adviceFor(status)}` };
}

/** What to do about a status; empty where nothing is known. */
function adviceFor(status = 0): string {
  if (status === 401 || status === 403) return ': check STATSIG_CDP_SETTINGS_TOKEN';
  const isRedirect = status >= 300 && status < 400 && status !== 304;
  return isRedirect ? ': redirects are not followed. Set STATSIG_CDP_SETTINGS to the final URL' : '';
}
