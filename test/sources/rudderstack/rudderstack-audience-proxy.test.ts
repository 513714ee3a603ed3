// Changes of ID lists that rudder-server hands over for delivery: what goes over the wire to the console, and what each job is told.

import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { type TestContext, test } from 'node:test';
import request from 'supertest';
import { staticStore } from '../../../src/settings/store.js';
import { createEndpointCheck } from '../../../src/statsig/statsig-endpoints.js';
import { testApp } from '../../../testkit/app.js';
import { serve } from '../../../testkit/loopback.js';
import { audienceListJob, type ListEntry, listDestination, requestsOf } from '../../../testkit/rudderstack-audience.js';

const KEY = 'console-example';
const JOBS = [
  { jobId: 1, destinationId: 'dst-shoppers', workspaceId: 'ws-1' },
  { jobId: 2, destinationId: 'dst-shoppers', workspaceId: 'ws-1' },
];

interface Call {
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
  readonly ids: readonly string[];
}

interface Answer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}

const YES: Answer = { status: 200, body: '{"message":"IDs successfully added to Segment ID List"}' };

/** A console on loopback that answers by the ids it is sent, and an app whose settings document names it. */
async function start(context: TestContext, answerTo: (ids: readonly string[], call: number) => Answer = () => YES) {
  const calls: Call[] = [];
  const server = await serve(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const { ids } = JSON.parse(Buffer.concat(chunks).toString());
    calls.push({ line: `${incoming.method} ${incoming.url}`, headers: incoming.headers, ids });
    const { status, body, headers } = answerTo(ids, calls.length);
    response.writeHead(status, headers).end(body);
  });
  context.after(server.close);
  const { handler } = testApp({ documents: [{ id: 'shop', consoleUrl: server.url }] });

  function deliver(delivery: object, version = 'v1') {
    return request(handler).post(`/${version}/destinations/statsig/proxy`).send(delivery);
  }
  function change(method: string, ids: readonly string[]) {
    return {
      type: 'REST',
      method,
      endpoint: `${server.url}/console/v1/segments/shoppers/id_list`,
      headers: { 'STATSIG-API-KEY': KEY, 'STATSIG-API-VERSION': '20240601', 'content-type': 'application/json' },
      params: {},
      body: { JSON: { ids }, JSON_ARRAY: {}, XML: {}, FORM: {} },
      files: {},
      metadata: JOBS,
    };
  }
  return { handler, calls, url: server.url, deliver, change };
}

interface JobResponse {
  readonly statusCode: number;
  readonly metadata: object;
  readonly error: string;
}

function jobAnswers(response: { readonly body: { readonly output: { readonly response: readonly JobResponse[] } } }) {
  return response.body.output.response;
}

function assertAll(answers: readonly JobResponse[], status: number): void {
  assert.deepEqual(
    answers.map(({ statusCode, metadata }) => ({ statusCode, metadata })),
    JOBS.map((metadata) => ({ statusCode: status, metadata })),
  );
}

