// Which exchanges and calls come into which file, and what the command says and ends with.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import type { Fixture, Signing } from '../../src/contract/fixture.js';
import { type RecorderOptions, startRecorder } from '../../src/record/recorder.js';
import { freePort } from '../../testkit/free-port.js';
import { send, serve } from '../../testkit/loopback.js';
import { CLI } from '../../testkit/programs.js';
import { temporaryDirectory } from '../../testkit/settings.js';

const JSON_TYPE = ['Content-Type', 'application/json'];

function post(url: string, path: string, body: unknown, headers: readonly string[] = []) {
  const bytes = Buffer.from(JSON.stringify(body));
  return send(
    Number(new URL(url).port),
    'POST',
    path,
    [...JSON_TYPE, 'Content-Length', String(bytes.length), ...headers],
    bytes,
  );
}

function fixturesIn(directory: string): ReadonlyMap<string, Fixture> {
  const names = existsSync(directory) ? readdirSync(directory).sort() : [];
  return new Map(names.map((name) => [name, JSON.parse(readFileSync(join(directory, name), 'utf8'))]));
}

async function start(context: TestContext, options: Partial<RecorderOptions> & Pick<RecorderOptions, 'to'>) {
  const directory = join(temporaryDirectory(context), 'shop-1');
  const said: string[] = [];
  const recorder = await startRecorder({
    ...{ port: 0, receivers: [], directory, client: 'shop 1', limit: 100, fields: [], settings: [], environment: {} },
    ...{ quietMs: 300, now: Date.now, say: (line: string) => void said.push(line) },
    ...options,
  });
  return { recorder, directory, said };
}

/** Answers at once, and calls for each event afterwards, as the plugin does. */
async function startPlugin(context: TestContext, calledUrl: string) {
  let late = Promise.resolve<unknown>(undefined);
  const server = await serve(async (request, response) => {
    const { events }: { events: readonly string[] } = JSON.parse(await text(request));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ accepted: events.length }));
    late = Promise.all(
      events.map(async (name) =>
        text(await post(calledUrl, '/v1/log_event', { events: [name] }, ['STATSIG-API-KEY', 'key-of-shop'])),
      ),
    );
  });
  context.after(server.close);
  return { url: server.url, settled: () => late };
}

test('with receivers, a file holds a request and the calls because of it, also where others ask meanwhile', async (context) => {
  const statsig = await serve((_, response) => {
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"success":true}');
  });
  context.after(statsig.close);
  const port = await freePort();
  const plugin = await startPlugin(context, `http://127.0.0.1:${port}`);
  const settings = JSON.stringify({ id: 'shop', secretKey: 'env:SHOP_KEY', eventsUrl: `http://127.0.0.1:${port}` });
  const { recorder, directory } = await start(context, {
    to: plugin.url,
    receivers: [{ to: 'statsig', url: statsig.url, port }],
    settings: [settings],
    environment: { SHOP_KEY: 'key-of-shop' },
  });
  const asked = ['a', 'b', 'c'].map((name) =>
    post(recorder.url, '/segment/shop', { events: [`${name}1`, `${name}2`] }),
  );
  for (const answer of await Promise.all(asked)) await text(answer);
  await plugin.settled();
  const summary = await recorder.close();
  assert.equal(summary.written.length, 3);
  for (const { settings, exchanges, protocol } of fixturesIn(directory).values()) {
    const [{ request, response, calls = [] } = assert.fail()] = exchanges;
    assert.deepEqual(
      [exchanges.length, protocol, request.path, response.status],
      [1, 'segment', '/segment/{{workspace}}', 200],
    );
    assert.deepEqual(settings, [{ id: '{{workspace}}', secretKey: '{{secretKey}}' }]);
    const { events } = request.body as { events: string[] };
    assert.deepEqual(calls.map(({ body }) => (body as { events: string[] }).events[0]).sort(), events);
    for (const { headers, reply } of calls)
      assert.deepEqual([headers?.['STATSIG-API-KEY'], reply], ['{{secretKey}}', undefined]);
  }
});

test('without receivers no request waits, equal exchanges are written once, and the limit ends the recording alone', async (context) => {
  const server = await serve(async (request, response) => {
    response.end(await text(request));
  });
  context.after(server.close);
  const { recorder, directory, said } = await start(context, { to: server.url, limit: 2 });
  for (const n of [1, 1, 2, 3, 4]) assert.equal(await text(await post(recorder.url, '/v1/track', { n })), `{"n":${n}}`);
  const { written, equal, over } = await recorder.close();
  assert.deepEqual([written.length, equal, over], [2, 1, 2]);
  assert.deepEqual([...fixturesIn(directory).keys()], ['post-v1-track-1.json', 'post-v1-track-3.json']);
  assert.equal(said.filter((line) => line.includes('without being recorded')).length, 1);
});

