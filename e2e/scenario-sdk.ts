// Statsig's webhook straight to the plugin, which sends on to rudder-server with Segment's SDK.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertCalls, jobsOf } from './checks-calls.js';
import type { Job } from './jobs.js';
import { type Rig, type RigOptions, WORKSPACE } from './rig.js';
import type { Scenario } from './scenario.js';
import { withEventsShown } from './shown-at-http.js';
import { postSigned, SIGNING_SECRET } from './statsig-sender.js';
import type { TransformerStandIn } from './transformer-stand-in.js';
import { until } from './wait.js';
import { EXAMPLE_EVENTS, EXAMPLES, messageIdOf, UNSENT, visits } from './webhook-events.js';
import { SOURCE_ID, WRITE_KEY } from './workspace-config.js';

const TARGET = 'data-plane';

const DOWN_MS = 4_000;
const PER_WEBHOOK = 5;
const PAUSE_MS = 80;
const FIRST_DELIVERIES = 60;
/** More than the plugin waits, by chance, after some seconds of failures. */
const BACKOFF_MS = 100_000;

/** The plugin sends to the gateway, as to Segment. */
export function settingsWithTarget(gatewayUrl: string): object {
  const target = { name: TARGET, writeKey: WRITE_KEY, host: gatewayUrl, path: '/v1/batch' };
  return { outbound: { signingSecrets: [SIGNING_SECRET], targets: [target] } };
}

/** Posts events to the plugin as Statsig does. */
export async function postToPlugin(pluginUrl: string, events: readonly object[]): Promise<object> {
  const { status, text } = await postSigned(`${pluginUrl}/statsig/${WORKSPACE}`, JSON.stringify(events));
  assert.equal(status, 200, text);
  return JSON.parse(text);
}

/** What the SDK adds. */
const ADDED = { _metadata: { nodeVersion: process.version, jsRuntime: 'node' } };

/** Every event became exactly its call. */
export function assertSdkCalls(jobs: readonly Job[]): void {
  assertCalls(jobsOf(jobs, 'HTTP', SOURCE_ID), TARGET, ADDED);
}

async function checkCalls({ plugin, settle, statsig }: Rig): Promise<string> {
  const events = [...EXAMPLE_EVENTS, ...Object.values(UNSENT)];
  const answer = { success: true, duplicates: 0, filtered: Object.keys(UNSENT).length, rejected: [] };
  assert.deepEqual(await postToPlugin(plugin.url, events), { ...answer, accepted: EXAMPLES.length });
  const again = await postToPlugin(plugin.url, events);
  assert.deepEqual(again, { ...answer, accepted: 0, duplicates: EXAMPLES.length }, 'the same webhook again');

  const jobs = await settle(EXAMPLES.length);
  assertSdkCalls(jobs);
  assert.equal(jobs.length, EXAMPLES.length, 'no job for STATSIG: `integrations` says so');
  assert.deepEqual(statsig.requests, []);
  assert.equal((await plugin.counts())['dispatch delivered'], EXAMPLES.length);
  return `of ${EXAMPLES.length} events, posted twice, each became one call, compared field by field, but none for STATSIG`;
}

/** @returns events that were at the destination before */
async function goAway({ gateway }: Rig, { delivered }: TransformerStandIn): Promise<number> {
  const arrived = () => delivered.get('http')?.length ?? 0;
  await until('the first events arrive', () =>
    arrived() >= FIRST_DELIVERIES ? undefined : `only ${arrived()} had arrived`,
  );
  const before = arrived();
  assert.equal(await gateway.stop(), 'code 0', 'how rudder-server ended');
  await sleep(DOWN_MS);
  await gateway.start();
  return before;
}

async function checkOutage(rig: Rig, transformer: TransformerStandIn): Promise<string> {
  const { plugin, settle } = rig;
  const events = visits(500);
  async function postAll(): Promise<void> {
    for (let start = 0; start < events.length; start += PER_WEBHOOK) {
      const answer = await postToPlugin(plugin.url, events.slice(start, start + PER_WEBHOOK));
      assert.deepEqual(answer, { success: true, accepted: PER_WEBHOOK, duplicates: 0, filtered: 0, rejected: [] });
      await sleep(PAUSE_MS);
    }
  }
  const [before] = await Promise.all([goAway(rig, transformer), postAll()]);
  const missing = async (): Promise<string | undefined> => {
    const delivered = (await plugin.counts())['dispatch delivered'] ?? 0;
    return delivered === events.length ? undefined : `it had delivered ${delivered} of ${events.length} events`;
  };
  await until('the plugin delivers all', missing, BACKOFF_MS);
  await settle(events.length);

  assert.ok(before < events.length, `${before} of ${events.length} events had arrived before: not mid-stream`);
  assert.ok(
    (await plugin.counts())['dispatch pending_retry unavailable'] ?? 0,
    'the plugin tried while the gateway was closed',
  );
  const expected = events.map(({ timeUUID }) => messageIdOf(timeUUID, TARGET)).sort();
  const arrived = transformer.delivered.get('http') ?? [];
  assert.deepEqual([...new Set(arrived)].sort(), expected, 'messageIds at the destination');
  const repeated = arrived.length - expected.length;
  const times = repeated === 0 ? 'once each' : `(${repeated} of them more than once)`;
  return `${before} events had arrived when it was stopped for ${DOWN_MS / 1000} s; Statsig got 200 for all ${events.length} at once, and all arrived ${times}`;
}

const OPTIONS: RigOptions = { settings: settingsWithTarget };

export const sdkScenarios: readonly Scenario[] = [
  {
    name: 'Statsig to the plugin, on to rudder-server with the SDK',
    run: (start) => withEventsShown(start, OPTIONS, checkCalls),
  },
  {
    name: 'Statsig to the plugin, rudder-server stopped in mid-stream',
    run: (start) => withEventsShown(start, { ...OPTIONS, outage: true }, checkOutage),
  },
];
