// Other destinations work through the plugin as if it were not there.

import assert from 'node:assert/strict';
import { assertDelivered, assertOrdered, countStates } from './checks.js';
import { FEATURES } from './features.js';
import type { Scenario } from './scenario.js';
import { sequences } from './traffic.js';
import { startTransformer } from './transformer-stand-in.js';

export const upstreamScenario: Scenario = {
  name: 'other destinations behind the plugin',
  async run(start) {
    const transformer = await startTransformer(FEATURES);
    try {
      const { gateway, plugin, statsig, settle } = await start({
        plugin: { UPSTREAM_TRANSFORMER_URL: transformer.url },
        server: {
          RSERVER_ROUTER_HTTP_TRANSFORMER_PROXY: 'true',
          RSERVER_ROUTER_HTTP_JOBS_BATCH_TIMEOUT: '500ms',
        },
        otherDestinations: [
          { type: 'WEBHOOK', transformAt: 'processor' },
          { type: 'HTTP', transformAt: 'router' },
        ],
      });
      const events = sequences(10, 5);
      await gateway.post(events);
      const jobs = await settle(events.length * 3);

      const features: unknown = await (await fetch(`${plugin.url}/features`)).json();
      assert.deepEqual(features, { ...FEATURES, routerTransform: { ...FEATURES.routerTransform, STATSIG: true } });
      assertDelivered(events, statsig);
      assertOrdered(statsig);
      const ids = events.map(({ messageId }) => messageId).sort();
      for (const type of ['webhook', 'http'])
        assert.deepEqual(transformer.delivered.get(type)?.toSorted(), ids, `events for ${type}`);
      assert.deepEqual(
        [...new Set(transformer.paths)].sort(),
        ['/routerTransform', '/v0/destinations/webhook', '/v1/destinations/http/proxy'],
        'what the stock transformer was asked',
      );
      for (const [type, state] of [
        ['STATSIG', 'succeeded 202'],
        ['WEBHOOK', 'succeeded 200'],
        ['HTTP', 'succeeded 200'],
      ] as const) {
        const own = jobs.filter(({ destinationType }) => destinationType === type);
        assert.deepEqual(countStates(own), { [state]: events.length }, type);
      }
      assert.deepEqual(await plugin.forwarded(), { forwarded: transformer.paths.length });
      return `${events.length} events arrived once each at Statsig, at a WEBHOOK (processor) and at an HTTP destination (router and proxy); ${transformer.paths.length} requests forwarded; /features merged`;
    } finally {
      await transformer.close();
    }
  },
};
