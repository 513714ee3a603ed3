// What an answer of Statsig's log_event means for the events.

import type { HttpResponse } from '../../call/http-call.js';
import { judge, type Verdict } from '../../call/verdict.js';
import { STATSIG } from '../../statsig/statsig-response.js';

/** @param events in the request */
export function judgeLogEvent(answer: HttpResponse, events: number): Verdict {
  return judge(answer, events, STATSIG);
}
