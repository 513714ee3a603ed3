// /api/samples and /api/tester: what would become of a body, bounded, and sent only when it is asked for.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { LiveEntry } from '../../src/operate/live/shapes.js';
import type { SamplesAnswer, SendAnswer, TesterAnswer } from '../../src/operate/tester/shapes.js';
import { ADMIN_TOKEN, startFixtureApp } from '../../testkit/fixture-app.js';
import { ACCEPTED, serveLogEvent } from '../../testkit/log-event-stand-in.js';
import { serveSegment } from '../../testkit/segment-stand-in.js';

const READ_TOKEN = 'read-example';
const KEY = 'secret-shop-example';
const TARGET_KEY = 'target-key-example';

const ORDER = {
  type: 'track',
  event: 'Order Completed',
  userId: 'user-42',
  anonymousId: 'anon-7',
  timestamp: '2026-01-02T03:04:05.000Z',
  properties: { revenue: 19.99, 'a/b': 'x' },
};

const EXPOSURE = {
  eventName: 'statsig::gate_exposure',
  user: { userID: 'user-42' },
  userID: 'user-42',
  timestamp: '1767323045000',
  metadata: { gate: 'new_checkout', gateValue: 'true', ruleID: 'rule-1' },
  timeUUID: 'uuid-1',
};

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

async function start(context: TestContext, documents: readonly object[]) {
  const environment = { ADMIN_READ_TOKEN: READ_TOKEN };
  const app = await startFixtureApp(context, { documents, environment });
  const post = async (path: string, body: object, token = READ_TOKEN) => {
    const { status, text } = await app.ask({ path, headers: bearer(token), body });
    return { status, text };
  };
  return {
    ...app,
    async tryBody(body: object): Promise<TesterAnswer> {
      const { status, text } = await post('/api/tester', body);
      assert.equal(status, 200, text);
      return JSON.parse(text);
    },
    async send(body: object): Promise<SendAnswer> {
      const { status, text } = await post('/api/tester/send', body, ADMIN_TOKEN);
      assert.equal(status, 200, text);
      assert.ok(!text.includes(KEY) && !text.includes(TARGET_KEY), 'no key is shown');
      return JSON.parse(text);
    },
    post,
  };
}

const SHOP = { id: 'shop', excludeEvents: ['Secret *'], segment: { headerSecrets: ['header-example'] } };

test('each sample can be tried, and becomes something', async (context) => {
  const { ask, tryBody } = await start(context, [{ ...SHOP, secretKey: KEY, consoleKey: 'console-example' }]);
  const { text } = await ask({ method: 'GET', path: '/api/samples', headers: bearer(READ_TOKEN) });
  assert.ok(!text.includes('{{'), 'no placeholder of a fixture is in them');
  const { workspaces, samples } = JSON.parse(text) as SamplesAnswer;
  assert.deepEqual(workspaces, ['shop']);
  for (const source of ['segment', 'tracking-api', 'rudderstack', 'statsig'])
    assert.ok(samples.filter((sample) => sample.source === source).length > 1, source);
  for (const { source, name, body } of samples) {
    const { events, problem } = await tryBody({ source, body });
    assert.equal(problem, undefined, `${source} ${name}`);
    assert.ok(
      events.some(({ result, requests, outputs }) => result === 'converted' && requests.length * outputs.length > 0),
      `${source} ${name}`,
    );
  }
});

