// Deeds of connecting through /api/connect: who may, how many, how they end, and that no token is anywhere.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ConnectDeed } from '../../../src/operate/connect/shapes.js';
import { refusing, startConnectApi } from '../../../testkit/connect-api.js';
import { assertNone, searchFiles } from '../../../testkit/secret-process.js';
import { PUBLIC_API_TOKEN, startSegment } from '../../../testkit/segment-public-api/stand-in.js';

const start = (context: TestContext) => startConnectApi(context);

test('sources are found, by who may change settings alone, and the token is nowhere afterwards', async (context) => {
  const { ask, asked, settled, list, canaries, answers, server, directory } = await start(context);
  assert.equal((await ask('/segment', asked(), 'read')).status, 403);
  assert.equal((await ask('/segment', asked(), 'none')).status, 401);
  assert.equal((await ask('', undefined, 'read')).status, 200);
  const begun = await ask<ConnectDeed>('/segment', asked());
  assert.equal(begun.status, 200, begun.text);
  assert.equal(begun.body.state, 'running');
  const { state, found, problem } = await settled(begun.body.id);
  assert.deepEqual(
    { state, found, problem },
    { state: 'done', found: { owner: 'Shop', choices: [{ value: 's1', text: 'Web (web)' }] }, problem: undefined },
  );
  const { workspaces, deeds } = await list();
  assert.deepEqual(workspaces, ['shop']);
  assert.deepEqual(
    deeds.map(({ id }) => id),
    [begun.body.id],
  );
  await server.stop();
  assertNone([
    ...canaries.search('/api', answers.join('\n')),
    ...canaries.search('the log', server.lines.join('\n')),
    ...(await searchFiles(directory, canaries, 'id: shop')),
  ]);
});

test('what Segment refuses is told in words that say what to do, without the token that its answer repeats', async (context) => {
  const { ask, asked, settled, answerBy, canaries, answers } = await start(context);
  const token = canaries.of('Public API token');
  const cases = [
    [401, {}, 'token-refused', /does not take the token/],
    [403, {}, 'right-missing', /may not do this/],
    [429, { 'retry-after': '3600' }, 'rate-limited', /wants no request for 3600 seconds/],
    [302, { location: 'http://127.0.0.1:9/' }, 'answer-unclear', /does not answer as Segment/],
  ] as const;
  for (const [status, headers, code, message] of cases) {
    answerBy(refusing(status, `no entry for ${token} here`, { ...headers }));
    const { id } = (await ask<ConnectDeed>('/segment', asked())).body;
    const { state, problem } = await settled(id);
    assert.equal(state, 'failed');
    assert.equal(problem?.code, code);
    assert.match(problem?.message ?? '', message);
  }
  assertNone(canaries.search('/api', answers.join('\n')));
});

test('without a live log a deed says that nothing tells whether the event arrives, and is over', async (context) => {
  const { ask, asked, settled, server } = await startConnectApi(context, { LIVE_LOG: 'off' });
  const { url } = await startSegment(context);
  const change = {
    verb: 'apply',
    token: PUBLIC_API_TOKEN,
    apiUrl: url,
    trackingUrl: url,
    source: 'web',
    url: server.publicUrl,
  };
  const { id } = (await ask<ConnectDeed>('/segment', asked(change))).body;
  const { state, reports, problem } = await settled(id);
  assert.equal(state, 'done', JSON.stringify(problem));
  const tested = reports.find(({ step }) => step.id === 'test-event');
  assert.equal(tested?.result, 'by-hand', JSON.stringify(reports.map(({ step }) => step.id)));
  assert.match(tested?.problem ?? '', /keeps no live log/);
});

test("a key of the settings' goes to no address that a form names", async (context) => {
  const { ask, settled, answerBy, segment } = await startConnectApi(context);
  let requests = 0;
  answerBy((_, response) => {
    requests += 1;
    response.end();
  });
  const asked = { verb: 'plan', workspace: 'shop', apiUrl: segment.url };
  const { id } = (await ask<ConnectDeed>('/statsig', asked)).body;
  const { problem } = await settled(id);
  assert.equal(problem?.code, 'settings');
  assert.equal(requests, 0);
});

test('of two that change one workspace the second is told to wait, and so is one too many', async (context) => {
  const { ask, asked, hold, settled } = await start(context);
  hold();
  const change = asked({ verb: 'apply', source: 'web', url: 'https://cdp.example.com' });
  const first = (await ask<ConnectDeed>('/segment', change)).body;
  const second = await ask('/segment', change);
  assert.equal(second.status, 409);
  assert.match(second.text, /CONNECT_BUSY.*apply of segment for the workspace shop/);
  assert.equal((await ask('/segment', { ...change, verb: 'undo' })).status, 409);
  const others = await Promise.all(
    ['blog', 'news', 'jobs'].map((workspace) => ask<ConnectDeed>('/segment', { ...change, workspace })),
  );
  assert.deepEqual(
    others.map(({ status }) => status),
    [200, 200, 200],
  );
  const over = await ask('/segment', asked());
  assert.equal(over.status, 503);
  assert.equal(over.body.error, 'CONNECT_FULL');
  const stopped = (await ask<ConnectDeed>('/stop', { id: first.id })).body;
  assert.equal(stopped.state, 'stopped');
  assert.match(stopped.problem?.message ?? '', /goes on where it was/);
  const again = await ask<ConnectDeed>('/segment', change);
  assert.equal(again.status, 200, again.text);
  assert.equal((await settled(again.body.id, ['running'])).state, 'running');
});

test('what is asked wrongly is refused before a thread begins', async (context) => {
  const { ask, asked, settled, list, answerBy } = await start(context);
  answerBy(refusing(401, 'no'));
  assert.equal((await ask('/deed?id=unknown')).body.error, 'CONNECT_DEED_UNKNOWN');
  for (const wrong of [
    { token: '' },
    { token: 5 },
    { verb: 'delete' },
    { workspace: '' },
    { workspace: '../shop' },
    { region: 'mars' },
    { more: 1 },
  ])
    assert.equal((await ask('/segment', asked(wrong))).body.error, 'REQUEST_INVALID', JSON.stringify(wrong));
  assert.deepEqual((await list()).deeds, []);
  const { id } = (await ask<ConnectDeed>('/segment', asked({ apiUrl: 'file:///etc/passwd' }))).body;
  assert.equal((await settled(id)).problem?.code, 'settings');
});

test('somebody who comes back from elsewhere is led to the page without what the address held', async (context) => {
  const { server } = await start(context);
  for (const query of ['', '?state=', '?state=made-up&code=stolen-code']) {
    const response = await fetch(`${server.url}/connect/oauth/callback${query}`, { redirect: 'manual' });
    assert.equal(response.status, 303);
    assert.equal(response.headers.get('location'), '../../console/#/connect?way=oauth&consent=unknown');
    assert.equal(response.headers.get('referrer-policy'), 'no-referrer');
    assert.equal(await response.text(), '');
  }
  assert.doesNotMatch(server.lines.join('\n'), /stolen-code|made-up/);
});
