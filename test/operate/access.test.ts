// Who may use /api and the console: tokens and their roles, sessions of browsers, links, and what is refused.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { startHere } from '../../testkit/server.js';

const TOKENS = { ADMIN_TOKEN: 'write-token', ADMIN_READ_TOKEN: 'read-token' };

async function start(context: TestContext, environment: Readonly<Record<string, string>> = TOKENS) {
  const directory = mkdtempSync(join(tmpdir(), 'access-'));
  const plugin = await startHere({
    STATSIG_CDP_SETTINGS: directory,
    OUTBOX_DIRECTORY: join(directory, 'outbox'),
    ...environment,
  });
  context.after(async () => {
    await plugin.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const ask = (path: string, headers: Readonly<Record<string, string>> = {}, body?: object) =>
    fetch(plugin.url + path, {
      redirect: 'manual',
      headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });
  const codeOf = async (response: Promise<Response>) => (await json(await response)).error;
  const signIn = async (proof: object, headers: Readonly<Record<string, string>> = {}) => {
    const response = await ask('/api/session', headers, proof);
    return { response, cookie: (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '' };
  };
  return { ...plugin, directory, ask, codeOf, signIn };
}

async function json(response: Response): Promise<Record<string, unknown>> {
  return JSON.parse(await response.text());
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

test('the read token looks and changes nothing, the write token does both, another neither', async (context) => {
  const { ask, codeOf } = await start(context);
  const drop = { keys: ['no-key'] };
  assert.equal((await ask('/api/dead-letters', bearer('read-token'))).status, 200);
  assert.equal(await codeOf(ask('/api/dead-letters/drop', bearer('read-token'), drop)), 'ROLE_INSUFFICIENT');
  assert.equal((await ask('/api/dead-letters', bearer('write-token'))).status, 200);
  assert.equal((await ask('/api/dead-letters/drop', bearer('write-token'), drop)).status, 200);
  for (const headers of [{}, bearer('read-tokens'), bearer('')]) {
    assert.equal(await codeOf(ask('/api/dead-letters', headers)), 'ADMIN_REFUSED');
    assert.equal(await codeOf(ask('/api/dead-letters/drop', headers, drop)), 'ADMIN_REFUSED');
  }
});

test('one token for both roles is refused at the start', async (context) => {
  await assert.rejects(start(context, { ADMIN_TOKEN: 'same', ADMIN_READ_TOKEN: 'same' }), /ADMIN_READ_TOKEN must be/);
});

test('a browser signs in with a token, acts from our own page only, and signs out', async (context) => {
  const { url, ask, codeOf, signIn } = await start(context);
  const { response, cookie } = await signIn({ token: 'write-token' });
  assert.equal((await json(response)).role, 'write');
  assert.match(response.headers.get('set-cookie') ?? '', /; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/);
  assert.equal(response.headers.get('cache-control'), 'no-store');

  const drop = { keys: ['no-key'] };
  const asOwn = { cookie, 'sec-fetch-site': 'same-origin' };
  assert.equal((await ask('/api/dead-letters', { cookie })).status, 200);
  assert.equal((await ask('/api/dead-letters/drop', asOwn, drop)).status, 200);
  // Browsers that say no site, because the page was not loaded by TLS, say the origin.
  assert.equal((await ask('/api/dead-letters/drop', { cookie, origin: url }, drop)).status, 200);
  for (const headers of [
    { cookie },
    { cookie, origin: 'http://localhost:3000' },
    { cookie, origin: 'null' },
    { cookie, origin: url, 'sec-fetch-site': 'same-site' },
    { ...asOwn, 'content-type': 'text/plain' },
    { ...asOwn, 'content-type': 'application/x-www-form-urlencoded' },
  ])
    assert.equal(await codeOf(ask('/api/dead-letters/drop', headers, drop)), 'ORIGIN_REFUSED', JSON.stringify(headers));
  assert.equal(await codeOf(ask('/api/dead-letters', { cookie, 'sec-fetch-site': 'same-site' })), 'ORIGIN_REFUSED');

  assert.equal((await ask('/api/session/end', asOwn, {})).status, 200);
  assert.equal(await codeOf(ask('/api/dead-letters', { cookie })), 'ADMIN_REFUSED', 'a copy of the cookie is over too');
});

test('what was ended stays ended after a restart; what was not goes on', async (context) => {
  const first = await start(context);
  const ended = await first.signIn({ token: 'write-token' });
  const goesOn = await first.signIn({ token: 'write-token' });
  assert.equal(
    (await first.ask('/api/session/end', { cookie: ended.cookie, 'sec-fetch-site': 'same-origin' }, {})).status,
    200,
  );
  const file = join(first.directory, 'ended-sessions.json');
  const again = () => start(context, { ...TOKENS, OUTBOX_DIRECTORY: join(first.directory, 'outbox') });
  await first.stop();
  for (const [change, expected] of [
    [() => {}, 200],
    [() => writeFileSync(file, '{"read":{}'), 401],
  ] as const) {
    change();
    const next = await again();
    const name = `statsig_cdp_${new URL(next.url).port}`;
    const statusOf = async ({ cookie }: { cookie: string }) =>
      (await next.ask('/api/session', { cookie: cookie.replace(/^[^=]+/, name) })).status;
    assert.equal(await statusOf(ended), 401);
    assert.equal(await statusOf(goesOn), expected, 'where the file is lost, all are ended');
    assert.equal(await statusOf(await next.signIn({ token: 'write-token' })), 200);
    await next.stop();
  }
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test('a page of another site cannot make an address wait with wrong cookies', async (context) => {
  const { url, ask, codeOf } = await start(context);
  const name = `statsig_cdp_${new URL(url).port}`;
  for (let guess = 10; guess < 32; guess += 1) {
    const cookie = `${name}=read.1.aaaaaaaaaaaaaa${guess}.${'a'.repeat(43)}`;
    assert.equal(await codeOf(ask('/api/session', { cookie, 'sec-fetch-site': 'same-site' })), 'ORIGIN_REFUSED');
    const deed = ask('/api/dead-letters/drop', { cookie, origin: 'http://localhost:3000' }, { keys: ['k'] });
    assert.equal(await codeOf(deed), 'ORIGIN_REFUSED');
  }
  assert.equal((await ask('/api/session', bearer('read-token'))).status, 200);
});

test('a page of another site signs nobody in', async (context) => {
  const { codeOf, ask, signIn } = await start(context);
  const token = { token: 'write-token' };
  for (const headers of [{ origin: 'http://elsewhere.example' }, { 'sec-fetch-site': 'cross-site' }])
    assert.equal(await codeOf(ask('/api/session', headers, token)), 'ORIGIN_REFUSED');
  assert.equal((await signIn(token, { 'sec-fetch-site': 'same-origin' })).response.status, 200);
  const { response } = await signIn(token, { 'sec-fetch-site': 'same-origin', origin: 'https://cdp.example' });
  assert.match(response.headers.get('set-cookie') ?? '', /; Secure$/);
});

test('a session that somebody made, changed or brought from another process is none', async (context) => {
  const { ask, codeOf, signIn } = await start(context);
  const other = await start(context, { ADMIN_TOKEN: 'another-token', ADMIN_READ_TOKEN: 'read-token' });
  const { cookie } = await signIn({ token: 'read-token' });
  const name = cookie.slice(0, cookie.indexOf('='));
  const foreign = (await other.signIn({ token: 'another-token' })).cookie.replace(/^[^=]+/, name);
  const inAnHour = String(Date.now() + 3_600_000);
  for (const value of [
    cookie.replace('read.', 'write.'),
    cookie.replace(/\.\d+\./, `.${inAnHour}.`),
    cookie.slice(0, -2),
    `${name}=write.${inAnHour}.aaaaaaaaaaaaaaaa.${'a'.repeat(43)}`,
    foreign,
    cookie.replace(name, 'statsig_cdp_1'),
  ])
    assert.equal(await codeOf(ask('/api/deletions', { cookie: value })), 'ADMIN_REFUSED', value);
  assert.equal((await json(await ask('/api/session', { cookie }))).role, 'read');
  // The read token is the same there, and so is what it signs.
  const there = (await other.signIn({ token: 'read-token' })).cookie.replace(/^[^=]+/, name);
  assert.equal((await ask('/api/session', { cookie: there })).status, 200);
});

test('a link signs in once, with the role of the one who made it', async (context) => {
  const { ask, signIn } = await start(context);
  for (const role of ['read', 'write']) {
    const { link } = await json(await ask('/api/session/link', bearer(`${role}-token`), {}));
    const code = /^\/console\/#link=([\w-]{32})$/.exec(String(link))?.[1];
    const first = await signIn({ link: code });
    assert.equal((await json(first.response)).role, role);
    assert.equal((await signIn({ link: code })).response.status, 401, 'used');
  }
});

test('an address that tries out tokens has to wait; what was right before still is', async (context) => {
  const { ask, codeOf, signIn } = await start(context);
  const { cookie } = await signIn({ token: 'write-token' });
  for (let again = 0; again < 20; again += 1)
    assert.equal(await codeOf(ask('/api/session', bearer('old-token'))), 'ADMIN_REFUSED', 'the same one counts once');
  for (let guess = 0; guess < 9; guess += 1)
    assert.equal(await codeOf(ask('/api/session', bearer(`guess-${guess}`))), 'ADMIN_REFUSED');
  const name = cookie.slice(0, cookie.indexOf('='));
  for (const [headers, body] of [
    [bearer('guess-9')],
    [bearer('read-token')],
    [{}, { token: 'read-token' }],
    [{}, { link: 'no-link' }],
    [{ cookie: `${name}=read.1.aaaaaaaaaaaaaaaa.${'a'.repeat(43)}` }],
    [{ ...bearer('read-token'), 'x-forwarded-for': '203.0.113.7' }],
  ] as const)
    assert.equal(await codeOf(ask('/api/session', headers, body)), 'TOO_MANY_WRONG_TOKENS');
  assert.equal((await ask('/api/session', bearer('write-token'))).status, 200);
  assert.equal((await ask('/api/session', { cookie })).status, 200);
});

test('behind a proxy that is believed addresses are told apart', async (context) => {
  const { ask, codeOf } = await start(context, { ...TOKENS, TRUST_PROXY: 'loopback' });
  const from = (address: string) => ({ 'x-forwarded-for': address });
  for (let guess = 0; guess < 10; guess += 1)
    await ask('/api/session', { ...bearer(`guess-${guess}`), ...from('2001:db8:1:2::3') });
  const right = bearer('write-token');
  assert.equal(await codeOf(ask('/api/session', { ...right, ...from('2001:db8:1:2::9') })), 'TOO_MANY_WRONG_TOKENS');
  assert.equal((await ask('/api/session', { ...right, ...from('2001:db8:1:3::3') })).status, 200);
});

test('without a token of the operator, a name of this machine has to be asked for, and nobody else may ask', async (context) => {
  const { url, directory, ask, codeOf, signIn } = await start(context, {});
  const token = readFileSync(join(directory, 'admin-token'), 'utf8');
  const { port } = new URL(url);
  const { cookie } = await signIn({ token });
  for (const path of ['/console', '/console/', '/console/main.js', '/api/session', '/api/dead-letters'])
    assert.equal(await hostCodeOf(port, path, `rebound.example:${port}`, token), 'HOST_REFUSED', path);
  for (const host of [`localhost:${port}`, `[::1]:${port}`, '127.0.0.1', 'LOCALHOST', `cdp.localhost:${port}`])
    assert.equal(await hostCodeOf(port, '/api/session', host, token), undefined, host);
  for (const host of ['localhost.example', '127.0.0.1.example', 'localhost@example', '0.0.0.0', '10.0.0.1'])
    assert.equal(await hostCodeOf(port, '/api/session', host, token), 'HOST_REFUSED', host);
  for (const name of ['x-forwarded-for', 'forwarded', 'x-real-ip'])
    for (const headers of [bearer(token), { cookie }])
      assert.equal(await codeOf(ask('/api/session', { ...headers, [name]: '127.0.0.1' })), 'ADMIN_REFUSED', name);
});

/** `fetch` writes the header `Host` itself. @returns the code of the error, where there is one */
async function hostCodeOf(port: string, path: string, host: string, token: string): Promise<string | undefined> {
  const headers = { host, ...bearer(token) };
  const [response] = await once(request({ port, host: '127.0.0.1', path, headers }).end(), 'response');
  const body = await text(response);
  return body === '' ? undefined : JSON.parse(body).error;
}
