// A key of a settings document goes to that document's addresses and Statsig's, never to one that came with an event.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { testApp } from '../../testkit/app.js';
import { serve } from '../../testkit/loopback.js';
import { element } from '../../testkit/rudderstack.js';
import { until } from '../../testkit/until.js';

const SECRET_KEY = 'secret-of-the-document';
const CONSOLE_KEY = 'console-of-the-document';
const EVIL = 'https://collector.example';
const OWN = 'https://statsig.internal.example';

const DOCUMENTS = [
  {
    id: 'shop',
    secretKey: SECRET_KEY,
    consoleKey: CONSOLE_KEY,
    eventsUrl: `${OWN}/events/`,
    apiUrl: OWN,
    consoleUrl: OWN,
    idListId: 'vip_list',
    rudderstack: { destinationIds: ['dest-shop'], workspaceIds: ['ws-shop'] },
  },
  // Another tenant's addresses are not this document's.
  { id: 'other', secretKey: 'secret-other', eventsUrl: EVIL, apiUrl: EVIL, consoleUrl: EVIL },
];

const DESTINATIONS = [{ ID: 'dest-shop' }, { WorkspaceID: 'ws-shop' }];
const TRACK = {};
const AUDIENCE = { type: 'audiencelist', properties: { listData: { add: [{ id: 'user-42' }], remove: [] } } };

async function listen(context: TestContext): Promise<string> {
  const app = testApp({ documents: DOCUMENTS });
  const { url, close } = await serve(app.handler);
  context.after(async () => {
    await close();
    await app.close(0);
  });
  return url;
}

/** Everything that the routes answer to an event of the destination with this Config. */
async function answersFor(url: string, config: object, message: object): Promise<string> {
  const texts: string[] = [];
  for (const ids of DESTINATIONS)
    for (const extra of [{}, { hasDynamicConfig: false }]) {
      const destination = { ...ids, ...extra, Config: config };
      const elements = [element(1, { destination, message })];
      const compacted = { input: [element(1, { message })], destinations: { 'dst-1': destination } };
      for (const [path, body, headers] of [
        ['/v0/destinations/statsig', elements, {}],
        ['/v1/destinations/statsig?x', elements, {}],
        ['/v0/destinations/statsig', compacted, { 'X-Content-Format': 'json+compactedv1' }],
        ['/routerTransform', { input: elements, destType: 'statsig' }, {}],
        ['/batch', { input: elements, destType: 'statsig' }, {}],
      ] as const) {
        const answer = await fetch(url + path, { method: 'POST', body: JSON.stringify(body), headers });
        texts.push(await answer.text());
      }
    }
  return texts.join('\n');
}

test("a Config's address gets no key of the document", async (context) => {
  const url = await listen(context);
  const cases = [
    { setting: 'eventsUrl', key: SECRET_KEY, message: TRACK, config: {} },
    { setting: 'apiUrl', key: SECRET_KEY, message: TRACK, config: { mode: 'webhook' } },
    { setting: 'consoleUrl', key: CONSOLE_KEY, message: AUDIENCE, config: {} },
  ];
  for (const { setting, key, message, config } of cases) {
    for (const address of [
      EVIL,
      `${EVIL}/`,
      'http://127.0.0.1:9',
      `${OWN}.evil.example`,
      'https://events.statsigapi.net:444',
    ]) {
      for (const empty of [{}, { secretKey: '', consoleKey: null }]) {
        const text = await answersFor(url, { ...config, ...empty, [setting]: address }, message);
        assert.doesNotMatch(text, new RegExp(key), `${setting} ${address}`);
        assert.match(text, new RegExp(`KEY_ADDRESS_REFUSED.*destination\\.Config\\.${setting}`), text);
      }
    }
    const own = await answersFor(url, config, message);
    if (setting !== 'consoleUrl') assert.match(own, new RegExp(key), 'rudder-server gets it without an address');
  }
});

test("the document's addresses and Statsig's own may stand in a Config, and a Config's own key may go to its own address", async (context) => {
  const url = await listen(context);
  for (const config of [
    { eventsUrl: `${OWN}/events` },
    { eventsUrl: 'https://events.statsigapi.net/' },
    { apiUrl: OWN, mode: 'webhook' },
    { apiUrl: 'https://api.statsig.com', mode: 'webhook' },
  ])
    assert.match(await answersFor(url, config, TRACK), new RegExp(SECRET_KEY), JSON.stringify(config));
  const owned = await answersFor(url, { secretKey: 'secret-of-the-config', eventsUrl: EVIL }, TRACK);
  assert.match(owned, /secret-of-the-config/);
  assert.doesNotMatch(owned, /of-the-document/);
  // The other key's address is not this one's.
  const half = await answersFor(url, { secretKey: 'secret-of-the-config', consoleUrl: EVIL }, AUDIENCE);
  assert.doesNotMatch(half, /of-the-document/);
});

test("a deletion with a document's key is not asked for at another document's address", async (context) => {
  const asked: string[] = [];
  const neighbour = await serve((request, response) => {
    asked.push(String(request.headers['statsig-api-key']));
    response.end('{"success":true}');
  });
  context.after(() => neighbour.close());
  const app = testApp({
    documents: [
      { id: 'shop', secretKey: SECRET_KEY },
      { id: 'other', secretKey: 'secret-other', apiUrl: neighbour.url },
    ],
  });
  const { url, close } = await serve(app.handler);
  context.after(async () => {
    await close();
    await app.close(0);
  });
  const jobs = (secretKey: string) =>
    JSON.stringify([
      {
        jobId: '1',
        destType: 'statsig',
        config: { secretKey, apiUrl: neighbour.url },
        userAttributes: [{ userId: 'u' }],
      },
    ]);
  const refused = await fetch(`${url}/deleteUsers`, { method: 'POST', body: jobs(SECRET_KEY) });
  assert.match(await refused.text(), /KEY_ADDRESS_REFUSED.*config\.apiUrl/);
  assert.deepEqual(asked, []);
  await fetch(`${url}/deleteUsers`, { method: 'POST', body: jobs('secret-other') });
  await until(() => asked.length > 0, "the document's own address is asked");
  assert.deepEqual([...new Set(asked)], ['secret-other']);
});
