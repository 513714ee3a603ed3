// The plugin goes away in the middle of a stream of events and comes back at the same address.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertDelivered, assertOrdered, countStates } from './checks.js';
import type { Rig, RigOptions } from './rig.js';
import type { Scenario, Start } from './scenario.js';
import { PROXY } from './scenario-proxy.js';
import { sequences } from './traffic.js';
import { until } from './wait.js';

const DOWN_MS = 4_000;
const STOP_MS = 5_000;
const STREAM_MS = 6_000;
const FIRST_DELIVERIES = 60;

interface Outage {
  readonly signal: 'SIGTERM' | 'SIGKILL';
  readonly options: RigOptions;
  /** A killed plugin cannot tell rudder-server of what it just delivered; in all other cases nothing arrives twice. */
  readonly repeats: 'none' | 'allowed';
}

/** @returns events accepted before the plugin was gone */
async function goAway({ plugin, statsig }: Rig, signal: Outage['signal']): Promise<number> {
  await until('the first events arrive', () =>
    statsig.accepted.length >= FIRST_DELIVERIES ? undefined : `only ${statsig.accepted.length} had arrived`,
  );
  const before = statsig.accepted.length;
  const asked = Date.now();
  assert.equal(await plugin.stop(signal), signal === 'SIGTERM' ? 'code 0' : 'SIGKILL', 'how the plugin ended');
  assert.ok(Date.now() - asked < STOP_MS, 'the plugin stops as soon as the requests under way are done');
  await sleep(DOWN_MS);
  await plugin.start();
  return before;
}

async function run(start: Start, { signal, options, repeats }: Outage): Promise<string> {
  const rig = await start({ ...options, outage: true });
  const events = sequences(20, 30);
  const [before] = await Promise.all([goAway(rig, signal), rig.gateway.stream(events, STREAM_MS)]);
  const jobs = await rig.settle(events.length);

  assert.ok(before < events.length / 2, `${before} of ${events.length} events had arrived before: not mid-stream`);
  const repeated = assertDelivered(events, rig.statsig, repeats);
  assertOrdered(rig.statsig);
  assert.deepEqual(countStates(jobs), { 'succeeded 202': events.length });
  const times = repeats === 'none' ? 'once each' : `(${repeated} of them more than once)`;
  return `${before} events had arrived when it was stopped for ${DOWN_MS / 1000} s; all ${events.length} arrived ${times}, in order`;
}

/** Statsig takes its time, so that something is always under way when the plugin is stopped. */
const PROXY_OPTIONS: RigOptions = { server: PROXY, statsigDelayMs: () => 150 };

export const outageScenarios: readonly Scenario[] = [
  {
    name: 'plugin stopped with SIGTERM, processor mode',
    run: (start) =>
      run(start, { signal: 'SIGTERM', options: { plugin: { ROUTER_TRANSFORM: 'false' } }, repeats: 'none' }),
  },
  {
    name: 'plugin stopped with SIGTERM, proxy delivery',
    run: (start) => run(start, { signal: 'SIGTERM', options: PROXY_OPTIONS, repeats: 'none' }),
  },
  {
    name: 'plugin killed with SIGKILL, router mode',
    run: (start) => run(start, { signal: 'SIGKILL', options: {}, repeats: 'none' }),
  },
  {
    name: 'plugin killed with SIGKILL, proxy delivery',
    run: (start) => run(start, { signal: 'SIGKILL', options: PROXY_OPTIONS, repeats: 'allowed' }),
  },
];
