// What an answer of Statsig's log_event means for the events.

import type { HttpAnswer } from '../../call/http-call.js';
import { judge, type Verdict } from '../../call/verdict.js';
import { STATSIG } from '../../statsig/statsig-answerer.js';

/** @param events in the request */
export function judgeLogEvent(answer: HttpAnswer, events: number): Verdict {
  return judge(answer, events, STATSIG);
}
