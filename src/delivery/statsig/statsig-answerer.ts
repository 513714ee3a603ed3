// What Statsig's yes looks like.

import { isJsonObject } from '../../model/segment-event.js';
import type { Answerer } from '../verdict.js';

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Statsig says `{"success": true}`. A page of some proxy in between is no acceptance; an empty body says nothing against it. */
export const STATSIG: Answerer = {
  name: 'Statsig',
  accepts(body) {
    if (body === '') return true;
    const answer = parse(body);
    return answer !== undefined && !(isJsonObject(answer) && answer.success === false);
  },
};
