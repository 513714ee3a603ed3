// Settings from a config service: polled, and never lost once they were good.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { Secret } from '../../src/base/secret.js';
import type { WorkspaceStore } from '../../src/settings/store.js';
import { serve } from '../../testkit/loopback.js';
import { openStore, rememberingLog, temporaryDirectory } from '../../testkit/settings.js';
import { until } from '../../testkit/until.js';

const POLL_MS = 10;

/** A config service whose answer a test can change. */
interface Service {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly IncomingMessage[];
  /** How requests are answered from now on. */
  answer: (request: IncomingMessage, response: ServerResponse) => void;
  /** Stops listening. */
  close(): Promise<void>;
}

async function startService(context: TestContext, answer: Service['answer'], port = 0): Promise<Service> {
  const requests: IncomingMessage[] = [];
  const { url, close, ...bound } = await serve((request, response) => {
    requests.push(request);
    service.answer(request, response);
  }, port);
  let closed = false;
  const service: Service = {
    url: `${url}/settings`,
    port: bound.port,
    requests,
    answer,
    async close() {
      if (!closed) await close();
      closed = true;
    },
  };
  context.after(() => service.close());
  return service;
}

const answerWith =
  (body: string, status = 200, headers: Record<string, string> = {}): Service['answer'] =>
  (_request, response) =>
    response.writeHead(status, headers).end(body);

function acme(mode: string, more: object = {}): string {
  return JSON.stringify({ workspaces: [{ id: 'acme', rudderstack: { destinationIds: ['d-1'] }, mode, ...more }] });
}

function mode(store: WorkspaceStore): string | undefined {
  return store.find({ destinationId: 'd-1' })?.settings.mode;
}

/** Waits until the service was asked this many times more. */
async function asked({ requests }: Service, times: number): Promise<void> {
  const before = requests.length;
  await until(() => requests.length >= before + times, `${times} more requests`);
}

test('the answer is in force at the start, and a new answer after a poll', async (context) => {
  const service = await startService(context, answerWith(acme('events')));
  const store = await openStore(context, { location: service.url, pollMs: POLL_MS });
  assert.equal(mode(store), 'events');
  assert.equal(store.documents[0]?.source, service.url);
  service.answer = answerWith(acme('webhook'));
  await until(() => mode(store) === 'webhook', 'the new answer is in force');
  assert.deepEqual(store.status(), { loaded: true, documents: 1, source: service.url, generation: 2 });
});

test('a bare array is an answer, too', async (context) => {
  const service = await startService(context, answerWith('[{"id": "a"}, {"id": "b"}]'));
  const store = await openStore(context, { location: service.url });
  assert.deepEqual(
    store.documents.map(({ id }) => id),
    ['a', 'b'],
  );
});

test('the token goes out as a bearer token', async (context) => {
  const service = await startService(context, answerWith('[]'));
  await openStore(context, { location: service.url, token: new Secret('token-example') });
  await openStore(context, { location: service.url });
  assert.deepEqual(
    service.requests.map(({ method, url, headers }) => [method, url, headers.authorization]),
    [
      ['GET', '/settings', 'Bearer token-example'],
      ['GET', '/settings', undefined],
    ],
  );
});

test('no connection is kept between polls', async (context) => {
  const service = await startService(context, answerWith('[]'));
  await openStore(context, { location: service.url });
  assert.equal(service.requests[0]?.headers.connection, 'close');
});

test('the ETag is sent back, and 304 leaves everything as it is', async (context) => {
  const service = await startService(context, answerWith(acme('events'), 200, { etag: '"one"' }));
  const store = await openStore(context, { location: service.url, pollMs: POLL_MS });
  service.answer = (request, response) =>
    request.headers['if-none-match'] === '"one"'
      ? response.writeHead(304).end()
      : response.writeHead(500).end('no If-None-Match');
  await asked(service, 3);
  assert.equal(store.status().lastError, undefined);
  assert.equal(store.generation, 1);
  service.answer = answerWith(acme('webhook'), 200, { etag: '"two"' });
  await until(() => mode(store) === 'webhook', 'the new answer is in force');
  await asked(service, 2);
  assert.equal(service.requests.at(-1)?.headers['if-none-match'], '"two"');
});

