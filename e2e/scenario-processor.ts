// Processor mode: rudder-server transforms event by event, before it queues them.

import assert from 'node:assert/strict';
import { assertConverted, assertDelivered, assertOrdered, countStates } from './checks.js';
import { CONVERSION_SETTINGS, CONVERSIONS, FILTERED, INVALID, STATSIG_METADATA } from './conversions.js';
import type { RigOptions } from './rig.js';
import type { Scenario, Start } from './scenario.js';
import { sequences } from './traffic.js';

/** rudder-server keeps no trace of what its processor drops: the plugin's own counts have to tell. */
const DROPPED = {
  ...Object.fromEntries(Object.keys(FILTERED).map((reason) => [`processor filtered ${reason}`, 1])),
  'processor failed_on_ingest event_name_missing': INVALID.length,
};

async function run(start: Start, options: RigOptions): Promise<string> {
  const { gateway, plugin, statsig, settle } = await start({ ...options, settings: CONVERSION_SETTINGS });
  const numbered = sequences(10, 5);
  const good = numbered.length + CONVERSIONS.length;
  const dropped = Object.keys(FILTERED).length + INVALID.length;
  await gateway.post(numbered.slice(0, 25));
  await gateway.post([...INVALID, ...CONVERSIONS.map(({ sent }) => sent), ...Object.values(FILTERED)]);
  await gateway.post(numbered.slice(25));
  const jobs = await settle(good);

  assertConverted(CONVERSIONS, statsig);
  assertDelivered(numbered, statsig);
  assertOrdered(statsig);
  assert.equal(statsig.requests.length, good, 'one request per event');
  for (const { body, events } of statsig.requests)
    assert.deepEqual(body, { events: [events[0]], statsigMetadata: STATSIG_METADATA });
  assert.deepEqual(countStates(jobs), { 'succeeded 202': good });
  assert.ok(jobs.every(({ transformAt }) => transformAt === 'processor'));
  assert.deepEqual(await plugin.counts(), {
    'processor received': good + dropped,
    'processor converted': good,
    ...DROPPED,
  });
  return `${good} events arrived in ${statsig.requests.length} requests, ${CONVERSIONS.length} of them compared field by field; ${Object.keys(FILTERED).length} filtered and ${INVALID.length} invalid ones did not, and are counted`;
}

export const processorScenarios: readonly Scenario[] = [
  {
    name: 'processor mode, set in the plugin',
    run: (start) => run(start, { plugin: { ROUTER_TRANSFORM: 'false' }, keyIn: 'environment' }),
  },
  {
    name: 'processor mode, set in rudder-server',
    run: (start) => run(start, { server: { RSERVER_PROCESSOR_STATSIG_TRANSFORM_AT: 'processor' }, keyIn: 'config' }),
  },
];
