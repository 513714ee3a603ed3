// The stand-ins over real HTTP: they hold what came, say which published rules it breaks, and answer what is ordered.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createSegmentStandIn, type SegmentStandInOptions } from '../../src/contract/stand-ins/segment-stand-in.js';
import { createStatsigStandIn, type StatsigStandInOptions } from '../../src/contract/stand-ins/statsig-stand-in.js';
import { createUpstreamStandIn } from '../../src/contract/stand-ins/upstream-stand-in.js';

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const STATSIG_KEY = { ...JSON_TYPE, 'statsig-api-key': 'secret-example' };
const CONSOLE_HEADERS = { ...STATSIG_KEY, 'statsig-api-version': '20240601' };
const SEGMENT_KEY = { ...JSON_TYPE, authorization: `Basic ${btoa('write-key:')}` };

async function ask(url: string, { method = 'POST', headers = {}, body }: Sent = {}) {
  const sent = body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const response = await fetch(url, { method, headers, ...(sent !== undefined && { body: sent }) });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text };
}

async function statsig(context: TestContext, options?: StatsigStandInOptions) {
  const standIn = await createStatsigStandIn(options);
  context.after(standIn.close);
  return standIn;
}

async function segment(context: TestContext, options?: SegmentStandInOptions) {
  const standIn = await createSegmentStandIn(options);
  context.after(standIn.close);
  return standIn;
}

test('Statsig takes events, compressed too, and holds them with their request', async (context) => {
  const standIn = await statsig(context);
  const body = { events: [{ eventName: 'Order Completed', user: { userID: 'user-42' }, value: 1, time: 1 }] };
  const plain = await ask(`${standIn.url}/v1/log_event`, { headers: STATSIG_KEY, body });
  const packed = gzipSync(JSON.stringify(body));
  const gzip = { ...STATSIG_KEY, 'content-encoding': 'gzip' };
  const zipped = await ask(`${standIn.url}/v1/log_event`, { headers: gzip, body: packed });
  assert.deepEqual([plain.status, plain.text, zipped.status], [202, '{"success":true}', 202]);
  assert.deepEqual(standIn.problems, []);
  assert.deepEqual(standIn.events, [...body.events, ...body.events]);
  const [first, second] = standIn.requests;
  assert.deepEqual([first?.method, first?.path, first?.body, first?.status], ['POST', '/v1/log_event', body, 202]);
  assert.deepEqual([second?.text, second?.headers['content-encoding']], [JSON.stringify(body), 'gzip']);
});

test('what breaks a rule of Statsig is answered as an error, and named', async (context) => {
  const standIn = await statsig(context, { keys: ['secret-example'] });
  const url = `${standIn.url}/v1/log_event`;
  const cases = [
    { headers: STATSIG_KEY, body: { events: [{ user: {} }] } },
    { headers: STATSIG_KEY, body: { events: [] } },
    { headers: STATSIG_KEY, body: { events: [{ eventName: 'a', metadata: { count: 1 } }] } },
    { headers: { ...STATSIG_KEY, 'statsig-api-key': 'other' }, body: { events: [{ eventName: 'a' }] } },
    { headers: JSON_TYPE, body: { events: [{ eventName: 'a' }] } },
  ];
  const statuses = [];
  for (const sent of cases) statuses.push((await ask(url, sent)).status);
  const nowhere = await ask(`${standIn.url}/v1/nothing`, { headers: STATSIG_KEY, body: {} });
  assert.deepEqual([...statuses, nowhere.status], [400, 400, 400, 401, 401, 404]);
  assert.deepEqual(standIn.problems, [
    "POST /v1/log_event: the body/events/0 must have required property 'eventName'",
    'POST /v1/log_event: the body/events must NOT have fewer than 1 items',
    'POST /v1/log_event: the body/events/0/metadata/count must be string',
    'POST /v1/log_event: the key is none of those that are taken',
    'POST /v1/log_event: there is no header STATSIG-API-KEY',
    'POST /v1/nothing: no document names this path',
  ]);
  assert.deepEqual(standIn.events, []);
});

