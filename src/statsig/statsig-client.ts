// Makes one HTTP call to Statsig.

import { type Post, type PostAnswer, post } from '../call/http-call.js';

/** Calls Statsig once. Never throws. */
export function callStatsig(call: Post): Promise<PostAnswer> {
  call.headers.set('statsig-client-time', String(Date.now()));
  return post(call);
}
