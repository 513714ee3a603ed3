// The console's files: all that the page loads is served, nothing else is, and a browser is told to trust nothing else.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startHere } from '../../testkit/server.js';
import { temporaryDirectory } from '../../testkit/settings.js';

/** Also where a minifier has put all on one line. */
const IMPORT = /(?:^|;)\s*(?:import|export|\})(?:[^"'`;]*?\bfrom)?\s*["']([^"'`]+)["']/gm;

async function start(context: TestContext, environment: Readonly<Record<string, string>> = {}) {
  const directory = temporaryDirectory(context);
  const plugin = await startHere({
    STATSIG_CDP_SETTINGS: directory,
    OUTBOX_DIRECTORY: `${directory}/outbox`,
    ...environment,
  });
  context.after(plugin.stop);
  return plugin;
}

test('every file that the page and its modules name is served, with its type, and no other origin is named', async (context) => {
  const { url } = await start(context);
  const seen = new Set<string>();
  const get = async (path: string): Promise<string> => {
    seen.add(path);
    const response = await fetch(new URL(path, `${url}/console/`));
    assert.equal(response.status, 200, path);
    const type = path === '' ? 'text/html' : path.endsWith('.js') ? 'text/javascript' : undefined;
    if (type !== undefined) assert.ok(response.headers.get('content-type')?.startsWith(type), path);
    return response.text();
  };
  const html = await get('');
  const { imports } = JSON.parse(/<script type="importmap">(.*?)<\/script>/s.exec(html)?.[1] ?? '');
  const waiting = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, path = '']) => posix.normalize(path));
  assert.ok(waiting.length > 3);
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue;
    const text = await get(path);
    if (!path.endsWith('.js')) continue;
    for (const [, name = ''] of text.matchAll(IMPORT)) {
      const target: string | undefined = name.startsWith('.') ? posix.join(posix.dirname(path), name) : imports[name];
      assert.ok(target !== undefined, `${path} imports ${name}, which the import map does not have`);
      waiting.push(posix.normalize(target));
    }
  }
  assert.ok(seen.size > 20, `${seen.size} files`);
  assert.doesNotMatch(html, /https?:\/\//);
});

test('the page is sent with a policy that names its import map, and asked for by its tag', async (context) => {
  const { url } = await start(context);
  const moved = await fetch(`${url}/console`, { redirect: 'manual' });
  // Relative, for proxies that put it below a path of their own.
  assert.deepEqual([moved.status, moved.headers.get('location')], [308, 'console/']);
  const response = await fetch(`${url}/console/`);
  const html = await response.text();
  const map = /<script type="importmap">(.*?)<\/script>/s.exec(html)?.[1] ?? '';
  const hash = createHash('sha256').update(map).digest('base64');
  assert.equal(
    response.headers.get('content-security-policy'),
    `default-src 'none'; script-src 'self' 'sha256-${hash}'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  );
  for (const [name, value] of [
    ['x-content-type-options', 'nosniff'],
    ['x-frame-options', 'DENY'],
    ['referrer-policy', 'no-referrer'],
    ['cache-control', 'no-cache'],
  ] as const)
    assert.equal(response.headers.get(name), value);
  const etag = response.headers.get('etag') ?? '';
  for (const tag of [etag, `W/${etag}`, `"x", ${etag}`]) {
    const again = await fetch(`${url}/console/`, { headers: { 'if-none-match': tag } });
    assert.deepEqual([again.status, await again.text()], [304, '']);
  }
  const head = await fetch(`${url}/console/`, { method: 'HEAD' });
  assert.deepEqual(
    [head.status, head.headers.get('content-length'), await head.text()],
    [200, `${Buffer.byteLength(html)}`, ''],
  );
});

test('the port for senders outside has none of it', async (context) => {
  const { publicUrl } = await start(context, { PUBLIC_PORT: '0', SINGLE_PORT: 'false', ADMIN_TOKEN: 'open-sesame' });
  for (const path of [
    '/console',
    '/console/',
    '/console/main.js',
    '/api/session',
    '/api/live',
    '/openapi.json',
    '/API/live',
  ])
    for (const method of ['GET', 'POST']) {
      const response = await fetch(publicUrl + path, { method, headers: { authorization: 'Bearer open-sesame' } });
      assert.deepEqual([response.status, JSON.parse(await response.text()).error], [404, 'ROUTE_UNKNOWN'], path);
    }
});
