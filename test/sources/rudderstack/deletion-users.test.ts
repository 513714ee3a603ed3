// POST /deleteUsers: what rudder-server's regulation worker gets for its jobs.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { laneId, listTarget, STATSIG_TARGET } from '../../../src/outbox/lane-id.js';
import { jobOf, serveDeleteUsers } from '../../../testkit/delete-users.js';
import { serveDeletions } from '../../../testkit/deletion-stand-in.js';
import { eventOf } from '../../../testkit/deletions.js';
import { serve } from '../../../testkit/loopback.js';
import { claimAll } from '../../../testkit/outbox.js';

const KEY = 'secret-example';
const SUCCESSFUL = { statusCode: 200, status: 'successful' };

test('Statsig is asked at once, whatever the case of the type, and its yes is the answer', async (context) => {
  const statsig = await serveDeletions(context);
  const { post } = await serveDeleteUsers(context, {
    documents: [{ id: 'shop', secretKey: KEY, apiUrl: statsig.url }],
  });
  for (const [index, destType] of ['STATSIG', 'statsig', 'Statsig'].entries()) {
    const job = jobOf(['ada', 42, 'ada'], { secretKey: KEY }, { destType, jobId: `job-${index}` });
    assert.deepEqual(await post([job]), { status: 200, body: [SUCCESSFUL] });
  }
  assert.deepEqual(statsig.seen[0], { key: KEY, userIds: ['ada', '42'], requestId: statsig.seen[0]?.requestId });
  assert.equal(statsig.taken.length, 3);
});

test('a job that is sent again is known to Statsig, and done', async (context) => {
  let lost = true;
  const statsig = await serveDeletions(context, () => (lost ? 'lost' : undefined));
  const { post, deletions, projectOf } = await serveDeleteUsers(context, {
    documents: [{ id: 'shop', secretKey: KEY, apiUrl: statsig.url }],
    url: statsig.url,
  });
  const job = jobOf(['ada'], { secretKey: KEY });
  const first = await post([job]);
  assert.equal(first.status, 503);
  lost = false;
  assert.deepEqual(await post([job]), { status: 200, body: [SUCCESSFUL] });
  assert.equal(statsig.taken.length, 1);
  const { requests } = await deletions.requests(projectOf);
  assert.deepEqual(
    requests.map(({ workspaceId, ids, status }) => [workspaceId, ids, status]),
    [['shop', 1, 'PENDING']],
  );
});

test('a job of more people than a request takes is several requests, up to the first that Statsig refuses', async (context) => {
  let refuses = false;
  const statsig = await serveDeletions(context, () => (refuses ? { status: 403, body: 'no contract' } : undefined));
  const { post } = await serveDeleteUsers(context, {
    documents: [{ id: 'shop', secretKey: KEY, apiUrl: statsig.url }],
  });
  const people = Array.from({ length: 2001 }, (_, index) => `user-${index}`);
  assert.deepEqual(await post([jobOf(people, { secretKey: KEY })]), { status: 200, body: [SUCCESSFUL] });
  assert.deepEqual(
    statsig.taken.map(({ length }) => length),
    [1000, 1000, 1],
  );
  assert.deepEqual(new Set(statsig.taken.flat()), new Set(people));
  refuses = true;
  assert.equal((await post([jobOf(people, { secretKey: KEY }, { jobId: 'job-2' })])).status, 403);
  assert.equal(statsig.seen.length, 4);
});

test('without a job id each request is one of its own', async (context) => {
  const statsig = await serveDeletions(context);
  const { post } = await serveDeleteUsers(context, {
    documents: [{ id: 'shop', secretKey: KEY, apiUrl: statsig.url }],
  });
  for (let turn = 0; turn < 2; turn += 1) await post([jobOf(['ada'], { secretKey: KEY }, { jobId: undefined })]);
  assert.equal(statsig.taken.length, 2);
});

