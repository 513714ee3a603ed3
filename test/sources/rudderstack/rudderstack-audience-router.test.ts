// How many requests the audience events of one call become, and which jobs stand in which entry.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import request from 'supertest';
import { testApp } from '../../../testkit/app.js';
import { element } from '../../../testkit/rudderstack.js';
import {
  audienceListJob,
  inSendingOrder,
  jobIdsOf,
  type ListEntry,
  listDestination,
  recordJob,
  requestsOf,
} from '../../../testkit/rudderstack-audience.js';

async function routerTransform(input: readonly object[]): Promise<readonly ListEntry[]> {
  const { handler } = testApp();
  const response = await request(handler)
    .post('/routerTransform')
    .send({ input, destType: 'statsig' })
    .expect(200)
    .expect('apiversion', '2');
  return response.body.output;
}

const LISTS = ['shoppers', 'lapsed', 'vip'].map((listId) => listDestination(listId));

function records(count: number): object[] {
  return Array.from({ length: count }, (_, i) => {
    const destination = LISTS[i % LISTS.length] ?? {};
    return recordJob(i + 1, destination, i % 5 === 0 ? 'delete' : 'insert', `user-${i}`);
  });
}

const shape = (entry: ListEntry) =>
  requestsOf(entry).map(({ method, body }) => [method, body.JSON.ids.length] as const);

test('1 000 records of three lists in one call become three entries of two requests, each job in exactly one', async () => {
  const entries = await routerTransform(records(1000));
  assert.deepEqual(entries.map(shape), [
    [
      ['DELETE', 67],
      ['PATCH', 267],
    ],
    [
      ['DELETE', 66],
      ['PATCH', 267],
    ],
    [
      ['DELETE', 67],
      ['PATCH', 266],
    ],
  ]);
  assert.deepEqual(
    jobIdsOf(entries).toSorted((a, b) => a - b),
    Array.from({ length: 1000 }, (_, i) => i + 1),
  );
  entries.forEach((entry, list) => {
    assert.ok(jobIdsOf([entry]).every((jobId) => (jobId - 1) % LISTS.length === list));
    const [{ endpoint } = { endpoint: '' }] = requestsOf(entry);
    const name = ['shoppers', 'lapsed', 'vip'][list];
    assert.equal(endpoint, `https://statsigapi.net/console/v1/segments/${name}/id_list`);
  });
});

test('1 000 records in calls of 20 become two requests for each list and call', async () => {
  const jobs = records(1000);
  let requests = 0;
  for (let i = 0; i < jobs.length; i += 20)
    requests += (await routerTransform(jobs.slice(i, i + 20))).flatMap(requestsOf).length;
  assert.ok(requests <= 50 * 6, `${requests} requests`);
});

test('an entry changes at most 1 000 ids, and entries follow each other by job id', async () => {
  const destination = listDestination('shoppers');
  const jobs = Array.from({ length: 2500 }, (_, i) =>
    recordJob(i + 1, destination, i % 2 === 0 ? 'insert' : 'delete', `user-${i}`),
  );
  const entries = await routerTransform(jobs.toReversed());
  assert.deepEqual(entries.map(shape), [
    [
      ['DELETE', 500],
      ['PATCH', 500],
    ],
    [
      ['DELETE', 500],
      ['PATCH', 500],
    ],
    [
      ['DELETE', 250],
      ['PATCH', 250],
    ],
  ]);
  assert.deepEqual(
    jobIdsOf(entries),
    jobs.map((_, i) => i + 1),
  );
});

test('jobs of the same 1 000 ids share one entry however many they are', async () => {
  const destination = listDestination('shoppers');
  const jobs = Array.from({ length: 3000 }, (_, i) => recordJob(i + 1, destination, 'insert', `user-${i % 1000}`));
  const entries = await routerTransform(jobs);
  assert.deepEqual(entries.map(shape), [[['PATCH', 1000]]]);
  assert.equal(jobIdsOf(entries).length, 3000);
});

test('a job of more than 1 000 ids is one entry of several requests', async () => {
  const destination = listDestination('shoppers');
  const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `user-${from + i}`);
  const entries = await routerTransform([
    recordJob(1, destination, 'insert', 'user-1'),
    audienceListJob(2, destination, ids(0, 2500), ids(2500, 3700)),
    recordJob(3, destination, 'delete', 'user-1'),
  ]);
  assert.deepEqual(
    entries.map((entry) => jobIdsOf([entry])),
    [[1], [2], [3]],
  );
  const [, big] = entries;
  assert.ok(big);
  assert.deepEqual(shape(big), [
    ['DELETE', 1000],
    ['DELETE', 200],
    ['PATCH', 1000],
    ['PATCH', 1000],
    ['PATCH', 500],
  ]);
});

test("a user's jobs go in the order of their ids, whichever entries they are in", async () => {
  const destination = listDestination('shoppers');
  const jobs = Array.from({ length: 3000 }, (_, i) =>
    recordJob(i + 1, destination, 'insert', `user-${(i * 7) % 2000}`, { userId: `rudder-${i % 50}` }),
  );
  const sent = jobIdsOf(inSendingOrder(await routerTransform(jobs.toReversed())));
  for (let user = 0; user < 50; user += 1) {
    const own = sent.filter((jobId) => (jobId - 1) % 50 === user);
    assert.equal(own.length, 60);
    assert.deepEqual(
      own,
      own.toSorted((a, b) => a - b),
    );
  }
});

test('audience events are counted like other events', async () => {
  const { handler } = testApp();
  const destination = listDestination('shoppers');
  const input = [
    recordJob(1, destination, 'insert', 'user-1'),
    recordJob(2, destination, 'insert', ''),
    element(3, { destination, message: { type: 'record' } }),
  ];
  await request(handler).post('/routerTransform').send({ destType: 'statsig', input }).expect(200);
  const { text } = await request(handler).get('/metrics');
  assert.match(text, /statsig_cdp_events_total\{[^}]*stage="router",outcome="converted",[^}]*\} 1\n/);
  assert.match(text, /statsig_cdp_events_total\{[^}]*outcome="filtered",reason="no_audience_id"[^}]*\} 1\n/);
  assert.match(text, /statsig_cdp_events_total\{[^}]*reason="audience_membership_missing"[^}]*\} 1\n/);
});
