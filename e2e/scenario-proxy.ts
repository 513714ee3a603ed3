// Proxy delivery: rudder-server hands each request to the plugin, which calls Statsig and gives every event its own verdict.

import assert from 'node:assert/strict';
import { assertDelivered, assertOrdered, countStates } from './checks.js';
import { type Relay, startRelay } from './relay.js';
import type { Scenario } from './scenario.js';
import type { StatsigStandIn } from './statsig-stand-in.js';
import { type SourceEvent, sequences } from './traffic.js';

/** Environment of rudder-server that turns proxy delivery on. */
export const PROXY = { RSERVER_ROUTER_STATSIG_TRANSFORMER_PROXY: 'true' };

const MAX_EVENTS = 8;

const POISON: SourceEvent = { type: 'track', event: 'Poison', userId: 'user-3', messageId: 'poison' };

/** rudder-server has a user agent of its own. */
export function assertSentByPlugin(statsig: StatsigStandIn): void {
  for (const { headers } of statsig.requests) assert.match(headers['user-agent'] ?? '', /^statsig-cdp\//);
}

const split: Scenario = {
  name: 'proxy delivery, batches too large for Statsig',
  async run(start) {
    const { gateway, plugin, statsig, settle } = await start({
      server: PROXY,
      statsig: ({ events }) => (events.length > MAX_EVENTS ? { status: 413 } : undefined),
    });
    const events = sequences(20, 10);
    await gateway.post(events);
    const jobs = await settle(events.length);

    assertDelivered(events, statsig);
    assertOrdered(statsig);
    assertSentByPlugin(statsig);
    const refused = statsig.answered(413).length;
    assert.ok(refused > 0, 'no batch was large enough to be refused');
    assert.deepEqual(countStates(jobs), { 'succeeded 202': events.length });
    assert.ok(
      jobs.every(({ attempt }) => attempt === 1),
      'the plugin splits, without another attempt of rudder-server',
    );
    assert.deepEqual((await plugin.counts())['proxy delivered'], events.length);
    return `${events.length} events arrived once each, in order, after ${refused} requests were answered 413 and split; all jobs succeeded at the first attempt`;
  },
};

const poison: Scenario = {
  name: 'proxy delivery, one event that Statsig refuses',
  async run(start) {
    const { gateway, plugin, statsig, settle } = await start({
      server: PROXY,
      statsig: ({ events }) =>
        events.some(({ eventName }) => eventName === 'rudderstack::Poison') ? { status: 400 } : undefined,
    });
    const events = sequences(8, 6);
    await gateway.post(events.toSpliced(20, 0, POISON));
    const jobs = await settle(events.length + 1);

    assertDelivered(events, statsig);
    assertOrdered(statsig);
    const refused = statsig.answered(400);
    const together = Math.max(...refused.map((request) => request.events.length));
    assert.ok(together > 1, 'the event was not in a batch at first');
    assert.equal(refused.at(-1)?.events.length, 1, 'the event was tried alone in the end');
    assert.deepEqual(countStates(jobs), { 'succeeded 202': events.length, 'aborted 400': 1 });
    assert.equal(jobs.find(({ state }) => state === 'aborted')?.messageId, POISON.messageId);
    const counts = await plugin.counts();
    assert.equal(counts['proxy delivered'], events.length);
    assert.equal(counts['proxy failed_delivery rejected'], 1);
    return `a batch of ${together} with it was answered 400; then it alone was aborted, and the other ${events.length} events arrived once each, in order, in ${statsig.requests.length} requests in all`;
  },
};

/** Calls that no router transform of ours leads to. */
const DAMAGES: readonly object[] = [
  { body: {} },
  { body: { JSON: [] } },
  { method: 'GET' },
  { endpoint: 'http://127.0.0.1:9/v1/log_event' },
  { headers: { 'statsig-api-key': 'two\nlines' } },
];

const damaged: Scenario = {
  name: 'proxy delivery, calls that are damaged on the way',
  async run(start) {
    let left = [...DAMAGES];
    let relay: Relay | undefined;
    try {
      const { gateway, plugin, statsig, settle } = await start({
        server: PROXY,
        async between(pluginUrl) {
          relay = await startRelay(
            () => pluginUrl,
            (path, body) => {
              const [damage, ...others] = left;
              if (damage === undefined || !path.endsWith('/proxy')) return body;
              left = others;
              return JSON.stringify({ ...JSON.parse(body), ...damage });
            },
          );
          return relay.url;
        },
      });
      const events = sequences(20, 10);
      for (let begin = 0; begin < events.length; begin += 20) {
        await gateway.post(events.slice(begin, begin + 20));
        await settle(begin + 20);
      }
      const jobs = await settle(events.length);

      const lost = new Map(jobs.filter(({ state }) => state === 'aborted').map((job) => [job.messageId, job]));
      assert.deepEqual(left, [], 'each damage was done');
      assert.ok(lost.size >= DAMAGES.length && lost.size < events.length, `${lost.size} jobs were aborted`);
      assertDelivered(
        events.filter(({ messageId }) => !lost.has(messageId)),
        statsig,
      );
      assertOrdered(statsig);
      for (const { code, response, attempt } of lost.values()) {
        assert.equal(code, '400');
        assert.equal(attempt, 1);
        assert.match(response, /DELIVERY_REQUEST_INVALID|ENDPOINT_NOT_ALLOWED/);
      }
      assert.equal((await plugin.counts())['proxy delivered'], events.length - lost.size);
      return `${DAMAGES.length} calls were damaged: the ${lost.size} jobs in them were aborted with 400 and the reason, the other ${events.length - lost.size} events arrived once each, in order`;
    } finally {
      await relay?.close();
    }
  },
};

export const proxyScenarios: readonly Scenario[] = [split, poison, damaged];