test('stores and lists of the documents with this key are cleaned first, and of no other', async (context) => {
  let atRequest: string[] = [];
  const statsig = await serveDeletions(context, async () => {
    atRequest = await waiting();
    return undefined;
  });
  const { post, waiting, append, outbox, clock } = await serveDeleteUsers(context, {
    documents: [
      { id: 'shop', secretKey: KEY, apiUrl: statsig.url },
      { id: 'other', secretKey: 'secret-of-another' },
    ],
    lists: { ada: [{ listId: 'vip_users', idType: 'userID' }] },
  });
  await append(eventOf('ada', 'order'));
  await outbox.append([
    { ...eventOf('ada', 'kept'), origin: 'webhook', workspaceId: 'other', acceptedAt: clock.now() },
  ]);
  const job = jobOf(['ada'], { secretKey: KEY });
  const early = await post([job]);
  assert.equal(early.status, 503);
  assert.match(JSON.stringify(early.body), /have not left shop\/statsig-list-vip_users yet/);
  assert.equal(statsig.seen.length, 0);
  const removals = await claimAll(outbox, laneId('shop', listTarget('vip_users')));
  assert.deepEqual(
    removals.map(({ payload }) => JSON.parse(payload).member),
    [false],
  );
  await outbox.settle(removals.map((delivery) => ({ kind: 'delivered', delivery })));
  assert.equal((await post([job])).status, 200);
  assert.deepEqual(atRequest, []);
  assert.equal((await claimAll(outbox, laneId('other', STATSIG_TARGET))).length, 1);
});

test('while events of the user are being sent Statsig is not asked, and the worker is to retry', async (context) => {
  const statsig = await serveDeletions(context);
  const { post, append, outbox } = await serveDeleteUsers(context, {
    documents: [{ id: 'shop', secretKey: KEY, apiUrl: statsig.url }],
  });
  await append(eventOf('ada', 'order'));
  const [order] = await claimAll(outbox, laneId('shop', STATSIG_TARGET));
  assert.ok(order);
  const job = jobOf(['ada'], { secretKey: KEY });
  const early = await post([job]);
  assert.equal(early.status, 503);
  assert.match(JSON.stringify(early.body), /"statusCode":503,"status":"failed","error":".*being sent/);
  assert.equal(statsig.seen.length, 0);
  await outbox.settle([{ kind: 'delivered', delivery: order }]);
  assert.equal((await post([job])).status, 200);
});

test('a disk that takes nothing is a failed job, not a deletion', async (context) => {
  const statsig = await serveDeletions(context);
  const { post, outbox } = await serveDeleteUsers(context, {
    documents: [{ id: 'shop', secretKey: KEY, apiUrl: statsig.url }],
  });
  await outbox.append([{ ...eventOf('ada', 'order'), origin: 'webhook', workspaceId: 'shop', acceptedAt: 0 }]);
  await outbox.close();
  const { status, body } = await post([jobOf(['ada'], { secretKey: KEY })]);
  assert.equal(status, 503);
  assert.match(JSON.stringify(body), /OUTBOX_UNAVAILABLE/);
  assert.equal(statsig.seen.length, 0);
});

for (const [answered, told, error] of [
  [403, 403, /403.*Enterprise contracts only/],
  [401, 401, /401/],
  [404, 400, /404/],
  [405, 400, /405/],
  [400, 400, /400/],
  [429, 429, /429/],
  [500, 500, /500/],
  [302, 502, /redirect/],
] as const) {
  test(`Statsig's ${answered} makes the worker read ${told}`, async (context) => {
    const statsig = await serveDeletions(context, () => ({ status: answered, body: `{"error":"no, ${KEY}"}` }));
    const { post } = await serveDeleteUsers(context, {
      documents: [{ id: 'shop', secretKey: KEY, apiUrl: statsig.url }],
    });
    const { status, body } = await post([jobOf(['ada'], { secretKey: KEY })]);
    assert.equal(status, told);
    assert.ok(Array.isArray(body));
    const { error: said, ...rest } = body[0];
    assert.deepEqual(rest, { statusCode: told, status: 'failed' });
    assert.match(said, error);
    assert.ok(!said.includes(KEY));
  });
}

test('each job has its own answer, in order; the worker reads the first that failed', async (context) => {
  const statsig = await serveDeletions(context, (ids) => (ids.includes('bob') ? { status: 500 } : undefined));
  const { post } = await serveDeleteUsers(context, {
    documents: [{ id: 'shop', secretKey: KEY, apiUrl: statsig.url }],
  });
  const config = { secretKey: KEY };
  const { status, body } = await post([
    jobOf(['ada'], config),
    jobOf(['bob'], config),
    jobOf(['cyd'], {}),
    jobOf(['dan'], config),
  ]);
  assert.equal(status, 500);
  assert.ok(Array.isArray(body));
  assert.deepEqual(
    body.map(({ statusCode }) => statusCode),
    [200, 500, 400, 200],
  );
});

for (const [title, job, error] of [
  ['no key', jobOf(['ada'], {}), /SECRET_KEY_MISSING.*config\.secretKey/],
  ['no config', jobOf(['ada'], {}, { config: undefined }), /SECRET_KEY_MISSING/],
  ['a reference for a key', jobOf(['ada'], { secretKey: 'env:HOME' }), /SECRET_REFERENCE_REFUSED/],
  ['a key no header may have', jobOf(['ada'], { secretKey: 'secret\nexample' }), /characters that no header may have/],
  [
    'a URL that is not allowed',
    jobOf(['ada'], { secretKey: 'k', apiUrl: 'http://127.0.0.1:9' }),
    /ENDPOINT_NOT_ALLOWED/,
  ],
  ['a user without an id', jobOf(['ada', undefined], { secretKey: KEY }), /DELETION_USER_MISSING/],
  ['a user with a blank id', jobOf([' '], { secretKey: KEY }), /DELETION_USER_MISSING/],
  ['no users', jobOf([], { secretKey: KEY }), /DELETION_USER_MISSING/],
] as const) {
  test(`a job with ${title} is refused, and nothing is asked`, async (context) => {
    const statsig = await serveDeletions(context);
    const { post } = await serveDeleteUsers(context, {
      documents: [{ id: 'shop', secretKey: KEY, apiUrl: statsig.url }],
    });
    const { status, body } = await post([job]);
    assert.equal(status, 400);
    assert.ok(Array.isArray(body));
    assert.match(body[0].error, error);
    assert.equal(body[0].status, 'failed');
    assert.equal(statsig.seen.length, 0);
  });
}

test('a Config with a URL that a document names is asked there, also with a key of its own', async (context) => {
  const statsig = await serveDeletions(context);
  const { post, deletions } = await serveDeleteUsers(context, { documents: [{ id: 'shop', apiUrl: statsig.url }] });
  const job = jobOf(['ada'], { secretKey: 'secret-of-another', apiUrl: `${statsig.url}/` });
  assert.equal((await post([job])).status, 200);
  assert.equal(statsig.seen[0]?.key, 'secret-of-another');
  const { requests } = await deletions.requests(() => undefined);
  assert.deepEqual(
    requests.map(({ workspaceId, status }) => [workspaceId, status]),
    [['', 'NO_KEY']],
  );
});

test('jobs of other types go to the upstream as they are, and mixed ones are refused', async (context) => {
  const received: string[] = [];
  const upstream = await serve(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    received.push(`${incoming.url} ${Buffer.concat(chunks)}`);
    response.writeHead(207).end('from upstream');
  });
  context.after(upstream.close);
  const { post } = await serveDeleteUsers(context, { upstreamUrl: upstream.url });
  const others = '[ {"jobId":"1", "destType":"AM"},{"destType" : "BRAZE"}]';
  for (const text of [others, '{}', '[]', '[{"destType": ']) {
    assert.deepEqual(await post(text), { status: 207, body: 'from upstream' });
    assert.equal(received.at(-1), `/deleteUsers ${text}`);
  }
  const mixed = await post([{ destType: 'AM' }, jobOf(['ada'], { secretKey: KEY })]);
  assert.equal(mixed.status, 400);
  assert.match(JSON.stringify(mixed.body), /BODY_NOT_DELETIONS.*other destination types/);
  assert.equal(received.length, 4);
});