test('a body that is not compressed as it says is held, and named', async (context) => {
  const standIn = await statsig(context);
  const headers = { ...STATSIG_KEY, 'content-encoding': 'gzip' };
  const answer = await ask(`${standIn.url}/v1/log_event`, { headers, body: Buffer.from('{}') });
  assert.equal(answer.status, 400);
  assert.match(standIn.problems[0] ?? '', /the body is not compressed as its Content-Encoding says/);
});

test('faults come in the order in which they are ordered', async (context) => {
  const standIn = await statsig(context);
  const url = `${standIn.url}/v1/log_event`;
  const sent = { headers: STATSIG_KEY, body: { events: [{ eventName: 'a' }] } };
  let open = () => {};
  const until = new Promise<void>((resolve) => {
    open = resolve;
  });
  standIn.answerNext(
    { status: 429, headers: { 'retry-after': '7' }, body: { success: false } },
    { connection: 'reset unread' },
    { connection: 'reset', performs: false },
    { connection: 'cut' },
    { until },
  );
  const busy = await ask(url, sent);
  assert.deepEqual([busy.status, busy.headers.get('retry-after'), busy.text], [429, '7', '{"success":false}']);
  for (const _ of ['unread', 'reset', 'cut']) await assert.rejects(ask(url, sent));
  assert.deepEqual([standIn.unread, standIn.requests.length, standIn.events.length], [1, 3, 1]);
  const late = ask(url, sent);
  await standIn.received(4);
  assert.equal(standIn.requests[3]?.status, undefined, 'not answered yet');
  open();
  assert.equal((await late).status, 202);
  standIn.answerBy(({ text }) => (text.includes('"b"') ? { status: 500, body: 'no' } : undefined));
  const refused = await ask(url, { ...sent, body: { events: [{ eventName: 'b' }] } });
  assert.deepEqual([refused.status, refused.text, (await ask(url, sent)).status], [500, 'no', 202]);
  standIn.clear();
  assert.deepEqual([standIn.requests, standIn.events, standIn.unread], [[], [], 0]);
});

test('the Console API keeps lists, and takes no call that its OpenAPI document does not have', async (context) => {
  const standIn = await statsig(context);
  const at = (path: string) => `${standIn.url}/console/v1/segments${path}`;
  const body = { name: 'shoppers', type: 'id_list', idType: 'userID' };
  assert.equal((await ask(at(''), { headers: CONSOLE_HEADERS, body })).status, 201);
  const ids = { ids: ['user-1', 'user-2'] };
  assert.equal(
    (await ask(at('/shoppers/id_list'), { method: 'PATCH', headers: CONSOLE_HEADERS, body: ids })).status,
    200,
  );
  const one = { ids: ['user-1'] };
  assert.equal(
    (await ask(at('/shoppers/id_list'), { method: 'DELETE', headers: CONSOLE_HEADERS, body: one })).status,
    200,
  );
  const shown = await ask(at('/shoppers'), { method: 'GET', headers: CONSOLE_HEADERS });
  assert.deepEqual([shown.status, JSON.parse(shown.text).data.count], [200, 1]);
  assert.deepEqual([...(standIn.lists.get('shoppers')?.ids ?? [])], ['user-2']);
  assert.deepEqual(standIn.problems, []);
  assert.equal(
    (await ask(at('/shoppers/id_list'), { method: 'PUT', headers: CONSOLE_HEADERS, body: ids })).status,
    404,
  );
  assert.equal((await ask(at('/other'), { method: 'GET', headers: STATSIG_KEY })).status, 404);
  assert.deepEqual(standIn.problems, [
    'PUT /console/v1/segments/shoppers/id_list: the OpenAPI document has no such call',
    'GET /console/v1/segments/other: there is no version of the API in the headers',
  ]);
});

test('a deletion is taken once, and messages of the webhooks are held', async (context) => {
  const standIn = await statsig(context);
  const headers = STATSIG_KEY;
  const body = { unit_type: 'user_id', ids: 'user-1|user-2', delimiter: '|', request_id: 'request-a' };
  const asked = await ask(`${standIn.url}/v1/delete_user_data`, { headers, body });
  const again = await ask(`${standIn.url}/v1/delete_user_data`, { headers, body });
  assert.deepEqual([asked.status, JSON.parse(asked.text), again.status], [200, { request_id: 'request-a' }, 400]);
  assert.deepEqual([...standIn.deletions.values()], [{ userIds: ['user-1', 'user-2'], requestId: 'request-a' }]);
  const url = `${standIn.url}/v1/get_delete_user_data_request_status`;
  const status = await ask(url, { headers, body: { request_id: 'request-a' } });
  assert.deepEqual(JSON.parse(status.text), { status: 'PENDING' });
  const message = { type: 'track', event: 'a', userId: 'user-1' };
  assert.equal((await ask(`${standIn.url}/v1/webhooks/rudderstack`, { headers, body: message })).status, 200);
  assert.deepEqual(standIn.messages, [message]);
  assert.deepEqual(standIn.problems, []);
});

