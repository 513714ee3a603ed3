// Delivers the jobs of one request to Statsig and gives each its verdict.

import { PluginError } from '../../errors.js';
import { toJsonText } from '../../model/json-text.js';
import type { JsonObject } from '../../model/segment-event.js';
import { post } from '../post.js';
import { redactAnswer } from '../redaction.js';
import { judge, type Verdict } from '../verdict.js';
import { STATSIG } from './statsig-answerer.js';
import { callStatsig } from './statsig-client.js';
import type { DeliveryMethod } from './statsig-endpoints.js';

/** What to deliver. */
export interface JobDelivery {
  readonly method: DeliveryMethod;
  readonly url: string;
  readonly headers: Headers;
  readonly body: JsonObject;
  readonly jobs: readonly JsonObject[];
  readonly timeoutMs: number;
}

/** One job and what became of it. */
export interface JobVerdict {
  readonly job: JsonObject;
  readonly verdict: Verdict;
}

/**
 * Sends the request once. Statsig's console repeats a key that it refuses.
 *
 * @param parts into how many requests it could be taken apart
 * @throws PluginError DELIVERY_REQUEST_INVALID for a body nested too deep to be written
 */
async function send({ method, url, headers, body, timeoutMs }: JobDelivery, parts: number): Promise<Verdict> {
  const text = toJsonText(body);
  if (text === undefined) throw new PluginError('DELIVERY_REQUEST_INVALID', 'body.JSON: nested too deep');
  const call = { method, url, headers, body: text, timeoutMs };
  const answer = await (method === 'POST' ? callStatsig(call) : post(call));
  const key = headers.get('statsig-api-key') ?? '';
  return judge(redactAnswer(answer, key === '' ? [] : [key]), parts, STATSIG);
}

/** The events of a log_event body, when there is exactly one per job: only then can the body be taken apart. */
function eventsPerJob({ body, jobs }: JobDelivery): readonly unknown[] | undefined {
  return Array.isArray(body.events) && body.events.length === jobs.length ? body.events : undefined;
}

function part(delivery: JobDelivery, events: readonly unknown[], start: number, end: number): JobDelivery {
  const headers = new Headers(delivery.headers);
  if (headers.has('statsig-event-count')) headers.set('statsig-event-count', String(end - start));
  return {
    ...delivery,
    headers,
    body: { ...delivery.body, events: events.slice(start, end) },
    jobs: delivery.jobs.slice(start, end),
  };
}

/** Of jobs that are not sent, because those before them have to be tried again first. */
const NOT_SENT: Verdict = { kind: 'retry', status: 503, message: 'Not sent: events before it are to be tried again.' };

function mustComeAgain({ verdict: { kind } }: JobVerdict): boolean {
  return kind === 'retry' || kind === 'isolate';
}

/** The halves of a body that is too large go one after the other, so that a user's events keep their order: the second one only if the first is done with. */
async function deliverEvents(delivery: JobDelivery): Promise<readonly JobVerdict[]> {
  const events = eventsPerJob(delivery);
  const verdict = await send(delivery, events?.length ?? 1);
  if (verdict.kind !== 'split' || events === undefined) return delivery.jobs.map((job) => ({ job, verdict }));
  const middle = Math.ceil(events.length / 2);
  const first = await deliverEvents(part(delivery, events, 0, middle));
  const second = part(delivery, events, middle, events.length);
  if (first.some(mustComeAgain)) return [...first, ...second.jobs.map((job) => ({ job, verdict: NOT_SENT }))];
  return [...first, ...(await deliverEvents(second))];
}

/**
 * Ids of an ID list have no job each, so all of them share one verdict. That of the half which has to be tried again is told before that of one which
 * can't be mended: with the former the latter comes again, without it a half would be lost.
 */
async function deliverIds(delivery: JobDelivery): Promise<Verdict> {
  const { body } = delivery;
  const ids: readonly unknown[] = Array.isArray(body.ids) ? body.ids : [];
  const verdict = await send(delivery, ids.length);
  if (verdict.kind === 'isolate') return { ...verdict, kind: 'failed' };
  if (verdict.kind !== 'split') return verdict;
  const half = (start: number, end?: number) => ({ ...delivery, body: { ...body, ids: ids.slice(start, end) } });
  const middle = Math.ceil(ids.length / 2);
  const first = await deliverIds(half(0, middle));
  if (first.kind === 'retry') return first;
  const second = await deliverIds(half(middle));
  return second.kind === 'delivered' ? first : second;
}

/**
 * Sends the request; one that is too large for Statsig (413) is halved until its parts fit.
 *
 * @returns a verdict per job, in the order of the jobs
 * @throws PluginError DELIVERY_REQUEST_INVALID before anything is sent
 */
export async function deliverJobs(delivery: JobDelivery): Promise<readonly JobVerdict[]> {
  if (delivery.method === 'POST') return deliverEvents(delivery);
  const verdict = await deliverIds(delivery);
  return delivery.jobs.map((job) => ({ job, verdict }));
}
