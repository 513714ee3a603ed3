// Makes one HTTP call to Statsig.

import { type CallOptions, callHttp, type HttpResponse } from '../call/http-call.js';
import type { HttpRequest } from '../call/http-request.js';

/** Calls Statsig once, which corrects the times of events by that of the call. @throws UnsendableHeaderError */
export function callStatsig(request: HttpRequest, options: CallOptions): Promise<HttpResponse> {
  const headers = { ...request.headers, 'statsig-client-time': String(Date.now()) };
  return callHttp({ ...request, headers }, options);
}
