// Each route answers whatever goes wrong in one form, whichever step of the app gives the error.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ERRORS, type ErrorCode, INVALID_REQUEST, PluginError, UNAVAILABLE } from '../../src/base/errors.js';
import { isJsonObject } from '../../src/model/segment-event.js';
import { type TestAppOptions, testApp } from '../../testkit/app.js';
import { serve } from '../../testkit/loopback.js';
import { type DeclaredPath, declaredPaths } from '../../testkit/routes.js';

/** An error as a route of this form words it; undefined where it is of another form. */
type ReadForm = (body: unknown) => { readonly code?: string; readonly message: string } | undefined;

function keysOf(value: unknown): string {
  return isJsonObject(value) ? Object.keys(value).sort().join() : typeof value;
}

const plain: ReadForm = (body) =>
  isJsonObject(body) && keysOf(body) === 'error,message'
    ? { code: String(body.error), message: String(body.message) }
    : undefined;

const tracking: ReadForm = (body) =>
  isJsonObject(body) &&
  keysOf(body) === 'code,error,message,success' &&
  body.success === false &&
  body.error === body.code
    ? { code: String(body.code), message: String(body.message) }
    : undefined;

const proxy: ReadForm = (body) => {
  const output = isJsonObject(body) && keysOf(body) === 'output' ? body.output : undefined;
  if (!isJsonObject(output) || !isJsonObject(output.statTags)) return undefined;
  const isV1 = keysOf(output) === 'message,response,statTags' && Array.isArray(output.response);
  const isV0 = keysOf(output) === 'destinationResponse,message,statTags,status';
  return isV0 || isV1 ? { message: String(output.message) } : undefined;
};

/** The regulation worker reads a list of jobs. */
const deletions: ReadForm = (body) => {
  const [job, ...more] = Array.isArray(body) ? body : [];
  const isForm = more.length === 0 && keysOf(job) === 'error,status,statusCode' && job.statusCode >= 400;
  return isForm ? { message: String(job.error) } : undefined;
};

function formOf({ protocol, name }: DeclaredPath): ReadForm {
  if (protocol === 'trackingApi') return tracking;
  if (name.startsWith('proxy')) return proxy;
  return name === 'deleteUsers' ? deletions : plain;
}

const PATHS = declaredPaths().map((route) => ({ ...route, path: route.path.replace(/:\w+/, 'shop') }));

const SHOP = { id: 'shop', trackingApi: { writeKeys: ['write-key-example'] } };

async function listen(context: TestContext, options: TestAppOptions = {}) {
  const app = testApp({ documents: [SHOP], ...options });
  const server = await serve(app.handler);
  context.after(async () => {
    await server.close();
    await app.close(0);
  });
  return { ...app, url: server.url };
}

async function assertForm(route: DeclaredPath, response: Response, expected?: ErrorCode): Promise<void> {
  const text = await response.text();
  const where = `${route.method} ${route.path}: ${response.status} ${text}`;
  const error = formOf(route)(JSON.parse(text));
  assert.ok(error !== undefined, where);
  const code = error.message.split(':')[0] ?? '';
  assert.ok(Object.hasOwn(ERRORS, code), where);
  assert.equal(error.code ?? code, code, where);
  if (expected !== undefined) assert.equal(code, expected, where);
}

test('every error of the table has the form of its route, also where it comes before the route', async (context) => {
  const { url, lifecycle } = await listen(context);
  const codes = Object.keys({ ...INVALID_REQUEST, ...UNAVAILABLE }) as PluginError['code'][];
  const few: readonly PluginError['code'][] = ['BODY_NOT_JSON', 'OVERLOADED'];
  let code = codes[0] ?? 'BODY_EMPTY';
  Object.defineProperty(lifecycle, 'draining', {
    get() {
      throw new PluginError(code);
    },
  });
  const seen = new Set<string>();
  for (const route of PATHS) {
    // All errors once for each form and protocol; of the other routes a fault of the sender's and one of ours.
    const form = `${route.protocol} ${formOf(route).name} ${route.name.startsWith('proxy') ? route.name : ''}`;
    const given = seen.has(form) ? few : codes;
    seen.add(form);
    for (code of given) {
      const response = await fetch(url + route.path, { method: route.method });
      assert.equal(response.status, ERRORS[code].status);
      await assertForm(route, response, code);
    }
  }
  assert.equal(seen.size, 8);
});

