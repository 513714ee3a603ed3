// A stand-in for Statsig's log_event on loopback, which takes only what is Statsig's.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { type AnswerTo, type StandIn, type StandInRules, startStandIn, type Yes } from './stand-in.js';
import { ownLogEventSchema } from './statsig-event-schema.js';

/** Statsig's yes. */
export const ACCEPTED: Yes = { status: 202, body: '{"success":true}' };

interface LogEventBody {
  readonly events: readonly { readonly eventName: string }[];
}

const ajv = new Ajv({ strict: true, strictTypes: false });
addFormats.default(ajv);
const isLogEventBody = ajv.compile<LogEventBody>(ownLogEventSchema);

const RULES: StandInRules = {
  route: 'POST /v1/log_event',
  yes: ACCEPTED,
  readNames(text, headers) {
    const body: unknown = JSON.parse(text);
    if (!isLogEventBody(body)) throw new Error(ajv.errorsText(isLogEventBody.errors));
    const names = body.events.map(({ eventName }) => eventName);
    assert.equal(headers['statsig-event-count'], String(names.length));
    return names;
  },
};

/** Closed with the test, which fails if a body was not Statsig's. @param resets requests that are reset before they are read */
export function serveLogEvent(context: TestContext, answerTo: AnswerTo, resets = 0): Promise<StandIn> {
  return startStandIn(context, RULES, answerTo, resets);
}
