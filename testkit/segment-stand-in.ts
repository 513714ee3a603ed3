// A stand-in for Segment's batch route on loopback, which takes only what Segment would.

import type { TestContext } from 'node:test';
import { type AnswerTo, type StandIn, type StandInRules, startStandIn, type Yes } from './stand-in.js';
import { readTrackBatch } from './track-batch-rules.js';

/** Segment's yes. */
export const TAKEN: Yes = { status: 200, body: '{"success":true}' };

const RULES: StandInRules = {
  route: 'POST /v1/batch',
  yes: TAKEN,
  readNames: (text, headers) => readTrackBatch(text, headers).batch.map(({ event }) => event),
};

/** Closed with the test, which fails if a request breaks one of Segment's rules. @param resets requests that are reset before they are read */
export function serveSegment(context: TestContext, answerTo: AnswerTo = () => TAKEN, resets = 0): Promise<StandIn> {
  return startStandIn(context, RULES, answerTo, resets);
}

/** Every event of the accepted requests, in order of arrival. */
export function takenEvents({ requests }: StandIn) {
  return requests.flatMap(({ text, headers, answer }) =>
    typeof answer === 'object' && answer.status === TAKEN.status ? readTrackBatch(text, headers).batch : [],
  );
}
