// How many Statsig requests a number of events become, and in which order.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import request from 'supertest';
import { testApp } from '../../../testkit/app.js';
import { element, mixedElements } from '../../../testkit/rudderstack.js';

interface Entry {
  readonly batchedRequest: {
    readonly body: { readonly JSON: { readonly events: readonly { readonly user: { readonly userID: string } }[] } };
  };
  readonly metadata: readonly { readonly jobId: number }[];
  readonly statusCode: number;
}

async function routerTransform(input: readonly object[], documents: readonly object[] = []): Promise<readonly Entry[]> {
  const { handler } = testApp({ documents });
  const response = await request(handler)
    .post('/routerTransform')
    .send({ input, destType: 'statsig' })
    .expect(200)
    .expect('apiversion', '2');
  return response.body.output;
}

const jobIds = (entries: readonly Entry[]): number[] =>
  entries.flatMap(({ metadata }) => metadata.map(({ jobId }) => jobId));

test('1 000 events of mixed types in calls of 20 become at most 55 requests', async () => {
  const events = mixedElements(1000);
  let requests = 0;
  for (let i = 0; i < events.length; i += 20) requests += (await routerTransform(events.slice(i, i + 20))).length;
  assert.ok(requests <= 55, `${requests} requests`);
});

test('1 000 events in one call become at most 3 requests, each job in exactly one', async () => {
  const entries = await routerTransform(mixedElements(1000));
  assert.ok(entries.length <= 3, `${entries.length} requests`);
  assert.deepEqual(
    jobIds(entries),
    Array.from({ length: 1000 }, (_, i) => i + 1),
  );
  for (const { batchedRequest, metadata } of entries)
    assert.equal(batchedRequest.body.JSON.events.length, metadata.length);
});

test('a batch holds at most maxBatchBytes of event JSON, and a larger event goes alone', async () => {
  const note = (bytes: number) => ({ message: { properties: { note: 'x'.repeat(bytes) } } });
  const settings = {
    id: 'small',
    rudderstack: { destinationIds: ['dst-1'] },
    maxBatchBytes: 1000,
    metadataMaxLength: 5000,
  };
  const entries = await routerTransform(
    [element(1, note(300)), element(2, note(300)), element(3, note(300)), element(4, note(3000)), element(5, note(10))],
    [settings],
  );
  assert.deepEqual(
    entries.map(({ metadata }) => metadata.map(({ jobId }) => jobId)),
    [[1, 2], [3], [4], [5]],
  );
});

test('sizes are counted in bytes, not in characters', async () => {
  const settings = { id: 'small', rudderstack: { destinationIds: ['dst-1'] }, maxBatchBytes: 1000 };
  const entries = await routerTransform(
    [1, 2].map((jobId) => element(jobId, { message: { properties: { note: 'ж'.repeat(250) } } })),
    [settings],
  );
  assert.equal(entries.length, 2);
});

test('jobs that arrive out of order leave in the order of their ids', async () => {
  const entries = await routerTransform(
    [3, 1, 2].map((jobId) => element(jobId)),
    [{ id: 'two', rudderstack: { destinationIds: ['dst-1'] }, maxBatchEvents: 2 }],
  );
  assert.deepEqual(
    entries.map(({ metadata }) => metadata.map(({ jobId }) => jobId)),
    [[1, 2], [3]],
  );
});

test('an event that must go alone does not let later events of its user overtake it', async () => {
  const entries = await routerTransform([element(1), element(2, { metadata: { dontBatch: true } }), element(3)]);
  assert.deepEqual(
    entries.map(({ metadata }) => metadata.map(({ jobId }) => jobId)),
    [[1], [2], [3]],
  );
});
