// Ids, names and events that are too long are refused alone, with their place, on every way in; nothing of them is stored, and nothing is cut.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import request from 'supertest';
import { createIngest } from '../../src/ingest/inbound.js';
import { createOutboundIngest } from '../../src/ingest/outbound.js';
import { compileOutbound } from '../../src/settings/compile-outbound.js';
import { parseDocuments } from '../../src/settings/document.js';
import { convertInbound } from '../../src/transform/inbound/index.js';
import { testApp } from '../../testkit/app.js';
import { compiledWorkspace } from '../../testkit/audiences.js';
import { MemoryOutbox } from '../../testkit/outbox-memory.js';
import { element } from '../../testkit/rudderstack.js';

const NOW = Date.UTC(2026, 0, 15, 12);
const LONGEST = 'x'.repeat(1_024);
const LONG = `${LONGEST}x`;
const LONG_NAME = 'n'.repeat(4_097);

const ORDER = { type: 'track', event: 'Order Completed', userId: 'u1', messageId: 'm1', timestamp: NOW };
const ENTERS = {
  type: 'identify',
  userId: 'u1',
  timestamp: NOW,
  traits: { vip: true },
  context: { personas: { computation_class: 'audience', computation_key: 'vip' } },
};

/** Events of a CDP, what is wrong with each, and where. */
const TOO_LONG: readonly (readonly [what: object, code: string, path: string])[] = [
  [{ ...ORDER, userId: LONG }, 'ID_TOO_LONG', 'message.userId'],
  [{ ...ORDER, anonymousId: LONG }, 'ID_TOO_LONG', 'message.anonymousId'],
  [{ type: 'group', userId: 'u1', groupId: LONG }, 'ID_TOO_LONG', 'message.groupId'],
  [
    { ...ORDER, properties: { statsigCustomIDs: ['companyID', LONG] } },
    'ID_TOO_LONG',
    'message.properties.statsigCustomIDs[1]',
  ],
  [
    { ...ORDER, properties: { statsigCustomIDs: { [LONG]: 'c' } } },
    'ID_TOO_LONG',
    'message.properties.statsigCustomIDs',
  ],
  [{ ...ORDER, context: { device: { id: LONG } } }, 'ID_TOO_LONG', 'message.context.device.id'],
  [{ ...ORDER, event: LONG_NAME }, 'EVENT_NAME_TOO_LONG', 'message.event'],
  [{ type: 'page', userId: 'u1', name: LONG_NAME }, 'EVENT_NAME_TOO_LONG', 'message.name'],
  [{ ...ORDER, properties: { statsigCustom: ['note', 'x'.repeat(60_000)] } }, 'EVENT_TOO_LARGE', ''],
  [{ ...ORDER, context: { userAgent: 'x'.repeat(60_000) } }, 'EVENT_TOO_LARGE', ''],
  [{ ...ORDER, properties: { value: 'x'.repeat(60_000) } }, 'EVENT_TOO_LARGE', ''],
];

const SETTINGS = {
  identifierMappings: [{ from: 'context.device.id', to: 'deviceID' }],
  valueFrom: ['properties.value'],
};

test('events of rudder-server with ids, names or sizes beyond the limits are errors of their own', async () => {
  const destination = { ID: 'dst-1', Config: { secretKey: 'secret-example', ...SETTINGS } };
  const elements = [{}, ...TOO_LONG.map(([message]) => message), { userId: LONGEST }].map((message, jobId) => ({
    ...element(jobId + 1, { destination }),
    message: { ...ORDER, ...message },
  }));
  for (const path of ['/v0/destinations/statsig', '/routerTransform']) {
    const body = path === '/routerTransform' ? { input: elements, destType: 'statsig' } : elements;
    const response = await request(testApp().handler).post(path).send(body);
    assert.equal(response.status, 200);
    const entries: { statusCode: number; error: string; metadata: unknown }[] = response.body.output ?? response.body;
    const errors = entries.filter(({ statusCode }) => statusCode !== 200).map(({ error }) => error);
    assert.equal(errors.length, TOO_LONG.length, path);
    for (const [index, [, code, place]] of TOO_LONG.entries()) {
      assert.match(errors[index] ?? '', new RegExp(`^${code}: `));
      assert.ok(errors[index]?.includes(place), `${errors[index]} without ${place}`);
      assert.ok((errors[index]?.length ?? 0) < 600, 'what is too long is not repeated');
    }
  }
});

test('of events that are pushed those beyond the limits are not stored', async () => {
  const workspace = compiledWorkspace({
    secretKey: 'secret-example',
    consoleKey: 'console-example',
    audiences: {},
    ...SETTINGS,
  });
  const events = [
    ...TOO_LONG,
    [{ ...ORDER, messageId: 'm'.repeat(101) }, 'MESSAGE_ID_TOO_LONG', 'message.messageId'],
    [{ ...ENTERS, userId: LONG }, 'ID_TOO_LONG', 'message.userId'],
    [{ ...ENTERS, messageId: 'm'.repeat(101) }, 'MESSAGE_ID_TOO_LONG', 'message.messageId'],
    [{ type: 'delete', userId: LONG }, 'ID_TOO_LONG', 'message.userId'],
    [{ type: 'delete', userId: 'u1', messageId: 'm'.repeat(101) }, 'MESSAGE_ID_TOO_LONG', 'message.messageId'],
  ] as const;
  const outbox = new MemoryOutbox({ now: () => NOW });
  const results = await createIngest(outbox, () => NOW).accept(
    workspace,
    events.map(([event]) => event),
    { origin: 'webhook', coversAll: true },
  );
  for (const [index, [, code, path]] of events.entries()) {
    const result = results[index];
    assert.ok(result?.kind === 'invalid', `${code} ${path}: ${result?.kind}`);
    assert.deepEqual([result.code, result.path], [code, path]);
  }
  assert.deepEqual(outbox.lanes(), []);
});

