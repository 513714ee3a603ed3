// A destination that is sent once more in the same bytes is one object for all requests. What it resolves to is remembered, and follows the settings all the same.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import request from 'supertest';
import { testApp } from '../../../testkit/app.js';
import { element } from '../../../testkit/rudderstack.js';
import { openStore, temporaryDirectory } from '../../../testkit/settings.js';
import { until } from '../../../testkit/until.js';

const destination = (ID: string) => ({ ID, Config: { secretKey: 'secret-example' }, hasDynamicConfig: false });

test('remembered destinations follow the settings, each its own document, and count as found', async (context) => {
  const location = join(temporaryDirectory(context), 'settings.json');
  const write = (id: string, more: object) => {
    const documents = [
      { id, rudderstack: { destinationIds: ['dst-1'] }, ...more },
      { id: 'other', rudderstack: { destinationIds: ['dst-2'] } },
    ];
    writeFileSync(location, JSON.stringify({ workspaces: documents }));
  };
  write('shop', {});
  const store = await openStore(context, { location });
  const { handler } = testApp({ store });

  async function endpoints(): Promise<readonly string[]> {
    const body = ['dst-1', 'dst-2', 'dst-1'].map((id, jobId) => element(jobId, { destination: destination(id) }));
    const { body: entries } = await request(handler).post('/v0/destinations/statsig').send(body).expect(200);
    return entries.map(({ output }: { output: { endpoint: string } }) => new URL(output.endpoint).pathname);
  }
  async function metric(start: string): Promise<number> {
    const { text } = await request(handler).get('/metrics').expect(200);
    const lines = text.split('\n').filter((line) => line.startsWith(start) && !line.startsWith('#'));
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }
  const converted = (id: string) =>
    metric(
      `statsig_cdp_events_total{workspace="${id}",target="",direction="inbound",protocol="rudderstack",stage="processor",outcome="converted"`,
    );

  const events = '/v1/log_event';
  assert.deepEqual(await endpoints(), [events, events, events]);
  assert.deepEqual(await endpoints(), [events, events, events]);
  assert.deepEqual([await converted('shop'), await converted('other')], [4, 2]);
  assert.deepEqual(
    [
      await metric('statsig_cdp_config_cache_total{result="miss"'),
      await metric('statsig_cdp_config_cache_total{result="hit"'),
    ],
    [2, 4],
  );

  const { generation } = store;
  write('bazaar', { mode: 'webhook' });
  await until(() => store.generation > generation, 'the change');
  const [first, second, third] = await endpoints();
  assert.notEqual(first, events);
  assert.deepEqual([second, third], [events, first]);
  assert.deepEqual([await converted('shop'), await converted('bazaar'), await converted('other')], [4, 2, 3]);
});
