// Statsig asks to slow down: rudder-server keeps the events and tries again.

import assert from 'node:assert/strict';
import { assertDelivered, assertOrdered, countStates } from './checks.js';
import type { Scenario, Start } from './scenario.js';
import { assertSentByPlugin, PROXY } from './scenario-proxy.js';
import { sequences } from './traffic.js';

const REFUSALS = 5;

async function run(start: Start, proxy: boolean): Promise<string> {
  let left = REFUSALS;
  const { gateway, plugin, statsig, settle } = await start({
    server: proxy ? PROXY : {},
    statsig() {
      left -= 1;
      return left >= 0 ? { status: 429, headers: { 'retry-after': '1' } } : undefined;
    },
  });
  const events = sequences(20, 5);
  await gateway.post(events);
  const jobs = await settle(events.length);

  assertDelivered(events, statsig);
  assertOrdered(statsig);
  assert.equal(statsig.answered(429).length, REFUSALS);
  assert.deepEqual(countStates(jobs), { 'succeeded 202': events.length });
  const again = jobs.filter(({ attempt }) => attempt > 1).length;
  assert.ok(again > 0, 'no job was tried again');
  if (proxy) {
    assertSentByPlugin(statsig);
    const counts = await plugin.counts();
    assert.equal(counts['proxy delivered'], events.length);
    assert.ok((counts['proxy pending_retry throttled'] ?? 0) > 0, 'the plugin counts what is to be tried again');
  }
  return `${REFUSALS} requests were answered 429, then all ${events.length} events arrived once each, in order; rudder-server counts more than one attempt for ${again} jobs`;
}

export const throttlingScenarios: readonly Scenario[] = [
  { name: 'Statsig answers 429, router mode', run: (start) => run(start, false) },
  { name: 'Statsig answers 429, proxy delivery', run: (start) => run(start, true) },
];