test('an event is told with its request, its decisions and where each field comes from; nothing is sent or stored', async (context) => {
  const { tryBody, outbox } = await start(context, [{ ...SHOP, secretKey: KEY }]);
  const { events } = await tryBody({
    source: 'segment',
    body: JSON.stringify([ORDER, { ...ORDER, event: 'Secret 1' }, { type: 'track' }]),
  });
  const [order, secret, nameless] = events;
  assert.equal(order?.result, 'converted');
  assert.equal(order?.requests[0]?.headers['statsig-api-key'], '[redacted]');
  const [output] = order?.outputs ?? [];
  assert.deepEqual(output?.origins['/user/userID'], { from: ['/userId'], why: 'userId' });
  assert.deepEqual(output?.origins['/metadata/a~1b'], { from: ['/properties/a~1b'], why: 'properties.a/b' });
  assert.deepEqual(
    order?.notes.map(({ note }) => note),
    [],
  );
  assert.deepEqual(
    [secret?.result, secret?.reason, secret?.rule],
    ['filtered', 'event_excluded', 'excludeEvents Secret *'],
  );
  assert.deepEqual([nameless?.result, nameless?.code], ['invalid', 'EVENT_NAME_MISSING']);
  assert.match(nameless?.fix ?? '', /Set `event`/);
  assert.deepEqual(outbox.appended, []);
});

test('settings can be tried otherwise; keys, senders and targets cannot', async (context) => {
  const { tryBody } = await start(context, [{ ...SHOP, secretKey: KEY }]);
  const edited = { identifierMappings: [{ from: 'anonymousId', to: 'stableID' }], excludeEvents: [] };
  const body = { source: 'segment', body: { ...ORDER, event: 'Secret 1' } };
  const { settings, events } = await tryBody({ ...body, settings: edited });
  assert.equal(settings, 'edited');
  assert.deepEqual(events[0]?.outputs[0]?.origins['/user/customIDs/stableID'], {
    from: ['/anonymousId'],
    why: 'identifierMappings anonymousId -> stableID',
  });
  assert.equal((await tryBody(body)).events[0]?.result, 'filtered', 'those in force are as they were');
  const faulty = await tryBody({ ...body, settings: { identifierMappings: [{ from: '$.x', to: 'stableID' }] } });
  assert.deepEqual(faulty.events, []);
  assert.match(faulty.faults[0]?.path ?? '', /identifierMappings/);
  for (const name of ['secretKey', 'segment', 'rudderstack'])
    assert.equal((await tryBody({ ...body, settings: { [name]: {} } })).faults[0]?.path, name);
  assert.equal(
    (await tryBody({ ...body, settings: { outbound: { targets: [] } } })).faults[0]?.path,
    'outbound.targets',
  );
});

test('what cannot be tried says why: no JSON, no workspace, no body of the source', async (context) => {
  const { tryBody, post } = await start(context, [SHOP, { ...SHOP, id: 'other' }]);
  const codeOf = async (body: object) => (await tryBody(body)).problem?.code;
  assert.equal(await codeOf({ source: 'segment', body: '{', workspace: 'shop' }), 'BODY_NOT_JSON');
  assert.equal(await codeOf({ source: 'segment', body: ORDER }), 'WORKSPACE_NOT_NAMED');
  assert.equal(await codeOf({ source: 'segment', body: ORDER, workspace: 'none' }), 'WORKSPACE_NOT_NAMED');
  assert.equal(await codeOf({ source: 'statsig', body: ORDER, workspace: 'shop' }), 'BODY_NOT_STATSIG_EVENTS');
  const lines = await tryBody({
    source: 'segment',
    workspace: 'shop',
    body: `${JSON.stringify(ORDER)}\n\n${JSON.stringify(ORDER)}`,
  });
  assert.equal(lines.events.length, 2);
  assert.match(
    (await tryBody({ source: 'segment', workspace: 'shop', body: '{}\n{' })).problem?.message ?? '',
    /Line 2/,
  );
  for (const body of [
    {},
    { source: 'nobody', body: {} },
    { source: 'segment' },
    { source: 'segment', body: {}, settings: [] },
  ])
    assert.equal((await post('/api/tester', body)).status, 400);
});

