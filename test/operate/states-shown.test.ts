// What an operator has to look at although traffic goes on shows in /readyz, as a warning, and in a metric: settings with faults, an upstream and targets that do not answer.

import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { serve } from '../../testkit/loopback.js';
import { sumSamples } from '../../testkit/metric-samples.js';
import { startHere } from '../../testkit/server.js';
import { temporaryDirectory } from '../../testkit/settings.js';
import { until } from '../../testkit/until.js';

/** As the stock transformer states them. */
const FEATURES = '{"routerTransform":{},"upgradedToSourceTransformV2":true,"supportTransformerProxyV1":false}';

interface Readyz {
  readonly ready: boolean;
  readonly warnings: readonly string[];
}

async function start(context: TestContext, document: object, environment: Readonly<Record<string, string>> = {}) {
  const directory = temporaryDirectory(context);
  const file = join(directory, 'settings.json');
  const write = (next: unknown) => {
    writeFileSync(`${file}.new`, JSON.stringify(next));
    renameSync(`${file}.new`, file);
  };
  write([document]);
  const server = await startHere({
    STATSIG_CDP_SETTINGS: file,
    OUTBOX_DIRECTORY: join(directory, 'outbox'),
    ...environment,
  });
  context.after(() => server.stop());
  return {
    ...server,
    write,
    async readyz(): Promise<Readyz & { readonly status: number }> {
      const answer = await fetch(`${server.url}/readyz`);
      return { status: answer.status, ...((await answer.json()) as Readyz) };
    },
    async metric(name: string, labels: Readonly<Record<string, string>> = {}) {
      return sumSamples(await (await fetch(`${server.url}/metrics`)).text(), name, labels);
    },
  };
}

test('a broken edit leaves the process ready, with a warning and a metric, until it is fixed', async (context) => {
  const plugin = await start(context, { id: 'shop' });
  assert.deepEqual((await plugin.readyz()).warnings, []);
  assert.equal(await plugin.metric('statsig_cdp_settings_faults'), 0);
  plugin.write([{ id: 'shop', mode: 'wrong', secretKye: 'x' }]);
  await until(async () => (await plugin.metric('statsig_cdp_settings_faults')) === 2, 'both faults are counted');
  const broken = await plugin.readyz();
  assert.deepEqual([broken.status, broken.ready], [200, true], 'the last good settings serve on');
  assert.match(broken.warnings.join(), /^settings: The newest settings are not in force: .*mode/);
  plugin.write([{ id: 'shop', mode: 'events' }]);
  await until(async () => (await plugin.metric('statsig_cdp_settings_faults')) === 0, 'it is over');
  assert.deepEqual((await plugin.readyz()).warnings, []);
});

test('an upstream that stops answering shows, and so does its coming back', async (context) => {
  const transformer = await serve((request, response) => {
    request.resume();
    response.end(FEATURES);
  });
  const plugin = await start(context, { id: 'shop' }, { UPSTREAM_TRANSFORMER_URL: transformer.url });
  const ask = () => fetch(`${plugin.url}/v0/destinations/webhook`, { method: 'POST', body: '[]' });
  const isUp = (up: number) =>
    until(async () => (await plugin.metric('statsig_cdp_upstream_up')) === up, `statsig_cdp_upstream_up is ${up}`);
  await isUp(1);
  await transformer.close();
  await ask();
  assert.equal(await plugin.metric('statsig_cdp_upstream_up'), 0);
  const { status, warnings } = await plugin.readyz();
  assert.equal(status, 200);
  assert.match(warnings.join(), /^upstream: The upstream transformer does not answer/);
  const back = await serve((request, response) => {
    request.resume();
    response.end(FEATURES);
  }, transformer.port);
  context.after(() => back.close());
  await ask();
  await isUp(1);
  assert.deepEqual((await plugin.readyz()).warnings, []);

  const alone = await start(context, { id: 'shop' });
  const text = await (await fetch(`${alone.url}/metrics`)).text();
  assert.doesNotMatch(text, /^statsig_cdp_upstream_up /m, 'absent without an upstream');
});

test('a target that takes nothing shows as an open circuit, by workspace and target', async (context) => {
  const statsig = await serve((request, response) => {
    request.resume();
    response.writeHead(401).end('no');
  });
  context.after(() => statsig.close());
  const document = {
    id: 'shop',
    secretKey: 'secret-example',
    eventsUrl: statsig.url,
    segment: { headerSecrets: ['header-example'] },
  };
  const plugin = await start(context, document);
  assert.equal(await plugin.metric('statsig_cdp_circuits_open'), 0);
  await fetch(`${plugin.url}/segment/shop`, {
    method: 'POST',
    headers: { authorization: 'Bearer header-example' },
    body: JSON.stringify({ type: 'track', event: 'Visited', userId: 'user-42' }),
  });
  const labels = { workspace: 'shop', target: 'statsig' };
  await until(async () => (await plugin.metric('statsig_cdp_circuits_open', labels)) === 1, 'the circuit opens');
  const { status, warnings } = await plugin.readyz();
  assert.equal(status, 200);
  assert.match(warnings.join(), /delivery: Targets that take nothing, their circuits open: 1/);
  const dead = { ...labels, outcome: 'failed_delivery', reason: 'unauthorized' };
  // The circuit opens with the answer; the event is counted once it is a dead letter on disk.
  await until(async () => (await plugin.metric('statsig_cdp_events_total', dead)) === 1, 'the event is counted');
});
