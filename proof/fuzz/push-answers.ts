// What a success to those who push events to us must look like: every event counted once.

import { ERRORS } from '../../src/base/errors.js';
import { isJsonObject, type JsonObject } from '../../src/model/segment-event.js';
import { complainOfFault, type Shape } from './rudderstack-answers.js';

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

function complainOfRejected(each: unknown, events: number | undefined): string | undefined {
  if (!isJsonObject(each) || !isCount(each.index)) return 'a rejection without an index';
  if (events !== undefined && each.index >= events) return 'a rejection of an event that was not sent';
  const { code, message } = each;
  const row = Object.entries(ERRORS).find(([name]) => name === code)?.[1];
  return row === undefined ? `no code of the error table: ${String(code)}` : complainOfFault(row.status, message);
}

/** `{success, accepted, duplicates, filtered, rejected}`, which together are all events. */
function complainOfSummary(answer: JsonObject, events: number | undefined): string | undefined {
  const { success, accepted, duplicates, filtered, rejected } = answer;
  if (success !== true) return 'no success';
  if (!isCount(accepted) || !isCount(duplicates) || !isCount(filtered) || !Array.isArray(rejected)) return 'no counts';
  const counted = accepted + duplicates + filtered + rejected.length;
  if (events !== undefined && counted !== events) return `${counted} of ${events} events are accounted for`;
  return rejected.map((each) => complainOfRejected(each, events)).find((each) => each !== undefined);
}

const RESULTS: ReadonlySet<unknown> = new Set(['accepted', 'duplicate', 'filtered']);

/** `POST /segment/:workspace`: one result for one event, a summary for a list. */
export const segmentShape: Shape = (answer, sent) => {
  if (!isJsonObject(answer)) return 'no object';
  if (Array.isArray(sent) || (sent === undefined && 'accepted' in answer))
    return complainOfSummary(answer, Array.isArray(sent) ? sent.length : undefined);
  const isOne = RESULTS.has(answer.result) && typeof answer.message === 'string' && typeof answer.success === 'boolean';
  return isOne ? undefined : 'no result';
};

/** A call of the Tracking API. */
export const trackingShape: Shape = (answer, sent) => {
  if (!isJsonObject(answer)) return 'no object';
  const batch = isJsonObject(sent) ? sent.batch : undefined;
  return complainOfSummary(answer, Array.isArray(batch) ? batch.length : undefined);
};

/** A call of one event, whatever it holds; one that is a batch is taken as a batch. */
export const trackingSingleShape: Shape = (answer, sent) => {
  if (!isJsonObject(answer)) return 'no object';
  const batch = isJsonObject(sent) ? sent.batch : undefined;
  return complainOfSummary(answer, Array.isArray(batch) ? batch.length : 1);
};

function statsigEvents(sent: unknown): number | undefined {
  if (sent === undefined) return undefined;
  const isWrapped = isJsonObject(sent) && !Object.hasOwn(sent, 'eventName') && Object.hasOwn(sent, 'data');
  const inner = isWrapped ? sent.data : sent;
  return Array.isArray(inner) ? inner.length : 1;
}

/** `POST /statsig/:workspace`: the handshake or a summary. */
export const statsigShape: Shape = (answer, sent) => {
  if (!isJsonObject(answer)) return 'no object';
  if ('verification_code' in answer)
    return typeof answer.verification_code === 'string' ? undefined : 'a verification_code that is no text';
  return complainOfSummary(answer, statsigEvents(sent));
};

/** Webhook Audiences. */
export const audienceShape: Shape = (answer) =>
  isJsonObject(answer) && typeof answer.externalId === 'string' && /^[A-Za-z0-9_-]{3,100}$/.test(answer.externalId)
    ? undefined
    : 'no externalId';