test('there is an end to a body, to its events, and to how long others wait for it', async (context) => {
  const stars = `${'*a'.repeat(490)}*`;
  const { tryBody, post, ask } = await start(context, [{ ...SHOP, secretKey: KEY, includeEvents: [stars] }]);
  const long = { ...ORDER, event: 'a'.repeat(480).padEnd(4_000, 'b') };
  let answered = false;
  const tried = tryBody({ source: 'segment', body: Array.from({ length: 240 }, () => long) }).finally(() => {
    answered = true;
  });
  assert.equal((await ask({ method: 'GET', path: '/health' })).status, 200);
  assert.ok(!answered || (await tried).events.length > 0);
  const { events, more } = await tried;
  assert.ok(events.length <= 50 && events.length + more <= 240 && more > 0, `${events.length} and ${more}`);
  const { status, text } = await post('/api/tester', { source: 'segment', body: 'x'.repeat(1_100_000) });
  assert.deepEqual([status, JSON.parse(text).error], [413, 'BODY_TOO_LARGE']);
  const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
  const nested = await post('/api/tester', {
    source: 'statsig',
    body: `{"eventName":"x","userID":"u","user":${deep}}`,
  });
  assert.ok([200, 400].includes(nested.status), nested.text);
});

test('of an event that is nested too deep to be shown the rest is told, and the other events', async (context) => {
  const { tryBody } = await start(context, [{ ...SHOP, secretKey: KEY }]);
  const deep = `${'['.repeat(20_000)}1${']'.repeat(20_000)}`;
  const events = [deep, '1'].map(
    (value) => `{"type":"track","event":"Order","userId":"u","properties":{"a":${value}}}`,
  );
  const told = await tryBody({ source: 'segment', body: `[${events.join(',')}]` });
  assert.deepEqual(
    told.events.map(({ result, requests, input }) => [result, requests.length, input === undefined]),
    [
      ['converted', 1, true],
      ['converted', 1, false],
    ],
  );
  assert.deepEqual(
    told.remarks.filter((remark) => remark.startsWith('Event')),
    ['Event 1: Nested too deep to be shown, and left out: input.'],
  );
});

test('what an event makes of a body has an end, too: what a batch shares, properties that do not fit, ids of a list', async (context) => {
  const list = { id: 'shop', consoleKey: 'console-example', secretKey: KEY, idListId: 'list-1', idListField: 'userId' };
  const { tryBody } = await start(context, [list]);
  const shared = { context: { app: { note: 'x'.repeat(600_000) } } };
  const batch = { source: 'tracking-api', body: { batch: Array.from({ length: 12 }, () => ORDER), ...shared } };
  const told = await tryBody(batch);
  assert.ok(
    told.events.length > 0 && told.events.length < 12 && told.events.length + told.more === 12,
    JSON.stringify(told).slice(0, 500),
  );
  const properties = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`property-${at}`, 'x'.repeat(20)]));
  const [wide] = (await tryBody({ source: 'segment', body: { ...ORDER, properties } })).events;
  assert.equal(wide?.decisions.length, 500);
  const ofIds = async (count: number) => {
    const add = Array.from({ length: count }, (_, at) => ({ userId: `u${at}` }));
    const before = process.cpuUsage();
    const body = { type: 'audiencelist', properties: { listData: { add } } };
    const { events } = await tryBody({ source: 'rudderstack', body });
    assert.equal(Object.keys(events[0]?.outputs[0]?.origins ?? {}).length, count + 1);
    return process.cpuUsage(before).user;
  };
  await ofIds(9_000);
  const [one, four] = [await ofIds(9_000), await ofIds(36_000)];
  assert.ok(four < 8 * one, `${four / one} times as long for four times as many`);
});

