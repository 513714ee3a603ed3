// Stands in for Statsig: records every request, checks it against the published schema, and answers as told.

import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { serve } from '../testkit/loopback.js';
import { ownLogEventSchema } from '../testkit/statsig-event-schema.js';

/** Where mode `events` sends to. */
export const LOG_EVENT_PATH = '/v1/log_event';
/** Where mode `webhook` sends to. */
export const WEBHOOK_PATH = '/v1/webhooks/rudderstack';

/** A Statsig event as far as the test reads it. */
export interface ReceivedEvent {
  readonly eventName?: string;
  readonly user?: { readonly userID?: string };
  readonly metadata?: Readonly<Record<string, string>>;
}

/** One request as it came. */
export interface StatsigRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
  /** Of a log_event body; none of any other. */
  readonly events: readonly ReceivedEvent[];
}

/** What the stand-in shall answer. */
export interface StatsigAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Decides on a request; `undefined` accepts it. */
export type Behaviour = (request: StatsigRequest) => StatsigAnswer | undefined;

/** A running stand-in. */
export interface StatsigStandIn {
  readonly url: string;
  /** In the order of arrival, with the status each was answered. */
  readonly requests: readonly (StatsigRequest & { readonly status: number })[];
  /** What no request may do: wrong key, unknown path, a body that breaks the schema. */
  readonly faults: readonly string[];
  /** Requests with this status. */
  answered(status: number): readonly StatsigRequest[];
  /** Events in accepted requests, in the order of arrival. */
  readonly accepted: readonly ReceivedEvent[];
  readonly close: () => Promise<void>;
}

const ACCEPTED = 202;

const ajv = new Ajv({ strict: true, strictTypes: false });
addFormats.default(ajv);
const isLogEventBody = ajv.compile<{ events: ReceivedEvent[] }>(ownLogEventSchema);

function parse(bytes: Buffer, encoding: string | undefined): unknown {
  try {
    return JSON.parse((encoding === 'gzip' ? gunzipSync(bytes) : bytes).toString());
  } catch {
    return undefined;
  }
}

function faultsOf({ path, headers, body, events }: StatsigRequest, key: string): readonly string[] {
  const faults: string[] = [];
  if (headers['statsig-api-key'] !== key) faults.push('the key is not the one that was set');
  if (headers['content-type'] !== 'application/json') faults.push(`content-type ${headers['content-type']}`);
  if (path === LOG_EVENT_PATH) {
    if (!isLogEventBody(body)) faults.push(`log_event body: ${ajv.errorsText(isLogEventBody.errors)}`);
    const announced = headers['statsig-event-count'];
    if (announced !== String(events.length))
      faults.push(`statsig-event-count ${announced} for ${events.length} events`);
  } else if (path !== WEBHOOK_PATH) {
    faults.push(`unknown path ${path}`);
  }
  return faults;
}

/**
 * Starts a stand-in on a free loopback port.
 *
 * @param key the only key it takes; others are answered 401
 * @param delayMs time it takes to answer a request that has just come
 */
export async function startStatsig(key: string, behave: Behaviour, delayMs: () => number): Promise<StatsigStandIn> {
  const requests: (StatsigRequest & { status: number })[] = [];
  const faults: string[] = [];
  const { url, close } = await serve(async (incoming, response) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of incoming) chunks.push(chunk);
    } catch {
      // The sender was killed half-way: nothing that Statsig would have taken.
      return;
    }
    const body = parse(Buffer.concat(chunks), incoming.headers['content-encoding']);
    const events = isLogEventBody(body) ? body.events : [];
    const request = { path: incoming.url ?? '', headers: incoming.headers, body, events };
    const found = faultsOf(request, key);
    faults.push(...found);
    const { status, headers = {} }: StatsigAnswer =
      found.length > 0 ? { status: 401 } : (behave(request) ?? { status: ACCEPTED });
    requests.push({ ...request, status });
    await sleep(delayMs());
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(status === ACCEPTED ? { success: true } : { error: 'refused by the stand-in' }));
  });
  const answered = (status: number) => requests.filter((request) => request.status === status);
  return {
    url,
    requests,
    faults,
    answered,
    get accepted() {
      return answered(ACCEPTED).flatMap(({ events }) => events);
    },
    close,
  };
}
