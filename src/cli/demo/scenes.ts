// What the demo plays: who sends what to the plugin, and where something has to arrive because of it.

import { readFileSync } from 'node:fs';
import { signRequest } from '../../contract/signing.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import { DEMO, type Places } from './stage.js';

/** One request to the plugin. */
export interface Sent {
  readonly from: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One thing to see. */
export interface Scene {
  readonly title: string;
  /** Made when its turn comes: events have the time of now. */
  readonly send: () => readonly Sent[];
  /** How many requests arrive where. */
  readonly arrives: Partial<Record<keyof Places, number>>;
  /** Statsig answers its first request with it. */
  readonly statsigSays?: number;
}

/** One of the samples that docs and README send. They are of one day; here they happen now. */
function readSample(name: string): unknown {
  const file = new URL(`fixtures/samples/${name}`, import.meta.resolve('statsig-cdp/package.json'));
  return JSON.parse(readFileSync(file, 'utf8'));
}

const now = () => new Date().toISOString();
const json = { 'content-type': 'application/json' };

const sdk = (path: string, body: object): Sent => ({
  from: 'SDK',
  path,
  headers: { ...json, authorization: `Basic ${Buffer.from(`${DEMO.writeKey}:`).toString('base64')}` },
  body: JSON.stringify(body),
});

const segment = (event: object): Sent => ({
  from: 'Segment',
  path: `/segment/${DEMO.workspace}`,
  headers: { ...json, authorization: `Bearer ${DEMO.headerSecret}` },
  body: JSON.stringify(event),
});

const rudderServer = (destination: string, events: readonly unknown[]): Sent => ({
  from: 'rudder-server',
  path: `/v0/destinations/${destination}`,
  headers: json,
  body: JSON.stringify(events),
});

/** Signed as Statsig signs its webhooks. */
function statsig(events: readonly JsonObject[]): Sent {
  const body = JSON.stringify({ data: events });
  const bytes = Buffer.from(body);
  const signing = { scheme: 'statsig', secret: DEMO.signingSecret } as const;
  const signature = signRequest(signing, undefined, { plain: bytes, sent: bytes }, Date.now());
  return { from: 'Statsig', path: `/statsig/${DEMO.workspace}`, headers: { ...json, ...signature }, body };
}

const order = (messageId: string) => ({ ...(readSample('segment-order.json') as object), timestamp: now(), messageId });

function exposures(): readonly JsonObject[] {
  const { data } = readSample('statsig-exposures.json') as { readonly data: readonly JsonObject[] };
  return data.map((event) => ({ ...event, timestamp: String(Date.now()) }));
}

/** The sample's destination with the demo's key, so that what comes back holds no other. */
function transformRequest(destination: string): Sent {
  const events = readSample('order-completed.json') as readonly JsonObject[];
  const written = events.map((event) => ({
    ...event,
    message: { ...(isJsonObject(event.message) ? event.message : {}), originalTimestamp: now() },
  }));
  return rudderServer(destination, written);
}

/** In the order of play. */
export const SCENES: readonly Scene[] = [
  {
    title: "A page and an order come from one of Segment's SDKs. Both leave in one request.",
    send: () => [
      sdk('/v1/batch', {
        batch: [
          { type: 'page', name: 'Pricing', anonymousId: 'anon-7', messageId: 'demo-page', timestamp: now() },
          {
            type: 'track',
            event: 'Order Completed',
            userId: 'user-42',
            anonymousId: 'anon-7',
            properties: { revenue: 19.99, currency: 'USD' },
            messageId: 'demo-order',
            timestamp: now(),
          },
        ],
      }),
    ],
    arrives: { statsig: 1 },
  },
  {
    title: "Segment's webhook posts an order, and posts it again. Statsig gets it once.",
    send: () => [segment(order('demo-webhook')), segment(order('demo-webhook'))],
    arrives: { statsig: 1 },
  },
  {
    title: 'Statsig takes nothing for a moment. What was answered 200 is on disk, and is sent again.',
    send: () => [segment(order('demo-retried'))],
    statsigSays: 503,
    arrives: { statsig: 2 },
  },
  {
    title: 'Somebody enters an audience of Segment. An ID list of Statsig gains the user.',
    send: () => [
      segment({
        type: 'identify',
        userId: 'user-42',
        messageId: 'demo-audience',
        timestamp: now(),
        traits: { [DEMO.audience]: true },
        context: { personas: { computation_class: 'audience', computation_key: DEMO.audience } },
      }),
    ],
    arrives: { statsig: 2 },
  },
  {
    title: 'rudder-server asks what an event becomes, and makes the request itself.',
    send: () => [transformRequest('statsig')],
    arrives: {},
  },
  {
    title: 'For every other destination the stock transformer answers, behind the plugin.',
    send: () => [transformRequest('webhook')],
    arrives: { transformer: 1 },
  },
  {
    title: 'The other way: Statsig posts an exposure twice, and an event. Segment and RudderStack get one of each.',
    send: () => [statsig(exposures())],
    arrives: { segment: 1, rudderstack: 1 },
  },
];
