// Both directions wired to each other: Segment and Statsig stand-ins that send what they get back to the app, as the real ones can be set up to.

import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import type { JsonObject } from '../src/model/segment-event.js';
import { ACCEPTED, serveLogEvent } from './log-event-stand-in.js';
import { type OutboundApp, SIGNING_SECRET, startOutboundApp } from './outbound-app.js';
import { outboxDirectory } from './outbox.js';
import { serveSegment, TAKEN } from './segment-stand-in.js';
import type { StandIn } from './stand-in.js';
import { until } from './until.js';

/** How the two are set up. */
export interface LoopOptions {
  /** More of the workspace's settings document. */
  readonly settings?: object;
  /** How Segment's calls come to the app: one event that comes on both ways counts twice. Default: by its webhook. */
  readonly way?: 'tracking_api' | 'segment';
  /** What a call has become when Segment passes it on. */
  readonly passedOn?: (call: JsonObject) => JsonObject;
  /** What Statsig's webhook says of who logged an event, beside what the request said. */
  readonly loggedBy?: (sdkType: string) => string | undefined;
}

/** What is running. All of it ends with the test. */
export interface Loop {
  /** Posts events of Statsig's own SDKs. */
  statsigSends(events: readonly object[]): Promise<void>;
  /** Brings events of Segment's own SDKs to whatever Segment is connected to. */
  segmentSends(calls: readonly JsonObject[]): Promise<void>;
  /** Resolves when no event is on its way anywhere. @throws Error when some still are after half a minute */
  settled(): Promise<void>;
  /** Names of the events each has got, in order. */
  atSegment(): readonly string[];
  atStatsig(): readonly string[];
  /** `received`, `converted`, `filtered loop`… of a protocol, by the app's metrics. */
  counts(protocol: string, ...outcomes: readonly string[]): Promise<readonly number[]>;
}

/** Each stand-in passes so many events on, then no more: a loop is to fail a test, not to hang it. */
export const MOST_PASSED_ON = 20;

const WRITE_KEY = 'write-key-inbound';
const HEADER_SECRET = 'header-example';

interface LogEventRequest {
  readonly events: readonly {
    readonly eventName: string;
    readonly time?: number;
    readonly user: { readonly userID?: string };
    readonly value?: unknown;
    readonly metadata?: JsonObject;
  }[];
  readonly statsigMetadata: { readonly sdkType: string };
}

/** A request to log_event as the events of Statsig's event webhook. */
function toWebhookEvents({ events, statsigMetadata }: LogEventRequest, loggedBy: (sdkType: string) => unknown) {
  return events.map(({ eventName, time, user, value = '', metadata }) => ({
    eventName,
    user,
    userID: user.userID,
    timestamp: time,
    value: String(value),
    metadata,
    statsigMetadata: { sdkType: loggedBy(statsigMetadata.sdkType) },
    timeUUID: randomUUID(),
  }));
}

async function postJson(url: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}: ${text}`);
}

/** Starts the stand-ins and the app, whose workspace `shop` is connected to both in both directions. */
export async function startLoop(context: TestContext, options: LoopOptions = {}): Promise<Loop> {
  const { settings = {}, way = 'segment', passedOn = (call) => call, loggedBy = (sdkType) => sdkType } = options;
  let underWay = 0;
  let arrived = 0;
  let passedOnFault: unknown;

  const take =
    <T>(answer: T) =>
    () => {
      underWay += 1;
      arrived += 1;
      return answer;
    };
  let app: OutboundApp | undefined;
  // First of all, so that the app is gone before those it sends to.
  context.after(() => app?.close());
  const segment = await serveSegment(context, take(TAKEN));
  const statsig = await serveLogEvent(context, take(ACCEPTED));
  const document = {
    id: 'shop',
    secretKey: 'secret-example',
    eventsUrl: statsig.url,
    trackingApi: { writeKeys: [WRITE_KEY] },
    segment: { headerSecrets: [HEADER_SECRET] },
    outbound: {
      signingSecrets: [SIGNING_SECRET],
      targets: [{ name: 'segment', writeKey: 'write-key-outbound', host: segment.url }],
      experimentViewed: 'also',
    },
    ...settings,
  };
  const running = await startOutboundApp([document], outboxDirectory(context));
  app = running;

  async function segmentSends(calls: readonly JsonObject[]): Promise<void> {
    if (way === 'tracking_api') await postJson(`${running.url}/v1/batch`, { batch: calls, writeKey: WRITE_KEY });
    else await postJson(`${running.url}/segment/shop`, calls, { authorization: `Bearer ${HEADER_SECRET}` });
  }

  async function statsigSends(events: readonly object[]): Promise<void> {
    await running.post('shop', JSON.stringify(events));
  }

  /** Passes on what the stand-in gets, request by request. */
  async function passOn(standIn: StandIn, pass: (text: string) => Promise<void>): Promise<never> {
    for (let next = 0, events = 0; ; next += 1) {
      await standIn.received(next + 1);
      const { text = '', names = [] } = standIn.requests[next] ?? {};
      events += names.length;
      if (events <= MOST_PASSED_ON)
        await pass(text).catch((error: unknown) => {
          passedOnFault ??= error;
        });
      underWay -= 1;
    }
  }
  void passOn(segment, (text) => segmentSends(JSON.parse(text).batch.map(passedOn)));
  void passOn(statsig, (text) => statsigSends(toWebhookEvents(JSON.parse(text), loggedBy)));

  return {
    statsigSends,
    segmentSends,
    async settled() {
      // What leaves the outbox is at a stand-in before it is gone from the outbox, and what leaves a stand-in is in the outbox before it is done there.
      const isSettled = async () => {
        const before = { underWay, arrived };
        const waiting = await running.metric('statsig_cdp_outbox_events');
        return before.underWay === 0 && waiting === 0 && arrived === before.arrived;
      };
      await until(isSettled, 'nothing waits in the outbox');
      if (passedOnFault !== undefined) throw passedOnFault;
    },
    atSegment: () => segment.accepted(),
    atStatsig: () => statsig.accepted(),
    counts: (protocol, ...outcomes) =>
      Promise.all(
        outcomes.map((each) => {
          const [outcome = '', reason = ''] = each.split(' ');
          return running.metric('statsig_cdp_events_total', { protocol, workspace: 'shop', outcome, reason });
        }),
      ),
  };
}
