// The ways in which a page can send to the plugin, each with what has to come of it.

import assert from 'node:assert/strict';
import { CALLS } from './browser-calls.js';
import { assertCallsArrived, assertPreflights } from './browser-checks.js';
import { readTrackingApiCounts } from './browser-metrics.js';
import type { Visit } from './browser-page.js';
import { type BrowserRig, WRITE_KEY } from './browser-rig.js';

/** One thing that has to work. */
export interface BrowserScenario {
  readonly name: string;
  /**
   * Drives the page and compares.
   *
   * @returns what was seen
   * @throws Error that says what is wrong
   */
  readonly run: (rig: BrowserRig) => Promise<string>;
}

/** How many of `CALLS` are for Statsig. */
const CONVERTED = 4;
/** The SDK's own pauses between tries grow to several seconds. */
const RETRY_PATIENCE_MS = 30_000;
const SINGLE_ROUTES = ['/v1/page', '/v1/identify', '/v1/track', '/v1/screen', '/v1/group', '/v1/alias'];

/** Arguments of the SDK's `load` that need no request for settings. */
export function inlineSettings(apiHost: string, deliveryStrategy?: object, writeKey = WRITE_KEY): object {
  const segment = { apiKey: writeKey, apiHost, protocol: 'http', ...(deliveryStrategy && { deliveryStrategy }) };
  return { writeKey, cdnSettings: { integrations: { 'Segment.io': segment }, metrics: { sampleRate: 0 } } };
}

function countPreflights(requests: Readonly<Record<string, number>>): number {
  return Object.entries(requests).reduce((sum, [name, n]) => sum + (name.endsWith(' 204') ? n : 0), 0);
}

/** Each call is a request of its own. */
async function checkSingle(rig: BrowserRig, makeVisit: (pageUrl: string) => Visit): Promise<string> {
  const visited = await rig.visit(makeVisit);
  await rig.arrived(CONVERTED);
  const counts = await assertCallsArrived(rig, visited);
  assertPreflights(counts, SINGLE_ROUTES);
  return `6 calls, ${countPreflights(counts.requests)} preflights; 4 events arrived once each, 2 were filtered`;
}

/** All calls are one request. */
async function checkBatch(rig: BrowserRig, config: object, leave: boolean): Promise<string> {
  const load = inlineSettings(rig.apiHost, { strategy: 'batching', config });
  const visited = await rig.visit(() => ({ load, calls: CALLS, leave }));
  await rig.arrived(CONVERTED);
  const counts = await assertCallsArrived(rig, visited);
  assertPreflights(counts, ['/v1/batch']);
  assert.deepEqual(counts.requests, { '/v1/batch 204': 1, '/v1/batch 200': 1 });
  return '6 calls in 1 request after 1 preflight; 4 events arrived once each, 2 were filtered';
}

/** In the order in which they run. */
export const BROWSER_SCENARIOS: readonly BrowserScenario[] = [
  {
    name: 'single calls, settings read from the plugin',
    run: (rig) => checkSingle(rig, () => ({ load: { writeKey: WRITE_KEY, cdnURL: rig.plugin.url }, calls: CALLS })),
  },
  {
    name: "single calls, a write key and settings of Segment's, only the events come here",
    run: (rig) =>
      checkSingle(rig, (pageUrl) => ({
        load: { writeKey: WRITE_KEY, cdnURL: pageUrl },
        options: { integrations: { 'Segment.io': { apiHost: rig.apiHost, protocol: 'http' } } },
        calls: CALLS,
      })),
  },
  { name: 'batching', run: (rig) => checkBatch(rig, { size: 100, timeout: 300 }, false) },
  {
    name: 'batching, the page is left before the batch is due',
    run: (rig) => checkBatch(rig, { size: 100, timeout: 600_000 }, true),
  },
  {
    name: 'the plugin is away while the page calls, and comes back',
    async run(rig) {
      await rig.plugin.stop('SIGKILL');
      const visited = await rig.visit(() => ({ load: inlineSettings(rig.apiHost), calls: CALLS }));
      await rig.plugin.start();
      await rig.arrived(CONVERTED, RETRY_PATIENCE_MS);
      const counts = await assertCallsArrived(rig, visited, true);
      assertPreflights(counts, SINGLE_ROUTES);
      return 'the SDK tried again; 4 events arrived once each, 2 were filtered';
    },
  },
  {
    name: 'an unknown write key',
    async run(rig) {
      const load = inlineSettings(rig.apiHost, undefined, 'not-a-key');
      const { report } = await rig.visit(() => ({ load, calls: CALLS }));
      assert.deepEqual(report.failures, Array(CALLS.length).fill('Non-retryable error: 401'), 'what the SDK gave up');
      const { requests, events } = await readTrackingApiCounts(rig.plugin.url);
      const once = SINGLE_ROUTES.flatMap((route) => [`${route} 204`, `${route} 401`]);
      assert.deepEqual(requests, Object.fromEntries(once.map((name) => [name, 1])), 'requests to the plugin');
      assert.deepEqual(events, {}, 'events that the plugin took');
      await rig.plugin.stop('SIGTERM');
      assert.deepEqual(rig.statsig.requests, [], 'requests to Statsig');
      return 'the page could read each of the 6 refusals, the SDK gave up at once, nothing arrived';
    },
  },
];