test('an event is sent at once, beside the outbox, and the answer of its target is shown', async (context) => {
  const answers = [ACCEPTED, { status: 401, body: `{"message":"Invalid key ${KEY}"}` }, 'reset' as const];
  const statsig = await serveLogEvent(context, () => answers.shift() ?? ACCEPTED);
  const { send, outbox, ask } = await start(context, [{ ...SHOP, secretKey: KEY, eventsUrl: statsig.url }]);
  const body = {
    source: 'segment',
    body: [ORDER, { ...ORDER, event: 'Secret 1' }, { type: 'delete', userId: 'user-42' }],
  };
  const { sent, kept } = await send(body);
  assert.deepEqual(
    sent.map(({ target, outcome, status }) => [target, outcome, status]),
    [['statsig', 'delivered', 202]],
  );
  assert.deepEqual(
    kept.map(({ event }) => event),
    [1, 2],
  );
  assert.match(kept[1]?.why ?? '', /cannot be undone/);
  assert.equal(statsig.requests[0]?.headers['statsig-api-key'], KEY);
  assert.deepEqual(statsig.requests[0]?.names, ['segment::Order Completed']);
  const [refused] = (await send({ ...body, body: ORDER })).sent;
  assert.deepEqual(
    [refused?.outcome, refused?.status, refused?.body],
    ['refused', 401, '{"message":"Invalid key [redacted]"}'],
  );
  assert.equal((await send({ ...body, body: ORDER })).sent[0]?.outcome, 'unanswered');
  const { text } = await ask({ method: 'GET', path: '/api/live', headers: bearer(READ_TOKEN) });
  assert.deepEqual(
    JSON.parse(text).entries.map(({ outcome, status, event }: LiveEntry) => [outcome, status, event]),
    [
      ['delivered', 202, 'segment::Order Completed'],
      ['failed_delivery', 401, 'segment::Order Completed'],
      ['failed_delivery', undefined, 'segment::Order Completed'],
    ],
  );
  assert.ok(!text.includes(KEY));
  assert.deepEqual(outbox.appended, []);
});

test('an event out of Statsig goes to each target; without a key or a target it is a dry run', async (context) => {
  const segment = await serveSegment(context);
  const targets = ['one', 'two'].map((name) => ({ name, writeKey: TARGET_KEY, host: segment.url }));
  const documents = [{ id: 'shop', outbound: { signingSecrets: ['signing-example'], targets } }, { id: 'dry' }];
  const { send } = await start(context, documents);
  const { sent } = await send({ source: 'statsig', workspace: 'shop', body: [EXPOSURE] });
  assert.deepEqual(sent.map(({ target, outcome }) => `${target} ${outcome}`).sort(), [
    'one delivered',
    'two delivered',
  ]);
  assert.equal(segment.accepted().length, 2);
  for (const body of [
    { source: 'statsig', body: [EXPOSURE] },
    { source: 'segment', body: ORDER },
  ])
    assert.deepEqual(
      (await send({ ...body, workspace: 'dry' })).sent.map(({ outcome }) => outcome),
      ['dry run'],
    );
});

test('a body with masked fields is tried, and not sent: its fields are named', async (context) => {
  const statsig = await serveLogEvent(context, () => ACCEPTED);
  const { tryBody, post } = await start(context, [{ ...SHOP, secretKey: KEY, eventsUrl: statsig.url }]);
  const masked = { ...ORDER, userId: '[redacted]', properties: { items: [{ note: 'for [redacted]' }] } };
  const text = JSON.stringify(masked).replace('"[redacted]"', '"\\u005bredacted]"');
  for (const body of [masked, [ORDER, masked], text, `${JSON.stringify(ORDER)}\n${text}`]) {
    const { status, text: answer } = await post('/api/tester/send', { source: 'segment', body }, ADMIN_TOKEN);
    assert.deepEqual([status, JSON.parse(answer).error], [400, 'TESTER_BODY_MASKED'], answer);
    assert.match(answer, /userId, .*properties\.items\[0\]\.note/);
  }
  assert.equal(statsig.requests.length, 0);
  const told = await tryBody({ source: 'segment', body: masked });
  assert.deepEqual(told.masked, ['userId', 'properties.items[0].note']);
  assert.equal(told.events[0]?.result, 'converted');
  const inName = await post(
    '/api/tester/send',
    { source: 'segment', body: { ...ORDER, traits: { 'x[redacted]': 1 } } },
    ADMIN_TOKEN,
  );
  assert.equal(inName.status, 400);
  assert.equal((await tryBody({ source: 'segment', body: ORDER })).masked, undefined);
  assert.equal(statsig.requests.length, 0);
});

