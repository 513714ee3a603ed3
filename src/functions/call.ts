// Makes one HTTP call with the `fetch` of a runtime, within the time that the invocation has.

import { REDACTED } from '../base/secret.js';
import { USER_AGENT } from '../base/version.js';
import type { HttpResponse } from '../call/http-call.js';
import { type HttpRequest, revealHeaders, secretsOf } from '../call/http-request.js';
import type { Budget } from './budget.js';
import { fetchOf } from './runtime.js';

const MAX_ANSWER_BYTES = 65_536;

/** No time was left, so that nothing was sent. */
export interface NotBegun {
  readonly kind: 'not begun';
}

/** Of node-fetch's errors the code of the system or the type; of others nothing, which could hold what was sent. */
function nameOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'no connection';
  const { code, type } = error as { readonly code?: unknown; readonly type?: unknown };
  return [code, type].find((each) => typeof each === 'string')?.toString() ?? 'no connection';
}

const isTimeout = (name: string) => /timeout/i.test(name) && name !== 'ETIMEDOUT';

/** Never throws. The answer is without the secrets of the request. */
export async function callWithin(request: HttpRequest, budget: Budget): Promise<HttpResponse | NotBegun> {
  const timeout = budget.left();
  if (timeout === undefined) return { kind: 'not begun' };
  const { method, url, body } = request;
  const hide = (text: string) => secretsOf(request).reduce((rest, secret) => rest.replaceAll(secret, REDACTED), text);
  try {
    const answer = await fetchOf(url, {
      method,
      headers: { ...revealHeaders(request), 'user-agent': USER_AGENT },
      ...(body !== undefined && { body }),
      redirect: 'manual',
      timeout,
      size: MAX_ANSWER_BYTES,
    });
    const { status } = answer;
    // node-fetch would give the body the whole time once more, and Segment would end the invocation in it.
    // Where the answer is another's object that takes no changes, what it says still counts.
    Reflect.set(answer, 'timeout', budget.leftForBody());
    const retryAfter = answer.headers.get('retry-after') ?? undefined;
    try {
      return { kind: 'answered', status, body: hide(await answer.text()), rest: 'none', retryAfter };
    } catch (error) {
      const name = nameOf(error);
      const rest = name === 'max-size' ? 'unread' : isTimeout(name) ? 'late' : 'lost';
      return { kind: 'answered', status, body: '', rest, retryAfter };
    }
  } catch (error) {
    const name = nameOf(error);
    if (isTimeout(name)) return { kind: 'unanswered', reason: 'timeout', message: `no answer within ${timeout} ms` };
    return { kind: 'unanswered', reason: 'network', message: name };
  }
}
