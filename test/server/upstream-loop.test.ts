// An upstream address that leads back here: refused at the start where it is plain, and told with the first request that comes back where it is not.

import assert from 'node:assert/strict';
import { request as ask } from 'node:http';
import { hostname, networkInterfaces } from 'node:os';
import { test } from 'node:test';
import type { Logger } from '../../src/base/logger.js';
import { assertUpstreamElsewhere } from '../../src/server/own-address.js';
import { testApp } from '../../testkit/app.js';
import { serve } from '../../testkit/loopback.js';
import { sumSamples } from '../../testkit/metric-samples.js';
import { failToStart } from '../../testkit/server.js';

const ANY = { port: 9090, host: undefined, publicPort: 8080, publicHost: undefined };
const OWN_ADDRESSES = Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address) ?? []);

const inUrl = (host: string) => (host.includes(':') ? `[${host}]` : host);
const refuses = (upstreamUrl: string, listeners: { port?: number; host?: string; publicPort?: number } = {}) => {
  try {
    assertUpstreamElsewhere({ ...ANY, ...listeners, upstreamUrl });
    return false;
  } catch (error) {
    assert.match(
      String(error),
      /UPSTREAM_TRANSFORMER_URL leads back to this process, which listens on (?:PUBLIC_)?PORT=/,
    );
    return true;
  }
};

test('the own port at an address of this machine is refused at the start, and nothing else', async () => {
  const own = [
    'localhost',
    'LOCALHOST',
    '127.0.0.1',
    '127.0.0.53',
    '::1',
    '0.0.0.0',
    '::',
    '::ffff:127.0.0.1',
    'x.localhost',
  ];
  for (const host of [...own, hostname(), ...OWN_ADDRESSES.filter((address) => !address.startsWith('fe80'))]) {
    assert.ok(refuses(`http://${inUrl(host)}:9090`), host);
    assert.ok(refuses(`http://${inUrl(host)}:8080/base/`), `${host}, PUBLIC_PORT`);
    assert.ok(!refuses(`http://${inUrl(host)}:9091`), `${host}, another port`);
  }
  assert.ok(refuses('http://localhost', { port: 80 }), 'the port that is not written');
  for (const other of ['http://transformer:9090', 'http://192.0.2.1:9090', 'https://transformer.example'])
    assert.ok(!refuses(other), other);
  assert.ok(refuses('http://localhost:9090', { host: '127.0.0.1' }));
  assert.ok(refuses('http://0.0.0.0:9090', { host: '127.0.0.1' }));
  assert.ok(!refuses('http://192.0.2.1:9090', { host: '127.0.0.1' }));
  assert.ok(
    !refuses('http://127.0.0.1:9090', { host: '192.0.2.1', publicPort: 1 }),
    'another process may listen there',
  );

  for (const other of ['127.0.0.2', '::ffff:127.0.0.2'])
    assert.ok(
      !refuses(`http://${inUrl(other)}:9090`, { host: '127.0.0.1', publicPort: 1 }),
      `${other} is another loopback address`,
    );
  assert.ok(!refuses('http://localhost:9090', { host: '127.0.0.2', publicPort: 1 }), 'nor is it localhost');
  assert.ok(refuses('http://[::ffff:127.0.0.2]:9090', { host: '127.0.0.2', publicPort: 1 }));

  const { code, errors } = await failToStart({ PORT: '19090', UPSTREAM_TRANSFORMER_URL: 'http://localhost:19090' });
  assert.equal(code, 1);
  assert.match(errors, /^UPSTREAM_TRANSFORMER_URL leads back to this process, which listens on PORT=19090/m);
});

test('what comes back through others is answered 508 at once, which rudder-server sees as 503 and keeps the events, and said in the log', async (context) => {
  let relayed: string[] = [];
  const answered: (number | undefined)[] = [];
  let port = 0;
  const relay = await serve((incoming, response) => {
    relayed.push(`${incoming.method} ${incoming.url}`);
    const { method, url: path, headers } = incoming;
    const onwards = ask({ port, host: '127.0.0.1', method, path, headers, agent: false }, (answer) => {
      if (method === 'POST') answered.push(answer.statusCode);
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    });
    onwards.on('error', () => response.destroy());
    incoming.pipe(onwards);
  });
  const lines: string[] = [];
  const keep = (fields: object, message: string) => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const log: Logger = { debug: keep, info: keep, warn: keep, error: keep };
  const documents = [{ id: 'shop', rudderstack: { sourceIds: ['src-1'] } }];
  const app = testApp({ documents, log, environment: { UPSTREAM_TRANSFORMER_URL: relay.url } });
  const server = await serve(app.handler);
  port = server.port;
  context.after(async () => {
    await server.close();
    await relay.close();
    await app.close(0);
  });
  const post = async (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) => {
    const answer = await fetch(`${server.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
  const readyz = await (await fetch(`${server.url}/readyz`)).text();
  relayed = [];
  for (const [path, body] of [
    ['/v0/destinations/webhook', []],
    ['/routerTransform', { destType: 'webhook', input: [] }],
    ['/deleteUsers', [{ destType: 'webhook' }]],
    ['/customTransform', []],
  ] as const) {
    const { status, headers, text } = await post(path, body, { via: '1.1 another' });
    assert.equal(status, 503, `${path}: rudder-server heeds the header with 503 only`);
    assert.match(text, /LOOP_DETECTED.*Point UPSTREAM_TRANSFORMER_URL to the stock transformer/);
    assert.equal(headers.get('x-rudder-should-retry'), 'true', 'rudder-server keeps the events');
  }
  const own = { event: {}, source: { ID: 'src-1' } };
  const sources = await post('/v1/sources/webhook', [own, { event: {}, source: { ID: 'another' } }]);
  assert.match(sources.text, /UPSTREAM_UNREACHABLE/);
  const counted = relayed.filter((line) => line.startsWith('POST'));
  assert.equal(counted.length, 5, `each went round once: ${counted}`);
  const samples = await (await fetch(`${server.url}/metrics`)).text();
  // Features are asked for as well.
  assert.ok(sumSamples(samples, 'statsig_cdp_refused_total', { code: 'LOOP_DETECTED' }) >= 5);
  const said = lines.filter((line) => /Refused.*LOOP_DETECTED/.test(line)).length;
  assert.ok(said > 0 && said <= counted.length, 'once for each route');
  assert.match(readyz, /"features":"waiting"/);
  assert.equal((await post('/v0/destinations/webhook', [], { via: '1.1 statsig-cdp-of-another' })).status, 503);
  assert.deepEqual(answered, [508, 508, 508, 508, 508, 508], 'what the request that came back was answered');
});
