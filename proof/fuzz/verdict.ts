// Judges an answer: only what is documented passes.

import { createHash } from 'node:crypto';
import { ERRORS, type ErrorCode } from '../../src/base/errors.js';
import { isJsonObject } from '../../src/model/segment-event.js';
import type { WireAnswer } from './answer-reader.js';
import { breaksFraming, type FuzzCase } from './case.js';
import type { Shape } from './rudderstack-answers.js';
import { UPSTREAM_HEADERS } from './stand-ins.js';
import type { WireOutcome } from './wire.js';

/** What a route may answer. */
export interface Expected {
  /** Of a success; without one no success is documented. */
  readonly shape?: Shape | undefined;
  /** Statuses of a success. Default 200. */
  readonly statuses?: ((status: number) => boolean) | undefined;
  readonly codes: readonly ErrorCode[];
  /** True where a request may be the upstream's. */
  readonly mayForward?: boolean | undefined;
  /** True where rudder-server looks for `apiVersion: 2`. */
  readonly hasApiVersion?: boolean | undefined;
  /** The sentence of an error in the route's own form, where it has one: `CODE: what is wrong`. */
  readonly errorIn?: ((answer: unknown) => string | undefined) | undefined;
  /** True where a success is no JSON. */
  readonly isText?: boolean | undefined;
}

const JSON_TYPE = 'application/json; charset=utf-8';

/** What Node's own parser answers to bytes that are no HTTP, before any route. */
function isBareRefusal({ status, body, headers }: WireAnswer): boolean {
  return status === 400 && body.length === 0 && headers.get('connection') === 'close';
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

/** What the server reads from the body; `undefined` where that is unknown. */
export function readSent({ meant, framing }: FuzzCase): unknown {
  if (meant === undefined || framing === 'shorter') return undefined;
  const text = meant.toString();
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch {
    return undefined;
  }
}

function codeIn(body: unknown): string | undefined {
  if (!isJsonObject(body)) return undefined;
  const { error, code, success } = body;
  if (typeof error === 'string') return error;
  return success === false && typeof code === 'string' ? code : undefined;
}

function complainOfError(code: string, message: unknown, { status, headers }: WireAnswer, { codes }: Expected) {
  const known = codes.find((each) => each === code);
  if (known === undefined) return `${code}, which this route does not answer`;
  if (ERRORS[known].status !== status) return `${code} with status ${status}`;
  if (typeof message !== 'string' || !message.startsWith(`${code}: `)) return `${code} without its sentence`;
  if (status === 503 && headers.get('x-rudder-should-retry') !== 'true') return `${code} does not ask for a retry`;
  return undefined;
}

/** The upstream got the very request. */
function complainOfForward({ body, target, method }: FuzzCase, { headers }: WireAnswer): string | undefined {
  if (headers.get(UPSTREAM_HEADERS.digest) !== createHash('sha256').update(body).digest('hex'))
    return 'the upstream got another body';
  return headers.get(UPSTREAM_HEADERS.request) === encodeURIComponent(`${method} ${target}`)
    ? undefined
    : 'the upstream got another request';
}

function complainOfSuccess(fuzzCase: FuzzCase, answer: WireAnswer, expected: Expected): string | undefined {
  const { status, headers } = answer;
  const { shape, statuses = (each) => each === 200, isText, hasApiVersion } = expected;
  if (shape === undefined || !statuses(status)) return `status ${status}`;
  if (fuzzCase.method === 'HEAD') return undefined;
  if (hasApiVersion && headers.get('apiversion') !== '2') return 'no apiVersion';
  if (isText) return shape(answer.body.toString(), undefined);
  if (headers.get('content-type') !== JSON_TYPE) return `content type ${headers.get('content-type')}`;
  const body = parse(answer.body);
  return body === undefined ? 'an answer that is no JSON' : shape(body, readSent(fuzzCase));
}

function complainOfAnswer(fuzzCase: FuzzCase, answer: WireAnswer, expected: Expected): string | undefined {
  if (answer.headers.has(UPSTREAM_HEADERS.digest)) {
    if (!expected.mayForward || fuzzCase.server === 'alone') return 'forwarded';
    return breaksFraming(fuzzCase) ? undefined : complainOfForward(fuzzCase, answer);
  }
  const { status, headers, body } = answer;
  if (fuzzCase.method === 'HEAD' && status >= 400)
    return expected.codes.some((code) => ERRORS[code].status === status) ? undefined : `status ${status}`;
  const parsed = headers.get('content-type') === JSON_TYPE ? parse(body) : undefined;
  const sentence = expected.errorIn?.(parsed);
  const ownCode = expected.codes.find((each) => sentence?.startsWith(`${each}: `));
  if (ownCode !== undefined) return complainOfError(ownCode, sentence, answer, expected);
  const code = codeIn(parsed);
  if (code !== undefined) return complainOfError(code, isJsonObject(parsed) && parsed.message, answer, expected);
  return complainOfSuccess(fuzzCase, answer, expected);
}

/** What is wrong with what came back, or `undefined`. */
export function judgeOutcome(fuzzCase: FuzzCase, outcome: WireOutcome, expected: Expected): string | undefined {
  if (outcome.kind === 'silent') return 'no answer';
  if (outcome.kind === 'closed')
    return breaksFraming(fuzzCase) && / after 0 bytes$/.test(outcome.why) ? undefined : `no answer: ${outcome.why}`;
  const { answer } = outcome;
  if (isBareRefusal(answer)) return breaksFraming(fuzzCase) ? undefined : 'refused as no HTTP';
  return complainOfAnswer(fuzzCase, answer, expected);
}
