// The plugin stops while Statsig is slow: rudder-server, with its own defaults, waits politely instead of giving up.

import assert from 'node:assert/strict';
import { assertDelivered, assertOrdered, countStates } from './checks.js';
import type { Scenario } from './scenario.js';
import { PROXY } from './scenario-proxy.js';
import { sequences } from './traffic.js';
import { until } from './wait.js';

/** Longer than rudder-server's 30 tries last when no one listens. */
const STATSIG_MS = 6_000;
const STOP_MS = 15_000;

export const drainScenario: Scenario = {
  name: 'plugin stops while Statsig is slow',
  async run(start) {
    let slow = true;
    const { gateway, plugin, statsig, settle } = await start({
      server: {
        ...PROXY,
        RSERVER_PROCESSOR_MAX_RETRY: '30',
        // So many that some are free while others wait for Statsig.
        RSERVER_ROUTER_STATSIG_NO_OF_WORKERS: '64',
      },
      statsigDelayMs: () => (slow ? STATSIG_MS : 0),
      outage: true,
    });
    const events = sequences(40, 3);
    const early = events.filter(({ userId }) => /[02468]$/.test(userId));
    await gateway.post(early);
    await until('the first request arrives', () => (statsig.requests.length > 0 ? undefined : 'none had arrived'));
    const asked = Date.now();
    const stopping = plugin.stop('SIGTERM');
    await gateway.post(events.filter((event) => !early.includes(event)));
    assert.equal(await stopping, 'code 0', 'how the plugin ended');
    const stopMs = Date.now() - asked;
    gateway.assertAlive();
    slow = false;
    await plugin.start();
    const jobs = await settle(events.length);

    assert.ok(stopMs < STOP_MS, `stopping took ${stopMs} ms with requests of ${STATSIG_MS} ms under way`);
    assertDelivered(events, statsig);
    assertOrdered(statsig);
    assert.deepEqual(countStates(jobs), { 'succeeded 202': events.length });
    return `stopping took ${(stopMs / 1000).toFixed(1)} s with requests of ${STATSIG_MS / 1000} s under way; rudder-server kept running, all ${events.length} events arrived once each, in order`;
  },
};
