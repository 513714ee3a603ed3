// What is odd about events that are taken is counted for each source and said once of each workspace, and so is a proxy in front that no one is told to believe.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Logger } from '../../src/base/logger.js';
import { startFixtureApp } from '../../testkit/fixture-app.js';
import { element } from '../../testkit/rudderstack.js';

const SHOP = {
  id: 'shop',
  trackingApi: { writeKeys: ['write-key'] },
  rudderstack: { destinationIds: ['dst-1'], sourceIds: ['src-1'] },
};
const OPEN = { id: 'open' };
const MAPPED = {
  id: 'mapped',
  trackingApi: { writeKeys: ['mapped-key'] },
  identifierMappings: [{ from: 'anonymousId', to: 'segmentAnonymousId' }],
};

const TRACK = { type: 'track', event: 'Order Completed' };
const ANONYMOUS = { ...TRACK, anonymousId: 'anon-7' };
const DOUBTFUL = { ...TRACK, userId: '[object Object]' };
const EXPOSURE = { eventName: 'Order Completed', timestamp: 1_767_323_045_678 };

function elements(messages: readonly object[]): readonly object[] {
  return messages.map((message, index) => element(index + 1, { message: { userId: undefined, ...message } }));
}

async function start(context: TestContext, document: object) {
  const told: { readonly workspace: string; readonly note: string; readonly message: string }[] = [];
  const log: Logger = {
    debug() {},
    info() {},
    error() {},
    warn(fields, message) {
      const { workspace, note } = fields as Record<string, unknown>;
      if (note !== undefined) told.push({ workspace: String(workspace), note: String(note), message });
    },
  };
  const app = await startFixtureApp(context, { documents: [document] }, { now: 1_767_323_045_000, log });
  return {
    told,
    async post(path: string, body: unknown) {
      const answer = await app.ask({ path, body, headers: { Authorization: 'Bearer header-example' } });
      assert.equal(answer.status, 200, answer.text);
      return answer.text;
    },
    noted: (protocol: string, note: string) => app.metric('statsig_cdp_events_noted_total', { protocol, note }),
  };
}

const WAYS: readonly (readonly [
  protocol: string,
  workspace: string,
  path: string,
  bodyOf: (events: readonly object[]) => unknown,
])[] = [
  ['segment', 'open', '/segment/open', (events) => events],
  ['tracking_api', 'shop', '/v1/batch', (batch) => ({ writeKey: 'write-key', batch })],
  ['rudderstack', 'shop', '/v0/destinations/statsig', elements],
  ['rudderstack', 'shop', '/routerTransform', (events) => ({ destType: 'statsig', input: elements(events) })],
];

for (const [protocol, workspace, path, bodyOf] of WAYS)
  test(`${path} counts anonymous events that nothing maps, events without an id, and doubtful ids`, async (context) => {
    const { told, post, noted } = await start(context, workspace === 'open' ? OPEN : SHOP);
    for (let time = 1; time <= 2; time++)
      await post(
        path,
        bodyOf([
          { ...ANONYMOUS, messageId: `a-${time}` },
          { ...TRACK, messageId: `b-${time}` },
          { ...DOUBTFUL, messageId: `c-${time}` },
          { ...TRACK, userId: 'user-42', messageId: `d-${time}` },
          { ...TRACK, type: 'identify', userId: 'undefined', messageId: `e-${time}` },
        ]),
      );
    for (const note of ['anonymous_not_mapped', 'no_id', 'doubtful_id'])
      assert.equal(await noted(protocol, note), 2, note);
    assert.deepEqual(
      told.map((line) => `${line.workspace} ${line.note}`),
      ['anonymous_not_mapped', 'no_id', 'doubtful_id'].map((note) => `${workspace} ${note}`),
      'each once',
    );
    assert.match(told[0]?.message ?? '', /identifierMappings: \[\{ from: anonymousId, to: segmentAnonymousId \}\]/);
  });

