// The stock transformer does not answer for a while, or its address leads back to the plugin: rudder-server keeps the events of other destinations.

import assert from 'node:assert/strict';
import { freePort } from '../testkit/free-port.js';
import { assertDelivered, assertOrdered, countStates } from './checks.js';
import { FEATURES } from './features.js';
import { startRelay } from './relay.js';
import type { Rig } from './rig.js';
import type { Scenario, Start } from './scenario.js';
import { optionsWithOthers } from './scenario-upstream.js';
import { type SourceEvent, sequences } from './traffic.js';
import { startTransformer } from './transformer-stand-in.js';
import { until } from './wait.js';

/** Requests that go wrong before all is well again: rudder-server waits 1, 2, 4 s in between. */
const WRONG_REQUESTS = 4;

/** What goes wrong. */
interface Fault {
  /** Where requests for the stock transformer go meanwhile. */
  readonly wrongAddress: (plugin: Rig['plugin']) => Promise<string> | string;
  /** Of these paths; one after the other. */
  readonly paths: readonly RegExp[];
}

async function run(start: Start, { wrongAddress, paths }: Fault): Promise<string> {
  const transformer = await startTransformer(FEATURES);
  let wrong = { path: /^$/, address: '' };
  let wrongRequests = 0;
  const relay = await startRelay((path) => {
    if (!wrong.path.test(path)) return transformer.url;
    wrongRequests += 1;
    return wrong.address;
  });
  try {
    const { gateway, plugin, statsig, settle } = await start(optionsWithOthers(relay.url));
    const address = await wrongAddress(plugin);
    const events: SourceEvent[] = sequences(10, 5 * paths.length);
    const seen: number[] = [];
    for (const [index, path] of paths.entries()) {
      wrongRequests = 0;
      wrong = { path, address };
      await gateway.post(events.slice(50 * index, 50 * (index + 1)));
      await until('rudder-server tries again', () =>
        wrongRequests >= WRONG_REQUESTS ? undefined : `it had sent ${wrongRequests} requests to ${path.source}`,
      );
      seen.push(wrongRequests);
      wrong = { path: /^$/, address };
      await settle(3 * 50 * (index + 1));
    }
    const jobs = await settle(events.length * 3);

    assertDelivered(events, statsig);
    assertOrdered(statsig);
    const ids = events.map(({ messageId }) => messageId).sort();
    for (const type of ['webhook', 'http'])
      assert.deepEqual(transformer.delivered.get(type)?.toSorted(), ids, `events for ${type}`);
    assert.deepEqual(countStates(jobs), { 'succeeded 202': events.length, 'succeeded 200': 2 * events.length });
    const tries = paths.map(({ source }, index) => `${seen[index]} requests to ${source}`).join(', ');
    return `${tries} went wrong; then all ${events.length} events arrived once each at Statsig, at a WEBHOOK (processor) and at an HTTP destination (router and proxy)`;
  } finally {
    await relay.close();
    await transformer.close();
  }
}

export const upstreamAwayScenarios: readonly Scenario[] = [
  {
    name: 'other destinations, the stock transformer goes away',
    run: (start) =>
      run(start, {
        wrongAddress: async () => `http://127.0.0.1:${await freePort()}`,
        paths: [/proxy$/, /destinations.webhook$/],
      }),
  },
  {
    name: 'other destinations, the address of the stock transformer leads back to the plugin',
    run: (start) => run(start, { wrongAddress: ({ url }) => url, paths: [/destinations.webhook$/] }),
  },
];