test('the command says where to send, refuses a secret with exit code 1, and does not mix recordings', async (context) => {
  const server = await serve((_, response) => {
    response.end('{}');
  });
  context.after(server.close);
  const out = temporaryDirectory(context);
  const args = [CLI, 'record', '--to', server.url, '--out', out, '--client', 'Our Shop 2.3'];
  const run = () => spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const child = run();
  context.after(() => child.kill('SIGKILL'));
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const [url = ''] = /http:\/\/127\.0\.0\.1:\d+(?=\.$)/.exec(line) ?? [];
  await text(await post(url, '/v1/track', { event: 'A' }));
  const hidden = Buffer.from('a key, but no field says so').toString('hex');
  await text(await post(url, '/v1/track', { note: hidden }));
  const said = text(child.stderr);
  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  assert.equal(code, 1);
  assert.match(
    await said,
    /request\.body\.note looks like .* --scrub note[\s\S]*1 written, 1 NOT written because of a secret/,
  );
  assert.ok(!(await said).includes(hidden));
  assert.deepEqual([...fixturesIn(join(out, 'our-shop-2.3')).keys()], ['post-v1-track-1.json']);
  writeFileSync(join(out, 'note.txt'), '');
  const again = run();
  const why = text(again.stderr);
  assert.deepEqual([(await once(again, 'exit'))[0], /holds fixtures already/.test(await why)], [1, true]);
});

test('a signature is written as it can be made again: with its secret, and over the part that it is of', async (context) => {
  const answer = await serve((request, response) => {
    request.resume().on('end', () => response.writeHead(request.headers['x-no'] === undefined ? 200 : 401).end());
  });
  context.after(answer.close);
  const segment = { sharedSecrets: ['shared-of-shop', 'older-of-shop'] };
  const { recorder, directory } = await start(context, {
    to: answer.url,
    settings: [JSON.stringify({ id: 'shop', segment, outbound: { signingSecrets: ['signing-of-shop'] } })],
  });
  const bare = [{ type: 'track' }, { type: 'page' }];
  const wrapped = bare.map((json) => ({ json }));
  const sign = (secret: string, value: unknown) => [
    'X-Signature',
    createHmac('sha1', secret).update(JSON.stringify(value)).digest('hex'),
  ];
  const time = String(Date.now());
  const hmac = createHmac('sha256', 'signing-of-shop')
    .update(`v0:${time}:${JSON.stringify(bare)}`)
    .digest('hex');
  const statsig = ['X-Statsig-Request-Timestamp', time, 'X-Statsig-Signature', `v0=${hmac}`];
  const cases: readonly (readonly [path: string, body: unknown, headers: readonly string[], expected: Signing])[] = [
    ['/segment/a', bare[0], sign('shared-of-shop', bare[0]), { scheme: 'segment', secret: '{{sharedSecret}}' }],
    ['/segment/b', bare, sign('shared-of-shop', bare), { scheme: 'segment', secret: '{{sharedSecret}}' }],
    [
      '/segment/c',
      bare,
      sign('older-of-shop', bare[0]),
      { scheme: 'segment', secret: '{{sharedSecret:b}}', part: 'first event' },
    ],
    [
      '/segment/d',
      wrapped,
      sign('shared-of-shop', bare[0]),
      { scheme: 'segment', secret: '{{sharedSecret}}', part: 'unwrapped first event' },
    ],
    // Refused for another reason than its signature.
    [
      '/segment/e',
      bare,
      [...sign('shared-of-shop', bare[0]), 'X-No', '1'],
      { scheme: 'segment', secret: '{{sharedSecret}}', part: 'first event' },
    ],
    [
      '/segment/f',
      bare,
      sign('a-secret-of-others', bare[0]),
      { scheme: 'segment', secret: '{{sharedSecret:wrong}}', part: 'first event' },
    ],
    [
      '/segment/i',
      [],
      sign('a-secret-of-others', 1),
      { scheme: 'segment', secret: '{{sharedSecret:wrong}}', part: 'first event' },
    ],
    ['/statsig/g', bare, [...statsig, 'X-No', '1'], { scheme: 'statsig', secret: '{{signingSecret}}' }],
    ['/statsig/h', wrapped, statsig, { scheme: 'statsig', secret: '{{signingSecret:wrong}}' }],
  ];
  for (const [path, body, headers] of cases) await text(await post(recorder.url, path, body, headers));
  await recorder.close();
  const written = [...fixturesIn(directory).values()].map(({ exchanges: [first] }) => first?.request);
  for (const [path, , , expected] of cases)
    assert.deepEqual(written.find((one) => one?.path === path)?.sign, [expected]);
});

test('of metrics and readiness the form alone is written: the rest is of this moment and of this machine', async (context) => {
  const server = await serve((request, response) => {
    if (request.url === '/metrics')
      response
        .writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
        .end('# HELP a_total A\n# TYPE a_total counter\na_total{host="db-7.intern.example"} 3\n');
    else
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end('{"ready":true,"warnings":["w"],"checks":{"settings":{"ok":true,"source":"/home/ada/s.yaml"}}}');
  });
  context.after(server.close);
  const { recorder, directory } = await start(context, { to: server.url });
  for (const path of ['/metrics', '/readyz']) await text(await send(Number(new URL(recorder.url).port), 'GET', path));
  await recorder.close();
  const [metrics, readiness] = [...fixturesIn(directory).values()].map(({ exchanges: [first] }) => first?.response);
  assert.equal(metrics?.bodyString, '# HELP {{text}}\n# TYPE {{text}}');
  assert.deepEqual(readiness?.body, { ready: true, warnings: '{{any}}', checks: { '{{others}}': true } });
});
