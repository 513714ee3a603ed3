// The two forms of request bodies: plain, and compacted with each destination written once.

import assert from 'node:assert/strict';
import { assertDelivered, assertOrdered, countStates } from './checks.js';
import { FEATURES } from './features.js';
import { type Relay, startRelay } from './relay.js';
import type { Scenario, Start } from './scenario.js';
import { sequences } from './traffic.js';
import { startTransformer } from './transformer-stand-in.js';

interface Case {
  readonly form: 'plain' | 'compacted';
  readonly mode: 'processor' | 'router';
}

function formOf({ headers, body }: Relay['requests'][number]): string {
  const marked = headers['x-content-format'] === 'json+compactedv1';
  const parsed: unknown = JSON.parse(body);
  const compacted = typeof parsed === 'object' && parsed !== null && 'destinations' in parsed;
  assert.equal(marked, compacted, 'the header says the form of the body');
  return compacted ? 'compacted' : 'plain';
}

async function run(start: Start, { form, mode }: Case): Promise<string> {
  // The form is rudder-server's choice, by what the stock transformer says of itself: so there has to be one.
  const transformer = await startTransformer({
    ...FEATURES,
    supportDestTransformCompactedPayloadV1: form === 'compacted',
  });
  let relay: Relay | undefined;
  try {
    const { gateway, statsig, settle } = await start({
      plugin: { UPSTREAM_TRANSFORMER_URL: transformer.url, ROUTER_TRANSFORM: String(mode === 'router') },
      async between(pluginUrl) {
        relay = await startRelay(() => pluginUrl);
        return relay.url;
      },
    });
    const events = sequences(10, 5);
    await gateway.post(events);
    const jobs = await settle(events.length);

    assertDelivered(events, statsig);
    assertOrdered(statsig);
    assert.deepEqual(countStates(jobs), { 'succeeded 202': events.length });
    const path = mode === 'router' ? '/routerTransform' : '/v0/destinations/statsig';
    const requests = relay?.requests.filter((request) => request.path === path) ?? [];
    assert.deepEqual([...new Set(requests.map(formOf))], [form]);
    return `${requests.length} ${form} bodies to ${path}; ${events.length} events arrived once each, in order`;
  } finally {
    await relay?.close();
    await transformer.close();
  }
}

const CASES: readonly Case[] = [
  { form: 'plain', mode: 'processor' },
  { form: 'plain', mode: 'router' },
  { form: 'compacted', mode: 'processor' },
  { form: 'compacted', mode: 'router' },
];

export const bodyFormScenarios: readonly Scenario[] = CASES.map((each) => ({
  name: `${each.form} bodies, ${each.mode} mode`,
  run: (start) => run(start, each),
}));