test('the requests of a router answer are delivered as they are, by their own methods', async (context) => {
  const { handler, calls, url, deliver } = await start(context);
  const destination = listDestination('shoppers', { consoleUrl: url });
  const input = [audienceListJob(1, destination, ['user-1', 'user-2'], ['user-3'])];
  const { body } = await request(handler).post('/routerTransform').send({ destType: 'statsig', input }).expect(200);
  const [entry]: readonly ListEntry[] = body.output;
  assert.ok(entry);
  const { metadata } = entry;
  for (const each of requestsOf(entry)) {
    const delivered = await deliver({ ...each, metadata })
      .expect(200)
      .expect('apiversion', '2');
    assert.equal(jobAnswers(delivered)[0]?.statusCode, 200);
  }
  assert.deepEqual(
    calls.map(({ line, ids }) => ({ line, ids })),
    [
      { line: 'DELETE /console/v1/segments/shoppers/id_list', ids: ['user-3'] },
      { line: 'PATCH /console/v1/segments/shoppers/id_list', ids: ['user-1', 'user-2'] },
    ],
  );
  for (const { headers } of calls) {
    assert.equal(headers['statsig-api-key'], KEY);
    assert.equal(headers['statsig-api-version'], '20240601');
    assert.equal(headers['content-type'], 'application/json');
    assert.match(headers['user-agent'] ?? '', /^statsig-cdp\//);
    assert.equal(headers['statsig-client-time'], undefined);
  }
});

test('version 0 tells the status of the console as its own', async (context) => {
  const { deliver, change } = await start(context, (ids) => (ids.includes('user-1') ? YES : { status: 500 }));
  const [metadata] = JOBS;
  await deliver({ ...change('PATCH', ['user-1']), metadata }, 'v0').expect(200);
  const failed = await deliver({ ...change('DELETE', ['user-2']), metadata }, 'v0').expect(500);
  assert.equal(failed.body.output.status, 500);
});

test('a 429 is told to every job, with the time to wait', async (context) => {
  const { calls, deliver, change } = await start(context, () => ({
    status: 429,
    headers: { 'retry-after': '7' },
    body: '{"status":429,"message":"Too many requests"}',
  }));
  const response = await deliver(change('PATCH', ['user-1', 'user-2', 'user-3'])).expect(200);
  assertAll(jobAnswers(response), 429);
  for (const { error } of jobAnswers(response)) assert.match(error, /\(Retry-After: 7\)$/);
  assert.equal(response.body.output.statTags.errorType, 'throttled');
  assert.equal(calls.length, 1);
});

test('a 400 is final for every job: none is asked for again, alone', async (context) => {
  const { calls, deliver, change } = await start(context, () => ({
    status: 400,
    body: '{"status":400,"message":"Segment must be of type id_list"}',
  }));
  const response = await deliver(change('PATCH', ['user-1', 'user-2'])).expect(200);
  assertAll(jobAnswers(response), 400);
  assert.equal(response.body.output.statTags.errorType, 'aborted');
  assert.equal(calls.length, 1);
});

test('a key that the console repeats is not passed on', async (context) => {
  const { deliver, change } = await start(context, () => ({
    status: 401,
    body: `{"status":401,"message":"an invalid key was sent. Key: ${KEY}"}`,
  }));
  for (const version of ['v0', 'v1']) {
    const metadata = version === 'v0' ? JOBS[0] : JOBS;
    const response = await deliver({ ...change('PATCH', ['user-1']), metadata }, version);
    assert.match(response.text, /an invalid key was sent/);
    assert.ok(!response.text.includes(KEY), response.text);
  }
});

const TOO_LARGE: Answer = { status: 413, body: '{"status":413,"message":"Payload too large"}' };

test('what is too large is sent in halves, one after the other, with one verdict', async (context) => {
  const { calls, deliver, change } = await start(context, (ids) => (ids.length > 2 ? TOO_LARGE : YES));
  const response = await deliver(change('DELETE', ['a', 'b', 'c', 'd', 'e'])).expect(200);
  assertAll(jobAnswers(response), 200);
  assert.deepEqual(
    calls.map(({ ids }) => ids.join('')),
    ['abcde', 'abc', 'ab', 'c', 'de'],
  );
  assert.ok(calls.every(({ line }) => line.startsWith('DELETE ')));
});

test('a single id that is too large is final', async (context) => {
  const { calls, deliver, change } = await start(context, () => TOO_LARGE);
  assertAll(jobAnswers(await deliver(change('PATCH', ['a'])).expect(200)), 413);
  assert.equal(calls.length, 1);
});

test('of two halves the one that must be retried decides, then the one that cannot be fixed', async (context) => {
  let statuses: readonly number[] = [];
  const { calls, deliver, change } = await start(context, (_, call) => {
    const status = statuses[call - 1] ?? 200;
    return status === 200 ? YES : { status, body: '{}' };
  });
  const cases = [
    { answers: [413, 200, 500], verdict: 500, sent: 3 },
    { answers: [413, 500, 200], verdict: 500, sent: 2 },
    { answers: [413, 400, 200], verdict: 400, sent: 3 },
    { answers: [413, 200, 404], verdict: 404, sent: 3 },
    { answers: [413, 400, 429], verdict: 429, sent: 3 },
  ];
  for (const { answers, verdict, sent } of cases) {
    statuses = answers;
    calls.length = 0;
    assertAll(jobAnswers(await deliver(change('PATCH', ['a', 'b'])).expect(200)), verdict);
    assert.equal(calls.length, sent, answers.join());
  }
});

test('lists are changed at consoles of Statsig and of settings documents only, each by its own path and methods', () => {
  const documents = [{ id: 'shop', settings: { consoleUrl: 'https://statsig.example.com/relay/' } }];
  const store = { ...staticStore([]), generation: 1 };
  const isAllowed = createEndpointCheck(store);
  const path = '/console/v1/segments/first_time-shoppers/id_list';
  for (const host of ['https://statsigapi.net', 'https://api.statsig.com']) {
    assert.equal(isAllowed(host + path, 'PATCH'), true, host);
    assert.equal(isAllowed(host + path, 'DELETE'), true, host);
    assert.equal(isAllowed(host + path, 'POST'), false, host);
    assert.equal(isAllowed(`${host}/v1/log_event`, 'POST'), true, host);
    assert.equal(isAllowed(`${host}/v1/log_event`, 'PATCH'), false, host);
  }
  assert.equal(isAllowed(`https://statsig.example.com/relay${path}`, 'PATCH'), false);
  Object.assign(store, { documents, generation: 2 });
  assert.equal(isAllowed(`https://statsig.example.com/relay${path}`, 'PATCH'), true);
  assert.equal(isAllowed(`https://statsig.example.com${path}`, 'PATCH'), false);

  for (const url of [
    `http://statsigapi.net${path}`,
    `https://events.statsigapi.net${path}`,
    `https://statsigapi.net.example.com${path}`,
    `https://statsigapi.net@example.com${path}`,
    `https://statsigapi.net/x${path}`,
    `https://statsigapi.net${path}/reset`,
    `https://statsigapi.net${path}?x=1`,
    `https://statsigapi.net${path}\n`,
    'https://statsigapi.net/console/v1/segments/shoppers',
    'https://statsigapi.net/console/v1/segments/../id_list',
    'https://statsigapi.net/console/v1/segments/a%2Fb/id_list',
    'https://statsigapi.net/console/v1/segments/a/b/id_list',
    'https://statsigapi.net/console/v1/gates/shoppers/id_list',
  ]) {
    assert.equal(isAllowed(url, 'PATCH'), false, url);
    assert.equal(isAllowed(url, 'DELETE'), false, url);
  }
});
