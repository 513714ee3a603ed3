// Delivers the jobs of one request to Statsig and gives each its verdict.

import type { JsonObject } from '../../model/segment-event.js';
import { judge, type Verdict } from '../verdict.js';
import { STATSIG } from './statsig-answerer.js';
import { callStatsig } from './statsig-client.js';

/** What to deliver. */
export interface JobDelivery {
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

/**
 * Sends the request; one that is too large for Statsig (413) is halved until its parts fit. The halves go one after the other, so that a user's events keep their
 * order.
 *
 * @returns a verdict per job, in the order of the jobs
 */
export async function deliverJobs(delivery: JobDelivery): Promise<readonly JobVerdict[]> {
  const { url, headers, body, jobs, timeoutMs } = delivery;
  const answer = await callStatsig({ url, headers, body: JSON.stringify(body), timeoutMs });
  const events = eventsPerJob(delivery);
  const verdict = judge(answer, events?.length ?? 1, STATSIG);
  if (verdict.kind !== 'split' || events === undefined) return jobs.map((job) => ({ job, verdict }));
  const middle = Math.ceil(events.length / 2);
  const first = await deliverJobs(part(delivery, events, 0, middle));
  return [...first, ...(await deliverJobs(part(delivery, events, middle, events.length)))];
}
