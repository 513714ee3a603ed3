// Reads Statsig's answer: delivered, try again, split, or give up. One pure function.

import { isJsonObject } from '../../model/segment-event.js';
import type { StatsigAnswer } from './statsig-client.js';

/** What an answer means for the events of the request. */
export interface Verdict {
  /** `split`: the request is too large. `isolate`: one of several events is to blame. */
  readonly kind: 'delivered' | 'retry' | 'split' | 'isolate' | 'failed';
  /** HTTP status that says so: Statsig's own, or the one that stands for no answer. */
  readonly status: number;
  /** For people; holds nothing secret. */
  readonly message: string;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Statsig says `{"success": true}`. A page of some proxy in between is no acceptance; an empty body says nothing against it. */
function isAccepted(body: string): boolean {
  if (body === '') return true;
  const answer = parse(body);
  return answer !== undefined && !(isJsonObject(answer) && answer.success === false);
}

/**
 * Statsig's OpenAPI and SDKs: 2xx with `success` accepts; 408, 429, 5xx and no answer can be tried again; 413 is too large; other 4xx can't be mended by
 * trying again. A redirect is a wrong host, which an operator can mend while the events wait.
 *
 * @param events events in the request
 */
export function judge(answer: StatsigAnswer, events: number): Verdict {
  if (answer.kind === 'unanswered') {
    return {
      kind: 'retry',
      status: answer.reason === 'timeout' ? 504 : 503,
      message: `Statsig did not answer: ${answer.message}`,
    };
  }
  const { status, body, retryAfter } = answer;
  if (status >= 200 && status < 300) {
    if (isAccepted(body)) return { kind: 'delivered', status, message: body };
    return { kind: 'retry', status: 502, message: `Statsig answered ${status} without accepting: ${body}` };
  }
  const message = `Statsig answered ${status}: ${body}`;
  if (status < 400)
    return { kind: 'retry', status: 502, message: `Statsig answered ${status}, a redirect, which is not followed` };
  if (status === 408 || status === 429 || status >= 500) {
    return {
      kind: 'retry',
      status,
      message: retryAfter === undefined ? message : `${message} (Retry-After: ${retryAfter})`,
    };
  }
  if (status === 413 && events > 1) return { kind: 'split', status, message };
  if (status === 400 && events > 1) return { kind: 'isolate', status, message };
  return { kind: 'failed', status, message };
}
