// Other destinations work through the plugin as if it were not there.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../testkit/free-port.js';
import { assertDelivered, assertOrdered, countStates } from './checks.js';
import { FEATURES } from './features.js';
import type { Rig, RigOptions } from './rig.js';
import type { Scenario } from './scenario.js';
import { sequences } from './traffic.js';
import { startTransformer, type TransformerStandIn } from './transformer-stand-in.js';

/** Long enough for rudder-server to have opened its gateway if it did not have to wait. */
const LATE_MS = 4_000;

/** What was sent to Statsig and to two other destinations, one of each mode, arrived there. */
async function check({ gateway, plugin, statsig, settle }: Rig, transformer: TransformerStandIn): Promise<string> {
  const events = sequences(10, 5);
  await gateway.post(events);
  const jobs = await settle(events.length * 3);

  const features: unknown = await (await fetch(`${plugin.url}/features`)).json();
  assert.deepEqual(features, {
    ...FEATURES,
    routerTransform: { ...FEATURES.routerTransform, STATSIG: true },
    regulations: [...FEATURES.regulations, 'STATSIG'],
  });
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
  assert.equal(await plugin.readiness(), 'ready');
  assert.deepEqual(await plugin.forwarded(), { forwarded: transformer.paths.length });
  return `${events.length} events arrived once each at Statsig, at a WEBHOOK (processor) and at an HTTP destination (router and proxy); ${transformer.paths.length} requests forwarded; /features merged`;
}

/** What a scenario with two other destinations starts, one of each mode. */
export function optionsWithOthers(transformerUrl: string): RigOptions {
  return {
    plugin: { UPSTREAM_TRANSFORMER_URL: transformerUrl },
    server: { RSERVER_ROUTER_HTTP_TRANSFORMER_PROXY: 'true', RSERVER_ROUTER_HTTP_JOBS_BATCH_TIMEOUT: '500ms' },
    otherDestinations: [
      { type: 'WEBHOOK', transformAt: 'processor' },
      { type: 'HTTP', transformAt: 'router' },
    ],
  };
}

const beside: Scenario = {
  name: 'other destinations behind the plugin',
  async run(start) {
    const transformer = await startTransformer(FEATURES);
    try {
      return await check(await start(optionsWithOthers(transformer.url)), transformer);
    } finally {
      await transformer.close();
    }
  },
};

const late: Scenario = {
  name: 'other destinations, the stock transformer starts last',
  async run(start) {
    const port = await freePort();
    let transformer: TransformerStandIn | undefined;
    let openedAfterMs = 0;
    try {
      const begin = Date.now();
      const [rig, started] = await Promise.all([
        start(optionsWithOthers(`http://127.0.0.1:${port}`)).then((rig) => {
          openedAfterMs = Date.now() - begin;
          return rig;
        }),
        sleep(LATE_MS).then(async () => {
          transformer = await startTransformer(FEATURES, port);
          return transformer;
        }),
      ]);
      assert.ok(
        openedAfterMs >= LATE_MS,
        `the gateway opened after ${openedAfterMs} ms, before the transformer was there`,
      );
      return `the gateway opened once the transformer was there; ${await check(rig, started)}`;
    } finally {
      await transformer?.close();
    }
  },
};

export const upstreamScenarios: readonly Scenario[] = [beside, late];
