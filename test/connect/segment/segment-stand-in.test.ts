// The stand-in for Segment that connecting is tested against: what it takes, what it refuses, and what it posts.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import type { JsonObject } from '../../../src/model/segment-event.js';
import { serve } from '../../../testkit/loopback.js';
import { SEND, WEBHOOK } from '../../../testkit/segment-public-api/catalog.js';
import { answerProblems, OPERATIONS } from '../../../testkit/segment-public-api/document.js';
import {
  PUBLIC_API_TOKEN,
  type SegmentOptions,
  startSegment,
  tooMany,
} from '../../../testkit/segment-public-api/stand-in.js';
import { until } from '../../../testkit/until.js';

const V1 = 'application/vnd.segment.v1+json';
const ALPHA = 'application/vnd.segment.v1alpha+json';

async function setUp(context: TestContext, options: SegmentOptions = {}) {
  const segment = await startSegment(context, options);
  async function ask(
    method: string,
    path: string,
    { body, accept = V1, token = PUBLIC_API_TOKEN }: { body?: unknown; accept?: string; token?: string } = {},
  ) {
    const response = await fetch(`${segment.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, accept, ...(body !== undefined && { 'content-type': accept }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = JSON.parse(await response.text());
    return { status: response.status, answer, headers: response.headers };
  }
  return { segment, ask };
}

const one = { sharedSecret: 'shared-secret-example' };
const mapping = (url: string, more: object = {}) => ({
  name: 'mapping',
  actionId: SEND.id,
  trigger: 'type = "track" or type = "page"',
  enabled: true,
  settings: {
    url,
    method: 'POST',
    headers: { Authorization: 'Bearer header-example' },
    data: { '@path': '$.' },
    ...more,
  },
});

test('a request that the document does not describe is refused, and fails the test that makes it', async (context) => {
  const { segment, ask } = await setUp(context);
  const { sources, destinations } = segment.workspace.state();
  const cases: readonly (readonly [string, string, object, number, RegExp])[] = [
    ['GET', '/sources', {}, 422, /the query has no pagination/],
    ['GET', '/sources?pagination[count]=1001', {}, 422, /count must be <= 1000/],
    ['GET', '/sources?pagination[count]=1&limit=3', {}, 422, /limit, which is not described/],
    ['GET', '/sources?pagination[size]=1', {}, 422, /must NOT have additional properties size/],
    ['GET', '/sources?pagination.count=1', { accept: 'text/html' }, 422, /Accept text\/html is not described/],
    ['GET', '/destinations/d1/subscriptions?pagination.count=1', {}, 422, /Accept .*v1\+json is not described/],
    ['POST', '/sources', {}, 422, /Content-Type {2}is not described/],
    ['POST', '/sources', { body: { slug: 'a', metadataId: 'iUM16Md8P2' } }, 422, /required property 'enabled'/],
    ['POST', '/sources', { body: { slug: 'a', enabled: 'yes', metadataId: 'x' } }, 422, /enabled must be boolean/],
    ['POST', '/sources', { body: { slug: 'a', enabled: true, metadataId: 'x', name: 'A' } }, 422, /additional .* name/],
    ['DELETE', '/sources/source-1', { body: {} }, 422, /it has a body, and none is described/],
    ['PUT', '/sources/source-1', {}, 404, /PUT \/sources\/source-1 is not described/],
    ['GET', '/warehouses?pagination.count=1', {}, 404, /is not described/],
  ];
  for (const [method, path, options, status, problem] of cases) {
    const { status: got, answer } = await ask(method, path, options);
    assert.equal(got, status, `${method} ${path}`);
    assert.ok(Array.isArray(answer.errors));
    // What stays here fails the test when it ends.
    assert.match(segment.problems.splice(0).join('\n'), problem);
  }
  assert.deepEqual(segment.workspace.state().sources, sources);
  assert.deepEqual(segment.workspace.state().destinations, destinations);
  assert.deepEqual(segment.calls, []);
});

test('one request that is not described fails the test when it ends', async () => {
  const ends: (() => unknown)[] = [];
  const segment = await startSegment({ after: (end) => ends.push(end) });
  const headers = { authorization: `Bearer ${PUBLIC_API_TOKEN}`, accept: V1 };
  await fetch(`${segment.url}/sources`, { headers });
  await assert.rejects(async () => {
    for (const end of ends) await end();
  }, /GET \/sources: the query has no pagination/);
});

test('an answer that the document does not describe is told, too', () => {
  const source = { id: 's', slug: 's', metadata: {}, workspaceId: 'w', enabled: true, writeKeys: [] };
  assert.match(answerProblems('getSource', 200, V1, { data: { source } }).join(), /required property 'labels'/);
  assert.match(answerProblems('createSource', 200, V1, {}).join(), /answers 200 .* not described/);
  assert.match(answerProblems('getSource', 404, 'application/json', { error: 'no' }).join(), /property 'errors'/);
});

test('it keeps what is made, changed and deleted, in the shapes of the document', async (context) => {
  const { segment, ask } = await setUp(context, { pageSize: 2 });
  const before = segment.workspace.state();
  const first = await ask('GET', '/sources?pagination[count]=200');
  const { next } = first.answer.data.pagination;
  const second = await ask('GET', `/sources?pagination.count=200&pagination.cursor=${encodeURIComponent(next)}`);
  const names = [first, second].flatMap(({ answer }) => answer.data.sources.map(({ slug }: JsonObject) => slug));
  assert.deepEqual(names, ['web', 'ios', 'android']);
  assert.equal(second.answer.data.pagination.next, undefined);

  const made = await ask('POST', '/sources', { body: { slug: 'own', enabled: true, metadataId: '3x07B5Dn5h' } });
  assert.equal(made.status, 201);
  const { id, writeKeys } = made.answer.data.source;
  assert.deepEqual(writeKeys, ['write-key-of-own']);
  const again = await ask('POST', '/sources', { body: { slug: 'own', enabled: true, metadataId: '3x07B5Dn5h' } });
  assert.equal(again.status, 409);
  assert.equal((await ask('PATCH', `/sources/${id}`, { body: { enabled: false } })).answer.data.source.enabled, false);
  const key = await ask('POST', `/sources/${id}/writekey`, { accept: ALPHA });
  assert.equal(key.answer.data.source.writeKeys.length, 2);
  assert.equal((await ask('POST', '/labels', { body: { label: { key: 'a', value: 'b' } } })).status, 201);
  await ask('PUT', `/sources/${id}/labels`, { body: { labels: [{ key: 'a', value: 'b' }] } });
  assert.equal(
    (await ask('POST', `/sources/${id}/labels`, { body: { labels: [{ key: 'c', value: 'd' }] } })).status,
    422,
  );

  const body = { sourceId: id, metadataId: WEBHOOK.id, name: 'own', settings: one };
  const { destination } = (await ask('POST', '/destinations', { body })).answer.data;
  const at = `/destinations/${destination.id}/subscriptions`;
  const wrong = { ...mapping('http://localhost'), settings: { method: 'POST' } };
  assert.equal((await ask('POST', at, { body: wrong, accept: ALPHA })).status, 422);
  const mapped = await ask('POST', at, { body: mapping('http://localhost'), accept: ALPHA });
  const mappingAt = `${at}/${mapped.answer.data.destinationSubscription.id}`;
  const changed = await ask('PATCH', mappingAt, { body: { input: { enabled: false } }, accept: ALPHA });
  assert.equal(changed.answer.data.subscription.enabled, false);
  assert.equal((await ask('GET', '/catalog/sources?pagination.count=9')).answer.data.sourcesCatalog.length, 2);

  const code = { code: 'async function onRequest() {}', displayName: 'F', resourceType: 'SOURCE' };
  const made2 = (await ask('POST', '/functions', { body: code })).answer.data.function;
  assert.equal((await ask('POST', `/functions/${made2.id}/deploy`)).answer.data.functionDeployment.status, 'SUCCESS');
  const of = await ask('GET', '/functions?resourceType=SOURCE&pagination.count=10');
  assert.deepEqual(
    of.answer.data.functions.map(({ displayName }: JsonObject) => displayName),
    ['F'],
  );
  await ask('DELETE', `/functions/${made2.id}`);
  await ask('DELETE', '/labels/a/b');
  assert.equal((await ask('DELETE', `/sources/${id}`)).answer.data.status, 'SUCCESS');
  assert.equal((await ask('GET', `/sources/${id}`)).status, 404);
  assert.deepEqual(segment.workspace.state(), before, 'a source takes its destinations and their mappings with it');
});

test('trouble: a wrong token, a missing right, Alpha off, too many requests, a connection cut before and after', async (context) => {
  const { segment, ask } = await setUp(context, { hasAlpha: false, seesWriteKeys: false, region: 'eu' });
  assert.equal((await ask('GET', '/', { token: 'other' })).status, 401);
  assert.deepEqual((await ask('GET', '/sources/source-1')).answer.data.source.writeKeys, []);
  assert.equal((await ask('GET', '/destinations/d/subscriptions?pagination.count=1', { accept: ALPHA })).status, 403);
  assert.equal((await ask('GET', '/catalog/sources/3x07B5Dn5h')).status, 404, 'not in the EU');
  segment.trouble(({ id }) => (id === 'getWorkspace' ? tooMany(5000, { 'retry-after': '5' }) : undefined));
  const many = await ask('GET', '/');
  assert.deepEqual([many.status, many.headers.get('retry-after')], [429, '5']);
  assert.equal(many.answer.errors[0].data.msBeforeNext, 5000);

  const body = { sourceId: 'source-1', metadataId: WEBHOOK.id, settings: one };
  for (const isDone of [false, true]) {
    segment.trouble(() => ({ connection: 'cut', isDone }));
    await assert.rejects(ask('POST', '/destinations', { body }));
    assert.equal(segment.workspace.destinations.size, isDone ? 1 : 0);
  }
  assert.deepEqual(
    segment.changes().map(({ isDone }) => isDone),
    [false, true],
  );
  assert.ok(OPERATIONS.length > 30);
});

test('events of a source are posted by its mappings, with header and signature, batched or not', async (context) => {
  const { segment } = await setUp(context);
  const bodies: { body: string; signature: unknown; header: unknown }[] = [];
  const server = await serve(async (request, response) => {
    const { 'x-signature': signature, authorization: header } = request.headers;
    bodies.push({ body: await text(request), signature, header });
    response.end('{}');
  });
  context.after(server.close);
  const { workspace } = segment;
  const source = [...workspace.sources.values()][0];
  const destination = workspace.addDestination({ sourceId: source?.id, metadataId: WEBHOOK.id, settings: one });
  workspace.addSubscription(destination, mapping(server.url));
  workspace.addSubscription(destination, mapping(server.url, { enable_batching: true, batch_size: 10 }));
  const authorization = `Basic ${Buffer.from('write-key-of-web:').toString('base64')}`;
  const batch = [{ type: 'track', event: 'A' }, { type: 'identify' }, { type: 'page', name: 'B' }];
  await fetch(`${segment.url}/v1/batch`, {
    method: 'POST',
    headers: { authorization },
    body: JSON.stringify({ batch }),
  });
  await until(() => segment.posted.length === 3, 'three posts');
  const [a, , b] = batch;
  assert.deepEqual(
    bodies.map(({ body }) => JSON.parse(body)).sort((x, y) => JSON.stringify(x).localeCompare(JSON.stringify(y))),
    [[a, b], b, a].sort((x, y) => JSON.stringify(x).localeCompare(JSON.stringify(y))),
  );
  for (const { body, signature, header } of bodies) {
    const parsed = JSON.parse(body);
    const first = JSON.stringify(Array.isArray(parsed) ? parsed[0] : parsed);
    assert.equal(signature, createHmac('sha1', one.sharedSecret).update(first).digest('hex'));
    assert.equal(header, 'Bearer header-example');
  }
});