test('events of Statsig with ids, names or sizes beyond the limits are not stored', async () => {
  const targets = [{ name: 'segment', writeKey: 'write-key-example' }];
  const { documents } = parseDocuments(
    JSON.stringify({
      id: 'shop',
      outbound: { targets, identifierMappings: [{ from: 'companyID', to: 'groupId' }] },
    }),
    'shop.json',
  );
  const [document] = documents;
  assert.ok(document);
  const purchase = { eventName: 'purchase', userID: 'u1', timestamp: NOW, timeUUID: 'uuid-1' };
  const events: readonly (readonly [object, string])[] = [
    [{ ...purchase, userID: LONG }, 'ID_TOO_LONG'],
    [{ ...purchase, userID: undefined, user: { customIDs: { stableID: LONG } } }, 'ID_TOO_LONG'],
    [{ ...purchase, user: { customIDs: { companyID: LONG } } }, 'ID_TOO_LONG'],
    [{ eventName: 'statsig::config_change', user: { name: LONG }, metadata: { type: 'gate' } }, 'ID_TOO_LONG'],
    [{ ...purchase, eventName: LONG_NAME }, 'EVENT_NAME_TOO_LONG'],
    [{ ...purchase, metadata: { note: 'x'.repeat(17_000) } }, 'EVENT_TOO_LARGE'],
  ];
  const outbox = new MemoryOutbox({ now: () => NOW });
  const ingest = createOutboundIngest(outbox, () => NOW);
  const compiled = compileOutbound(document);
  const results = await ingest.accept(
    compiled,
    events.map(([event]) => event),
  );
  assert.deepEqual(
    results.map((result) => (result.kind === 'invalid' ? result.code : result.kind)),
    events.map(([, code]) => code),
  );
  assert.deepEqual(outbox.lanes(), []);
  const [longest] = await ingest.accept(compiled, [{ ...purchase, userID: LONGEST }]);
  assert.equal(longest?.kind, 'accepted');
});

test('an id of a list that is too long is an error of its event, one of a deletion of its job', async () => {
  const destination = {
    ID: 'dst-1',
    Config: { secretKey: 'secret-example', consoleKey: 'console-example', idListId: 'vips', idListField: 'email' },
  };
  const record = { type: 'record', action: 'insert', identifiers: { email: LONG } };
  const list = { type: 'audiencelist', properties: { listData: { add: [{ email: 'a' }, { email: LONG }] } } };
  const input = [record, list].map((message, index) => ({ ...element(index + 1, { destination }), message }));
  const { body } = await request(testApp().handler).post('/routerTransform').send({ input, destType: 'statsig' });
  const errors = body.output.map(({ error }: { error: string }) => error);
  assert.match(errors[0], /^ID_TOO_LONG: .*message\.identifiers/);
  assert.match(errors[1], /^ID_TOO_LONG: .*message\.properties\.listData\.add\[1\]/);

  const job = { destType: 'STATSIG', config: { secretKey: 'secret-example' }, userAttributes: [{ userId: LONG }] };
  const response = await request(testApp().handler).post('/deleteUsers').send([job]);
  assert.equal(response.status, 400);
  assert.match(response.body[0].error, /^ID_TOO_LONG: .*userAttributes\[0\]\.userId/);
});

test('a destination whose id is too long is not looked for', async () => {
  for (const field of ['ID', 'WorkspaceID']) {
    const destination = { ID: 'dst-1', [field]: LONG, Config: { secretKey: 'secret-example' } };
    const { body } = await request(testApp().handler)
      .post('/v0/destinations/statsig')
      .send([element(1, { destination })]);
    assert.match(body[0].error, new RegExp(`^ID_TOO_LONG: .*destination\\.${field}`));
  }
});

test('fields below a long name cost no more than those below a short one', () => {
  const fields = Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`field${i}`, i]));
  const workspace = compiledWorkspace({ secretKey: 'secret-example' });
  const millisecondsOf = (name: string) => {
    const event = JSON.parse(JSON.stringify({ ...ORDER, properties: { [name]: fields } }));
    const start = process.cpuUsage();
    assert.equal(convertInbound(event, workspace, Date.now()).kind, 'converted');
    return process.cpuUsage(start).user / 1000;
  };
  millisecondsOf('short');
  const [short, long] = [millisecondsOf('short'), millisecondsOf('n'.repeat(16_000))];
  assert.ok(long < 8 * short + 100, `${long} ms, and ${short} ms below a short name`);
});
