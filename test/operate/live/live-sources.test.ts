// Every source, direction and outcome is in the live log, and none of the settings' secrets.

import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import type { LiveEntry } from '../../../src/operate/live/shapes.js';
import { startLive } from '../../../testkit/live.js';
import { serve } from '../../../testkit/loopback.js';
import { tourDocument, tourRequests } from '../../../testkit/settings-tour.js';

/** Everybody whom the workspace calls. */
async function startWorld(context: TestContext, statusOf: (request: IncomingMessage) => number) {
  const world = await serve((request: IncomingMessage, response: ServerResponse) => {
    request.resume().on('end', () => {
      response.writeHead(statusOf(request), { 'content-type': 'application/json' });
      response.end(JSON.stringify({ success: true, data: { id: 'list', type: 'id_list', count: 0 } }));
    });
  });
  context.after(() => world.close());
  return world;
}

const placeOf = ({ direction, protocol, stage, outcome }: LiveEntry) => [direction, protocol, stage, outcome].join(' ');

test('each source and each way of the events is streamed, and so are deliveries', {
  timeout: 30_000,
}, async (context) => {
  const world = await startWorld(context, () => 200);
  const { post, stream, details, ask } = await startLive(context, { documents: [tourDocument(world.url)] });
  const reading = await stream();
  for (const { path, body, headers } of tourRequests('tour')) await post(path, body as object, headers);
  await post(
    '/v1/destinations/statsig/proxy',
    {
      version: '1',
      endpoint: `${world.url}/v1/log_event`,
      method: 'POST',
      headers: { 'STATSIG-API-KEY': 'secret-tour' },
      body: { JSON: { events: [{ eventName: 'x', user: { userID: 'u' } }] } },
      metadata: [{ jobId: 1, destinationId: 'dest-1' }],
    },
    {},
  );
  const wanted = [
    'inbound none delivery delivered',
    'inbound rudderstack processor received',
    'inbound rudderstack processor failed_on_ingest',
    'inbound rudderstack router received',
    'inbound rudderstack proxy delivered',
    'inbound segment ingest received',
    'inbound segment ingest failed_on_ingest',
    'inbound tracking_api ingest received',
    'inbound tracking_api ingest filtered',
    'outbound none delivery delivered',
    'outbound rudderstack_source source received',
    'outbound statsig ingest received',
    'outbound statsig ingest filtered',
  ];
  const missing = () => {
    const seen = new Set(reading.entries.map(placeOf));
    return wanted.filter((each) => !seen.has(each));
  };
  await reading.until(() => missing().length === 0);
  assert.deepEqual(reading.gaps, []);

  const ids = reading.entries.map(({ id }) => Number(id.split('-')[1]));
  assert.deepEqual(
    ids,
    ids.toSorted((a, b) => a - b),
    'ids grow',
  );
  const told = [JSON.stringify(reading.entries)];
  for (const { id } of reading.entries) told.push(JSON.stringify(await details(id)));
  for (const source of ['segment', 'tracking-api', 'rudderstack', 'statsig']) {
    const samples = await (await ask(`/api/live/samples?workspace=tour&source=${source}`)).text();
    assert.match(samples, /"event":\{/, source);
    told.push(samples);
  }
  const secrets = /secret-tour|console-tour|source-key|"shared"|api-key|write-key|"signing"|target-key/;
  for (const text of told) assert.ok(!secrets.test(text.replaceAll('statsig-api-key', '')), secrets.exec(text)?.[0]);
  const names = await (await ask('/api/live/names?workspace=tour')).text();
  assert.match(names, /"name":"Refund"/);
});

test('the tries of an event are told with status and answer', { timeout: 30_000 }, async (context) => {
  const answers = [503, 200, 400];
  const world = await startWorld(context, () => answers.shift() ?? 400);
  const { post, stream, details, list } = await startLive(context, {
    documents: [{ id: 'shop', secretKey: 'secret-shop', eventsUrl: world.url, trackingApi: { writeKeys: ['k-shop'] } }],
  });
  const reading = await stream();
  const send = (event: string) =>
    post('/v1/track', { writeKey: 'k-shop', type: 'track', event, userId: 'u', messageId: `m-${event}` });
  await send('Paid');
  await reading.until(() => reading.entries.some(({ outcome }) => outcome === 'delivered'));
  await send('Refused');
  await reading.until(() => reading.entries.some(({ outcome }) => outcome === 'failed_delivery'));
  const [paid, refused] = (await list('?outcome=received')).entries;
  const told = await details(paid?.id ?? '');
  assert.deepEqual(
    told.attempts.map(({ outcome, status, target }) => [outcome, status, target]),
    [
      ['pending_retry', 503, 'statsig'],
      ['delivered', 200, 'statsig'],
    ],
  );
  const dead = await details(refused?.id ?? '');
  assert.deepEqual(dead.attempts.at(-1)?.outcome, 'failed_delivery');
  const [letter] = reading.entries.filter(({ outcome }) => outcome === 'failed_delivery');
  assert.equal(letter?.event, 'segment::Refused');
  assert.deepEqual(
    (await details(letter?.id ?? '')).event,
    dead.event,
    'a delivery tells the event that it was made of',
  );
});
