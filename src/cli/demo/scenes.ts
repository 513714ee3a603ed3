// What the demo plays: who sends what to the plugin, and where something has to arrive because of it.

import { readFileSync } from 'node:fs';
import type { FixtureRequest, Json } from '../../contract/fixture.js';
import { DEMO, type Places } from './stage.js';

/** One request to the plugin, in the form of a fixture's. */
export interface Sent extends FixtureRequest {
  readonly from: string;
  readonly body: Json;
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

type Fields = { readonly [field: string]: Json };

/** One of the samples that docs and README send: JSON of ours. They are of one day; here they happen now. */
function readSample<Sample extends Json>(name: string): Sample {
  const file = new URL(`fixtures/samples/${name}`, import.meta.resolve('statsig-cdp/package.json'));
  return JSON.parse(readFileSync(file, 'utf8'));
}

const now = () => new Date().toISOString();

const sdk = (path: string, body: Json): Sent => ({
  from: 'SDK',
  method: 'POST',
  path,
  headers: { Authorization: `Basic ${Buffer.from(`${DEMO.writeKey}:`).toString('base64')}` },
  body,
});

const segment = (event: Json): Sent => ({
  from: 'Segment',
  method: 'POST',
  path: `/segment/${DEMO.workspace}`,
  headers: { Authorization: `Bearer ${DEMO.headerSecret}` },
  body: event,
});

const statsig = (events: readonly Json[]): Sent => ({
  from: 'Statsig',
  method: 'POST',
  path: `/statsig/${DEMO.workspace}`,
  sign: { scheme: 'statsig', secret: DEMO.signingSecret },
  body: { data: events },
});

const order = (messageId: string): Json => ({
  ...readSample<Fields>('segment-order.json'),
  timestamp: now(),
  messageId,
});

function exposures(): readonly Json[] {
  const { data } = readSample<{ readonly data: readonly Fields[] }>('statsig-exposures.json');
  return data.map((event) => ({ ...event, timestamp: String(Date.now()) }));
}

function transformRequest(destination: string): Sent {
  const events = readSample<readonly { readonly [part: string]: Fields }[]>('order-completed.json');
  const body = events.map((event) => ({ ...event, message: { ...event.message, originalTimestamp: now() } }));
  return { from: 'rudder-server', method: 'POST', path: `/v0/destinations/${destination}`, body };
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