test('where one of several calls is refused none is sent', async (context) => {
  const statsig = await serveLogEvent(context, () => ACCEPTED);
  const documents = ['a', 'b'].map((id) => ({
    id,
    secretKey: `${KEY}-${id}`,
    eventsUrl: statsig.url,
    trackingApi: { writeKeys: [`write-key-of-${id}`] },
  }));
  const { post } = await start(context, documents);
  const body = [{ writeKey: 'write-key-of-a', batch: [ORDER] }, { batch: [ORDER] }];
  const { status, text } = await post('/api/tester/send', { source: 'tracking-api', body }, ADMIN_TOKEN);
  assert.deepEqual([status, JSON.parse(text).error], [400, 'WORKSPACE_NOT_NAMED'], text);
  assert.equal(statsig.requests.length, 0);
});

test('of several workspaces none is taken for a body that names none: what is sent asks for it', async (context) => {
  const statsig = await serveLogEvent(context, () => ACCEPTED);
  const documents = ['a', 'b'].map((id) => ({ ...SHOP, id, secretKey: `${KEY}-${id}`, eventsUrl: statsig.url }));
  const { post, tryBody } = await start(context, documents);
  for (const source of ['segment', 'tracking-api', 'rudderstack', 'statsig'])
    for (const workspace of [undefined, 'c']) {
      const body = { source, body: source === 'statsig' ? EXPOSURE : ORDER, workspace };
      const { status, text } = await post('/api/tester/send', body, ADMIN_TOKEN);
      assert.deepEqual([status, JSON.parse(text).error], [400, 'WORKSPACE_NOT_NAMED'], `${source}: ${text}`);
      assert.match(text, /a, b/);
      assert.doesNotMatch(text, /--workspace/);
      assert.equal((await tryBody(body)).problem?.code, 'WORKSPACE_NOT_NAMED');
    }
  assert.equal(statsig.requests.length, 0);
});

test('it is told beforehand that nothing leaves a workspace without a key, and nothing does', async (context) => {
  const statsig = await serveLogEvent(context, () => ACCEPTED);
  const documents = [
    { id: 'dry', eventsUrl: statsig.url },
    { id: 'real', eventsUrl: statsig.url, secretKey: KEY },
  ];
  const { send, tryBody } = await start(context, documents);
  for (const source of ['segment', 'tracking-api', 'rudderstack', 'statsig']) {
    const body = { source, workspace: 'dry', body: source === 'statsig' ? [EXPOSURE] : ORDER };
    assert.equal((await tryBody(body)).events[0]?.dryRun, true, source);
    assert.deepEqual(
      (await send(body)).sent.map(({ outcome }) => outcome),
      ['dry run'],
      source,
    );
  }
  assert.equal(statsig.requests.length, 0);
  const real = { source: 'segment', workspace: 'real', body: ORDER };
  assert.equal((await tryBody(real)).events[0]?.dryRun, undefined);
});

test('a read token tries and does not send; no token does neither', async (context) => {
  const { post, ask } = await start(context, [{ ...SHOP, secretKey: KEY }]);
  const body = { source: 'segment', body: ORDER };
  assert.equal((await post('/api/tester', body)).status, 200);
  assert.equal((await post('/api/tester/send', body)).status, 403);
  assert.equal((await post('/api/tester/send', { ...body, settings: {} }, ADMIN_TOKEN)).status, 400);
  for (const path of ['/api/tester', '/api/tester/send']) assert.equal((await ask({ path, body })).status, 401);
});