test('the same answer again is no new generation', async (context) => {
  const service = await startService(context, answerWith(acme('events')));
  const store = await openStore(context, { location: service.url, pollMs: POLL_MS });
  await asked(service, 3);
  assert.equal(store.generation, 1);
});

const PROBLEMS: { name: string; answer: Service['answer']; error: RegExp }[] = [
  { name: 'status 500', answer: answerWith('oops', 500), error: /settings: answered 500$/ },
  {
    name: 'status 401',
    answer: answerWith('', 401),
    error: /settings: answered 401: check STATSIG_CDP_SETTINGS_TOKEN$/,
  },
  {
    name: 'a redirect',
    answer: answerWith('', 302, { location: '/elsewhere' }),
    error: /settings: answered 302: redirects are not followed\. Set STATSIG_CDP_SETTINGS to the final URL$/,
  },
  { name: '304 to a request without ETag', answer: answerWith('', 304), error: /settings: answered 304$/ },
  {
    name: 'a web page',
    answer: answerWith('<html>Welcome</html>'),
    error: /settings:1:1: must be a mapping of names to values, but is a string$/,
  },
  { name: 'an empty answer', answer: answerWith(''), error: /settings: holds no settings$/ },
  {
    name: 'half an answer',
    answer: answerWith(acme('events').slice(0, -2)),
    error: /settings:1:16: this has no end: the quote or the bracket that closes it is missing$/,
  },
  {
    name: 'settings with a fault',
    answer: answerWith('{"workspaces":[{"id":"acme","mode":"event"}]}'),
    error: /settings:1:36 workspaces\[0\]\.mode: must be events or webhook$/,
  },
  {
    name: 'a workspace without id',
    answer: answerWith('{"workspaces":[{}]}'),
    error: /settings:1:16 workspaces\[0\]\.id: is missing/,
  },
  {
    name: 'two workspaces with one destination',
    answer: answerWith(
      '[{"id":"a","rudderstack":{"destinationIds":["d-1"]}},\n{"id":"b","rudderstack":{"destinationIds":["d-1"]}}]',
    ),
    error:
      /settings:2:44 \[1\]\.rudderstack\.destinationIds\[0\]: the RudderStack destination d-1 already belongs to http:.*:1:45$/,
  },
  {
    name: 'a file: reference',
    answer: answerWith(acme('events', { secretKey: 'file:/etc/hostname' })),
    error:
      /secretKey: file:\/etc\/hostname is refused: a config service cannot name files of this machine\. Use env:NAME$/,
  },
  { name: 'a connection cut', answer: (_, response) => response.destroy(), error: /settings: does not answer \(/ },
];

for (const { name, answer, error } of PROBLEMS) {
  test(`${name} leaves the last good answer in force and is told once`, async (context) => {
    const log = rememberingLog();
    const service = await startService(context, answerWith(acme('events')));
    const store = await openStore(context, { location: service.url, pollMs: POLL_MS, log });
    service.answer = answer;
    await asked(service, 4);
    assert.match(store.status().lastError ?? '', error);
    assert.equal(mode(store), 'events');
    assert.equal(store.generation, 1);
    assert.equal(log.lines.filter((line) => line.includes('"level":"error"')).length, 1);
    service.answer = answerWith(acme('events'));
    await until(() => store.status().lastError === undefined, 'the error is over');
    assert.match(log.lines.at(-1) ?? '', /Settings are current again/);
  });

  test(`${name} at the start leaves the store not loaded until a good answer comes`, async (context) => {
    const service = await startService(context, answer);
    const store = await openStore(context, { location: service.url, pollMs: POLL_MS });
    assert.equal(store.loaded, false);
    assert.equal(store.find({ destinationId: 'd-1' }), undefined);
    const { lastError, ...status } = store.status();
    assert.deepEqual(status, { loaded: false, documents: 0, faults: 1, source: service.url, generation: 0 });
    assert.match(lastError ?? '', error);
    service.answer = answerWith(acme('events'));
    await until(() => store.loaded, 'the store is loaded');
    assert.equal(mode(store), 'events');
  });
}

test('env: references are resolved here', async (context) => {
  process.env.STATSIG_TEST_SERVICE_KEY = 'secret-example';
  context.after(() => delete process.env.STATSIG_TEST_SERVICE_KEY);
  const service = await startService(
    context,
    answerWith(acme('events', { secretKey: 'env:STATSIG_TEST_SERVICE_KEY' })),
  );
  const store = await openStore(context, { location: service.url });
  assert.equal(store.documents[0]?.secretKey?.reveal(), 'secret-example');
});

test('a service that does not answer in time is a service that is down', async (context) => {
  const service = await startService(context, () => {});
  const store = await openStore(context, { location: service.url, timeoutMs: 50 });
  assert.equal(store.loaded, false);
  assert.equal(store.status().lastError, `${service.url}: did not answer within 50 ms`);
});

test('while the service is down at the start the copy on disk is in force, then its answer', async (context) => {
  const dataDir = join(temporaryDirectory(context), 'data');
  const first = await startService(
    context,
    answerWith(acme('events', { secretKey: 'secret-example' }), 200, { etag: '"one"' }),
  );
  const { port } = first;
  await (await openStore(context, { location: first.url, dataDir })).close();
  await first.close();

  const log = rememberingLog();
  const store = await openStore(context, { location: first.url, dataDir, pollMs: POLL_MS, log });
  assert.equal(store.loaded, true);
  assert.equal(mode(store), 'events');
  assert.equal(store.documents[0]?.secretKey?.reveal(), 'secret-example');
  assert.equal(store.status().lastError, `${first.url}: does not answer (ECONNREFUSED)`);
  assert.match(log.lines.join(), /Using the copy of the settings that was kept on disk/);

  const second = await startService(context, (_, response) => response.writeHead(304).end(), port);
  await until(() => store.status().lastError === undefined, 'the service is back');
  assert.equal(second.requests[0]?.headers['if-none-match'], '"one"');
  assert.equal(store.generation, 1);
  second.answer = answerWith(acme('webhook'));
  await until(() => mode(store) === 'webhook', 'the new answer is in force');
});

test('the copy on disk is for this user alone, and nothing else is left in its directory', async (context) => {
  const dataDir = join(temporaryDirectory(context), 'data');
  const service = await startService(context, answerWith(acme('events')));
  const store = await openStore(context, { location: service.url, dataDir, pollMs: POLL_MS });
  service.answer = answerWith(acme('webhook'));
  await until(() => mode(store) === 'webhook', 'the new answer is in force');
  await asked(service, 2);
  assert.deepEqual(readdirSync(dataDir), ['settings-copy.json']);
  const file = join(dataDir, 'settings-copy.json');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.ok(readFileSync(file, 'utf8').includes('webhook'));
});

test('a broken answer does not replace the copy on disk', async (context) => {
  const dataDir = temporaryDirectory(context);
  const service = await startService(context, answerWith(acme('events')));
  const store = await openStore(context, { location: service.url, dataDir, pollMs: POLL_MS });
  service.answer = answerWith(acme('event'));
  await until(() => store.status().lastError !== undefined, 'the broken answer is told');
  const again = await openStore(context, { location: service.url, dataDir });
  assert.equal(mode(again), 'events');
  assert.match(again.status().lastError ?? '', /mode: must be events or webhook$/);
});

test('the copy of another service, a broken one and one with faults are not used', async (context) => {
  const dataDir = temporaryDirectory(context);
  const service = await startService(context, answerWith(acme('events')));
  await openStore(context, { location: service.url, dataDir });
  service.answer = answerWith('', 500);
  const reload = (location: string) => openStore(context, { location, dataDir, log });
  const log = rememberingLog();
  assert.equal((await reload(service.url)).loaded, true);
  assert.equal((await reload(`${service.url}?team=b`)).loaded, false);

  const file = join(dataDir, 'settings-copy.json');
  const text = readFileSync(file, 'utf8');
  for (const broken of ['', '{', '[]', '{"body": 1}']) {
    writeFileSync(file, broken);
    assert.equal((await reload(service.url)).loaded, false);
  }
  const { format: _, sum: __, ...early } = JSON.parse(text);
  writeFileSync(file, JSON.stringify(early).replace('events', 'event'));
  assert.equal((await reload(service.url)).loaded, false);
  assert.match(log.lines.join('\n'), /The copy of the settings on disk is not valid any more/);
  writeFileSync(file, text.replace('acme', 'acne'));
  assert.equal((await reload(service.url)).loaded, false, 'a byte is not what was written');
  assert.match(log.lines.join('\n'), /The copy of the settings on disk cannot be used.*|it is damaged/);
  writeFileSync(file, JSON.stringify({ ...early, format: 2, sum: crc32(JSON.stringify(early)) }));
  assert.equal((await reload(service.url)).loaded, false);
  assert.match(log.lines.join('\n'), /written by a newer version of statsig-cdp \(format 2/);
  writeFileSync(file, JSON.stringify(early));
  assert.equal((await reload(service.url)).loaded, true, 'one of an early version is taken');
});

test('a copy that cannot be written is a warning', async (context) => {
  const directory = temporaryDirectory(context);
  writeFileSync(join(directory, 'file'), '');
  const service = await startService(context, answerWith(acme('events')));
  const log = rememberingLog();
  const store = await openStore(context, { location: service.url, dataDir: join(directory, 'file'), log });
  assert.equal(mode(store), 'events');
  assert.match(log.lines.join('\n'), /"level":"warn","message":"Cannot keep a copy of the settings on disk"/);

  mkdirSync(join(directory, 'data/settings-copy.json'), { recursive: true });
  const second = await openStore(context, { location: service.url, dataDir: join(directory, 'data') });
  assert.equal(second.loaded, true);
  assert.deepEqual(readdirSync(join(directory, 'data')), ['settings-copy.json']);
});

test('a URL or token that cannot be used is an error that does not repeat it', async (context) => {
  const attempts = [
    { location: 'https://user:token-example@config.example/settings?key=token-example' },
    { location: 'https://token-example:99999/' },
    { location: 'https://config.example/', token: new Secret('token-example\n') },
    { location: 'https://config.example/', token: new Secret('') },
  ];
  for (const attempt of attempts) {
    await assert.rejects(openStore(context, attempt), ({ name, message }: Error) => {
      assert.equal(name, 'SettingsError');
      assert.ok(!message.includes('token-example'), message);
      return true;
    });
  }
});

test('a closed store asks no more', async (context) => {
  const service = await startService(context, answerWith('[]'));
  const closed = await openStore(context, { location: service.url, pollMs: 1, token: new Secret('token-closed') });
  await asked(service, 2);
  await closed.close();
  const asksOfClosed = () =>
    service.requests.filter(({ headers }) => headers.authorization === 'Bearer token-closed').length;
  const before = asksOfClosed();
  await openStore(context, { location: service.url, pollMs: POLL_MS });
  await asked(service, 5);
  // One may have been on its way.
  assert.ok(asksOfClosed() <= before + 1, `${asksOfClosed() - before} requests after closing`);
});

test('closing ends a request under way', async (context) => {
  const service = await startService(context, answerWith('[]'));
  const log = rememberingLog();
  const store = await openStore(context, { location: service.url, pollMs: 1, timeoutMs: 60_000, log });
  service.answer = () => {};
  await asked(service, 1);
  const before = performance.now();
  await store.close();
  assert.ok(performance.now() - before < 30_000);
  assert.ok(!log.lines.some((line) => line.includes('"error"')), log.lines.join('\n'));
});