test('where anonymousId is mapped there is nothing to say of anonymous people', async (context) => {
  const { told, post, noted } = await start(context, MAPPED);
  await post('/v1/batch', { writeKey: 'mapped-key', batch: [ANONYMOUS] });
  assert.deepEqual(told, []);
  assert.equal(await noted('tracking_api', 'anonymous_not_mapped'), 0);
});

test('what programs write where they have no id is doubtful, as userId, custom id, of a deletion and on a list', async (context) => {
  const { post, noted } = await start(context, { ...OPEN, segment: { headerSecrets: ['header-example'] } });
  const ids = ['undefined', 'null', 'NaN', 'None', '(null)', '00000000-0000-0000-0000-000000000000'];
  const events = ids.flatMap((id) => [
    { ...TRACK, userId: id },
    { ...TRACK, userId: 'user-42', properties: { statsigCustomIDs: ['companyID', id] } },
    { type: 'delete', userId: id },
  ]);
  await post('/segment/open', events);
  assert.equal(await noted('segment', 'doubtful_id'), 3 * ids.length);

  const Config = { consoleKey: 'console-example', idListId: 'vip' };
  const record = { type: 'record', action: 'insert', fields: { userId: '[object Object]' } };
  const destination = { ID: 'dst-1', WorkspaceID: 'ws-1', Config };
  await post('/routerTransform', { destType: 'statsig', input: [element(1, { message: record, destination })] });
  assert.equal(await noted('rudderstack', 'doubtful_id'), 1);
});

test('a deletion of rudder-server that names a doubtful id is noted, whatever becomes of it', async (context) => {
  const userAttributes = [{ userId: 'user-42' }, { userId: 'null' }];
  const document = { id: 'shop', secretKey: 'secret-example', apiUrl: 'http://127.0.0.1:9' };
  const app = await startFixtureApp(context, { documents: [document] });
  await app.ask({
    path: '/deleteUsers',
    body: [{ jobId: '1', destType: 'STATSIG', config: { secretKey: 'secret-example' }, userAttributes }],
  });
  const labels = { protocol: 'rudderstack', workspace: 'shop', note: 'doubtful_id' };
  assert.equal(await app.metric('statsig_cdp_events_noted_total', labels), 1);
});

const LEAVING = [
  { ...EXPOSURE, userID: 'null', timeUUID: 'a' },
  { ...EXPOSURE, user: { customIDs: { stableID: 'undefined' } }, timeUUID: 'b' },
  { ...EXPOSURE, userID: 'user-42', timeUUID: 'c' },
];

const SOURCE = { ID: 'src-1', WorkspaceID: 'ws-1', Config: {} };

for (const [protocol, document, path, body] of [
  ['statsig', OPEN, '/statsig/open', LEAVING],
  [
    'rudderstack_source',
    SHOP,
    '/v2/sources/statsig',
    LEAVING.map((event) => ({ request: { body: JSON.stringify(event) }, source: SOURCE })),
  ],
] as const)
  test(`${path} counts doubtful ids of what leaves Statsig`, async (context) => {
    const { told, post, noted } = await start(context, document);
    await post(path, body);
    assert.equal(await noted(protocol, 'doubtful_id'), 2);
    assert.deepEqual(
      told.map(({ workspace, note }) => `${workspace} ${note}`),
      [`${document.id} doubtful_id`],
    );
  });

test('a proxy that is not trusted is told of once, and a trusted one is not', async (context) => {
  for (const [TRUST_PROXY, times] of [
    ['false', 1],
    ['1', 0],
  ] as const) {
    const lines: string[] = [];
    const log: Logger = { debug() {}, info() {}, error() {}, warn: (_fields, message) => void lines.push(message) };
    const setup = { documents: [SHOP], environment: { TRUST_PROXY } };
    const { ask } = await startFixtureApp(context, setup, { log });
    const body = { ...TRACK, writeKey: 'write-key', userId: 'user-42' };
    for (const headers of [{}, { 'X-Forwarded-For': '203.0.113.9' }, { Forwarded: 'for=203.0.113.9' }])
      await ask({ path: '/v1/t', headers, body });
    assert.equal(lines.filter((line) => line.includes('TRUST_PROXY')).length, times, lines.join('\n'));
  }
});
