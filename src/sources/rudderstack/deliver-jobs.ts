// Delivers the jobs of one request to Statsig and gives each its verdict.

import { PluginError } from '../../base/errors.js';
import { toJsonText } from '../../base/json.js';
import { Secret } from '../../base/secret.js';
import { callHttp } from '../../call/http-call.js';
import { judge, type ResponseReader, type Verdict } from '../../call/verdict.js';
import { MOST_REFUSALS } from '../../dispatch/fault-finder.js';
import type { JsonObject } from '../../model/segment-event.js';
import { consoleReader } from '../../statsig/console-response.js';
import { callStatsig } from '../../statsig/statsig-client.js';
import type { DeliveryMethod } from '../../statsig/statsig-endpoints.js';
import { STATSIG, STATSIG_WEBHOOK } from '../../statsig/statsig-response.js';

/** What to deliver. */
export interface JobDelivery {
  readonly method: DeliveryMethod;
  readonly url: string;
  readonly headers: Headers;
  readonly body: JsonObject;
  /** JSON text of the body as it was sent, where it is at hand: sent whole, it stays as it is written. */
  readonly bodyText?: string | undefined;
  readonly jobs: readonly JsonObject[];
  readonly timeoutMs: number;
}

const KEY_HEADER = 'statsig-api-key';

/** One job and what became of it. */
export interface JobVerdict {
  readonly job: JsonObject;
  readonly verdict: Verdict;
}

function readerOf({ method, body }: JobDelivery): ResponseReader {
  if (method !== 'POST') return consoleReader(method);
  return Array.isArray(body.events) ? STATSIG : STATSIG_WEBHOOK;
}

/** One delivery, taken apart or not: what it has come to so far. */
interface Course {
  /** What was refused in a row although it could not be taken apart. */
  refusals: number;
}

/**
 * Sends the request once. Statsig's console repeats a key that it refuses.
 *
 * @param parts into how many requests it could be taken apart
 * @throws PluginError DELIVERY_REQUEST_INVALID for a body nested too deep to be written
 */
async function send(delivery: JobDelivery, parts: number, course: Course): Promise<Verdict> {
  const { method, url, headers, body, bodyText, timeoutMs } = delivery;
  const text = toJsonText(body);
  if (text === undefined) throw new PluginError('DELIVERY_REQUEST_INVALID', 'body.JSON: nested too deep');
  const key = headers.get(KEY_HEADER) ?? '';
  const named = { ...Object.fromEntries(headers), ...(key !== '' && { [KEY_HEADER]: new Secret(key) }) };
  const request = { method, url, headers: named, body: bodyText ?? text };
  const answer = await (method === 'POST' ? callStatsig : callHttp)(request, { timeoutMs });
  const verdict = judge(answer, parts, readerOf(delivery));
  if (verdict.kind === 'delivered') course.refusals = 0;
  if (verdict.kind === 'failed') course.refusals += 1;
  return verdict;
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
    bodyText: undefined,
    jobs: delivery.jobs.slice(start, end),
  };
}

/** Of jobs that are not sent, because those before them have to be tried again first. */
const NOT_SENT: Verdict = { kind: 'retry', status: 503, message: 'Not sent: events before it are to be tried again.' };

/** Of what a target refuses that refuses everything. */
function blameTarget({ message }: Verdict): Verdict {
  return { kind: 'retry', status: 503, message: `${message} (So it does to everything, which is not given up.)` };
}

function mustBeRetried({ verdict: { kind } }: JobVerdict): boolean {
  return kind === 'retry' || kind === 'unclear' || kind === 'isolate';
}

/** The halves of a body that is too large go one after the other, so that a user's events keep their order: the second one only if the first is done with. */
async function deliverEvents(delivery: JobDelivery, course: Course): Promise<readonly JobVerdict[]> {
  const events = eventsPerJob(delivery);
  const verdict = await send(delivery, events?.length ?? 1, course);
  if (verdict.kind !== 'split' || events === undefined) return delivery.jobs.map((job) => ({ job, verdict }));
  const middle = Math.ceil(events.length / 2);
  const first = await deliverEvents(part(delivery, events, 0, middle), course);
  const second = part(delivery, events, middle, events.length);
  if (course.refusals >= MOST_REFUSALS || first.some(mustBeRetried))
    return [...first, ...second.jobs.map((job) => ({ job, verdict: NOT_SENT }))];
  return [...first, ...(await deliverEvents(second, course))];
}

/** What was refused last, with nothing delivered after it, is not given up when the target refuses everything. */
function readRefusals(verdicts: readonly JobVerdict[], { refusals }: Course): readonly JobVerdict[] {
  if (refusals < MOST_REFUSALS) return verdicts;
  const lastDelivered = verdicts.findLastIndex(({ verdict }) => verdict.kind === 'delivered');
  return verdicts.map(({ job, verdict }, index) =>
    index > lastDelivered && verdict.kind === 'failed' ? { job, verdict: blameTarget(verdict) } : { job, verdict },
  );
}

/**
 * Ids of an ID list have no job each, so all of them share one verdict. That of the half which has to be tried again is told before that of one which
 * cannot be fixed: with the former the latter is sent again, without it a half would be lost.
 */
async function deliverIds(delivery: JobDelivery, course: Course): Promise<Verdict> {
  const { body } = delivery;
  const ids: readonly unknown[] = Array.isArray(body.ids) ? body.ids : [];
  const verdict = await send(delivery, ids.length, course);
  if (verdict.kind === 'isolate') return { ...verdict, kind: 'failed' };
  if (verdict.kind !== 'split') return verdict;
  const half = (start: number, end?: number) => ({
    ...delivery,
    body: { ...body, ids: ids.slice(start, end) },
    bodyText: undefined,
  });
  const middle = Math.ceil(ids.length / 2);
  const first = await deliverIds(half(0, middle), course);
  if (first.kind === 'retry') return first;
  if (course.refusals >= MOST_REFUSALS) return blameTarget(first);
  const second = await deliverIds(half(middle), course);
  return second.kind === 'delivered' ? first : second;
}

/**
 * Sends the request; one that is too large for Statsig (413) is halved until its parts fit.
 *
 * @returns a verdict per job, in the order of the jobs
 * @throws PluginError DELIVERY_REQUEST_INVALID before anything is sent
 */
export async function deliverJobs(delivery: JobDelivery): Promise<readonly JobVerdict[]> {
  const course: Course = { refusals: 0 };
  if (delivery.method === 'POST') return readRefusals(await deliverEvents(delivery, course), course);
  const verdict = await deliverIds(delivery, course);
  return delivery.jobs.map((job) => ({ job, verdict }));
}