const FAULTS: readonly (readonly [string, RequestInit])[] = [
  ['no body', { method: 'POST' }],
  ['no JSON', { method: 'POST', body: '{' }],
  ['another encoding', { method: 'POST', body: '{}', headers: { 'content-encoding': 'zip' } }],
  ['too large', { method: 'POST', body: `["${'x'.repeat(3_000)}"]` }],
  ['another method', { method: 'PUT', body: '{}' }],
  ['its own loop', { method: 'POST', body: '{}', headers: { via: '1.1 statsig-cdp' } }],
];

test('what really goes wrong on a route has its form', async (context) => {
  const { url } = await listen(context, { environment: { MAX_BODY_BYTES: '2000' } });
  let errors = 0;
  for (const route of PATHS.filter(({ method, protocol }) => method === 'POST' && protocol !== 'operations')) {
    for (const [, init] of FAULTS) {
      const response = await fetch(url + route.path, init);
      if (response.status < 400) await response.arrayBuffer();
      else {
        errors += 1;
        await assertForm(route, response);
      }
    }
  }
  assert.ok(errors > 150, `${errors}`);
});

test('before the settings are loaded each route says so in its form', async (context) => {
  const { url } = await listen(context, { loaded: false });
  for (const route of PATHS.filter(({ protocol }) => protocol !== 'operations')) {
    if (route.name === 'sdkMetrics' || route.name === 'features') continue;
    const body = route.name === 'deleteUsers' ? '[{"destType":"statsig"}]' : '{"destType":"statsig"}';
    const response = await fetch(url + route.path, { method: route.method, ...(route.method === 'POST' && { body }) });
    await assertForm(route, response, 'SETTINGS_NOT_LOADED');
  }
});

test('a mistyped path is answered in the form of the route that is nearest', async (context) => {
  const { url } = await listen(context);
  for (const [path, route] of [
    ['/v1/trak', '/v1/track'],
    ['/v1/batch/more', '/v1/batch'],
    ['/segmnt/shop', '/segment/shop'],
  ] as const) {
    const meant = PATHS.find((each) => each.path === route) ?? assert.fail(route);
    const response = await fetch(url + path, { method: 'POST', body: '{}' });
    assert.equal(response.status, 404);
    await assertForm(meant, response, 'ROUTE_UNKNOWN');
  }
});

test('a proxy call whose upstream is unreachable is answered for each of its jobs, so that rudder-server misses none', async (context) => {
  const nobody = await serve(() => {});
  await nobody.close();
  const { url } = await listen(context, { environment: { UPSTREAM_TRANSFORMER_URL: nobody.url } });
  const metadata = [{ jobId: 1, destinationId: 'dst-1' }, { jobId: 2 }];
  const post = (path: string, body: object) => fetch(url + path, { method: 'POST', body: JSON.stringify(body) });

  const v1 = await post('/v1/destinations/webhook/proxy', { endpoint: 'http://127.0.0.1:9', metadata });
  assert.equal(v1.status, 503);
  assert.equal(v1.headers.get('x-rudder-should-retry'), 'true');
  assert.equal(v1.headers.get('apiversion'), '2');
  const { output } = (await v1.json()) as { output: { message: string; response: readonly object[] } };
  assert.match(output.message, /^UPSTREAM_UNREACHABLE: /);
  const entry = (job: object) => ({ statusCode: 503, metadata: job, error: output.message });
  assert.deepEqual(output.response, metadata.map(entry));

  const v0 = await post('/v0/destinations/webhook/proxy', { metadata: metadata[0] });
  assert.equal(v0.status, 503);
  assert.equal(((await v0.json()) as { output: { status: number } }).output.status, 503);
});

test('a delivery request that cannot be sent is given up for each of its jobs', async (context) => {
  const { url } = await listen(context);
  const body = JSON.stringify({ endpoint: 'no address', metadata: [{ jobId: 7 }] });
  const response = await fetch(`${url}/v1/destinations/statsig/proxy`, { method: 'POST', body });
  assert.equal(response.status, 400);
  const { output } = (await response.json()) as { output: { response: readonly { statusCode: number }[] } };
  assert.deepEqual(
    output.response.map(({ statusCode }) => statusCode),
    [400],
  );
});