test('without an upstream other types are unknown, and what holds no jobs is refused', async (context) => {
  const { post } = await serveDeleteUsers(context);
  const other = await post([{ jobId: '1', destType: 'AM', config: {}, userAttributes: [] }]);
  assert.equal(other.status, 404);
  assert.match(JSON.stringify(other.body), /ROUTE_UNKNOWN/);
  for (const body of [{}, [], { destType: 'statsig' }, [7]]) {
    const refused = await post(body);
    assert.equal(refused.status, 400);
    assert.match(JSON.stringify(refused.body), /BODY_NOT_DELETIONS/);
  }
  assert.match(JSON.stringify((await post('[{')).body), /BODY_NOT_JSON/);
});

test('a job for the same user in two projects is two requests', async (context) => {
  const statsig = await serveDeletions(context);
  const keys = ['secret-of-one', 'secret-of-two'];
  const documents = keys.map((secretKey, index) => ({ id: `shop-${index}`, secretKey, apiUrl: statsig.url }));
  const { post } = await serveDeleteUsers(context, { documents });
  const { status } = await post(keys.map((secretKey) => jobOf(['ada'], { secretKey })));
  assert.equal(status, 200);
  assert.deepEqual(
    statsig.seen.map(({ key }) => key),
    keys,
  );
  assert.equal(statsig.taken.length, 2);
});