test('Segment says 200 to what breaks its rules, and the stand-in names them', async (context) => {
  const standIn = await segment(context);
  const event = { type: 'track', event: 'a', userId: 'user-1', messageId: 'message-1' };
  const good = await ask(`${standIn.url}/v1/batch`, { headers: SEGMENT_KEY, body: { batch: [event] } });
  assert.deepEqual([good.status, good.text, standIn.problems], [200, '{"success":true}', []]);
  assert.deepEqual(standIn.events, [{ writeKey: 'write-key', event }]);
  const bad = { batch: [{ type: 'track', messageId: 'x'.repeat(101) }, event, event] };
  assert.equal((await ask(`${standIn.url}/v1/batch`, { headers: SEGMENT_KEY, body: bad })).status, 200);
  assert.deepEqual(standIn.problems, [
    'POST /v1/batch: batch[0] is a track call without a name',
    'POST /v1/batch: batch[0] has neither userId nor anonymousId',
    'POST /v1/batch: batch[0] has a messageId of more than 100 characters',
    'POST /v1/batch: a messageId comes twice in the batch',
  ]);
  standIn.clear();
  const single = { writeKey: 'write-key', event: 'a', userId: 'user-1' };
  assert.equal((await ask(`${standIn.url}/v1/t`, { body: single })).status, 200);
  assert.deepEqual(standIn.problems, []);
  const large = { ...event, properties: { text: 'x'.repeat(33_000) } };
  assert.equal((await ask(`${standIn.url}/v1/track`, { headers: SEGMENT_KEY, body: large })).status, 400);
  assert.equal((await ask(`${standIn.url}/v1/batch`, { headers: SEGMENT_KEY, body: Buffer.from('{') })).status, 400);
  const settings = await ask(`${standIn.url}/v1/projects/write-key/settings`, { method: 'GET' });
  assert.equal(JSON.parse(settings.text).integrations['Segment.io'].apiKey, 'write-key');
});

test("a data plane of RudderStack's refuses a key that it does not know, Segment takes it and drops the events", async (context) => {
  const body = { batch: [{ type: 'track', event: 'a', userId: 'user-1' }] };
  const standIns = [
    await segment(context, { as: 'rudderstack', writeKeys: ['other'] }),
    await segment(context, { writeKeys: ['other'] }),
  ];
  const answers = [];
  for (const { url } of standIns) answers.push((await ask(`${url}/v1/batch`, { headers: SEGMENT_KEY, body })).status);
  assert.deepEqual(answers, [401, 200]);
  for (const { events, problems } of standIns)
    assert.deepEqual([events, problems], [[], ['POST /v1/batch: the write key is not known']]);
});

test('the upstream answers as a stock transformer does', async (context) => {
  const standIn = await createUpstreamStandIn({ features: { routerTransform: { BRAZE: true } } });
  context.after(standIn.close);
  const health = await ask(`${standIn.url}/health`, { method: 'GET' });
  const features = await ask(`${standIn.url}/features`, { method: 'GET' });
  assert.deepEqual([health.text, features.text], ['{"service":"UP"}', '{"routerTransform":{"BRAZE":true}}']);
  const body = [{ message: { type: 'track' }, metadata: { jobId: 1 } }];
  const answer = await ask(`${standIn.url}/v0/destinations/braze`, { headers: JSON_TYPE, body });
  const [event] = JSON.parse(answer.text);
  assert.deepEqual([event.output.body.JSON, event.metadata, event.statusCode], [{ type: 'track' }, { jobId: 1 }, 200]);
});

test('waiting for requests can be given up', async (context) => {
  const standIn = await statsig(context);
  const stop = new AbortController();
  const waiting = standIn.received(1, stop.signal);
  stop.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
});
