// Every route is served by one code, however its address is written: found by a look-up or by Express.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import request from 'supertest';
import { PluginError } from '../../src/base/errors.js';
import { createLogger } from '../../src/base/logger.js';
import { plainErrorText } from '../../src/http/error-text.js';
import { createRequestSteps } from '../../src/http/handle-request.js';
import { Lifecycle } from '../../src/http/lifecycle.js';
import { mountRoutes, mountSenderRoutes } from '../../src/http/mount-routes.js';
import type { Route, RouteCode, RouteHandler, RouteSet } from '../../src/http/route.js';
import { createVia } from '../../src/http/via.js';
import { createHandler } from '../../src/server/handler.js';
import { testApp } from '../../testkit/app.js';
import { element, mixedElements } from '../../testkit/rudderstack.js';

const TRACKING = { id: 'shop', secretKey: 'secret-example', trackingApi: { writeKeys: ['write-key'] } };

/** A handler of these routes that listens. Each answers with its name, its parameters, and whether the request and the response are as Node made them. */
async function listen(context: TestContext, sets: readonly RouteSet[]): Promise<string> {
  const steps = createRequestSteps({
    onRequest: () => {},
    servedWhileDraining: new Set(),
    errorTextOf: () => plainErrorText,
    onRefused: () => {},
    via: createVia(),
    lifecycle: new Lifecycle(),
    log: createLogger('silent'),
  });
  const handler = createHandler(steps, sets, (app) => {
    for (const { routes, guard } of sets) {
      const before: RouteHandler = (_request, _response, next) => {
        guard?.();
        next();
      };
      const other: RouteHandler = (_request, _response, next) => next('route');
      if (guard === undefined) mountRoutes(app, routes);
      else mountSenderRoutes(app, routes, { before, refuse: other, options: other });
    }
    app.use((_request, response) => {
      response.end('other');
    });
  });
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

function route(method: Route['method'], path: string, code: Partial<RouteCode> = {}): Route {
  const handle: RouteHandler = (request, response) => {
    const isUnchanged =
      Object.getPrototypeOf(request) === IncomingMessage.prototype &&
      Object.getPrototypeOf(response) === ServerResponse.prototype;
    response.end(`${method} ${path} ${JSON.stringify(request.params)}${isUnchanged ? '' : ' changed'}`);
  };
  return { protocol: 'test', method, paths: [path], code: { handle, ...code } };
}

test('a request is served by the same route, found by its address or by Express, and stays what Node made it', async (context) => {
  const origin = await listen(context, [
    {
      routes: [
        route('POST', '/types/:type', { params: ['type'], usualParams: { type: 'usual' } }),
        route('POST', '/types/known'),
        route('GET', '/types/known'),
        { ...route('POST', '/first'), paths: ['/first', '/alias'] },
        route('POST', '/mine/:id', { handle: (_request, _response, next) => next('route') }),
        route('POST', '/mine/:other'),
      ],
    },
    {
      routes: [route('POST', '/first'), route('POST', '/guarded')],
      guard: () => {
        throw new PluginError('PUBLIC_ROUTES_OFF');
      },
    },
  ]);
  const ask = async (address: string, method = 'POST') => (await fetch(`${origin}${address}`, { method })).text();
  const usual = 'POST /types/:type {"type":"usual"}';
  assert.deepEqual([await ask('/types/usual'), await ask('/types/usual?a=1')], [usual, usual]);
  const known = 'POST /types/:type {"type":"known"}';
  assert.equal(await ask('/types/known'), known, 'the first route in order');
  assert.equal(await ask('/types/known', 'GET'), 'GET /types/known {}');
  for (const address of ['/first', '/first/', '/first?', '/alias', '/alias/'])
    assert.equal(await ask(address), 'POST /first {}', address);
  assert.equal(await ask('/mine/1'), 'POST /mine/:other {"other":"1"}');
  for (const address of ['/guarded', '/guarded?a']) assert.match(await ask(address), /PUBLIC_ROUTES_OFF/, address);
  for (const address of ['/First', '/types/', '/types/a/b', '/constructor'])
    assert.equal(await ask(address), 'other', address);
  assert.equal(await ask('/alias', 'GET'), 'other');
  assert.equal(await ask('/alias', 'OPTIONS'), 'other');
});

test('an address written in another way gets the same answer', async () => {
  const { handler } = testApp();
  const batch = [...mixedElements(8), element(9, { message: { type: 'alias' } }), { nothing: 1 }];
  const usual = await request(handler).post('/v0/destinations/statsig').send(batch);
  const other = await request(handler).post('/v0/destinations/STATSIG?a=1').send(batch);
  assert.equal(usual.status, 200);
  assert.equal(usual.body.length, 10);
  assert.deepEqual(other.body, usual.body);
  for (const name of ['apiversion', 'content-type', 'content-length'])
    assert.equal(other.headers[name], usual.headers[name], name);

  const input = { input: batch, destType: 'statsig' };
  const routed = await request(handler).post('/routerTransform').send(input);
  const again = await request(handler).post('/routerTransform?').send(input);
  assert.ok(routed.body.output.length > 1);
  assert.deepEqual(again.body, routed.body);
});

test('a fault is answered and counted as on any other route', async () => {
  const { handler, lifecycle } = testApp({ documents: [TRACKING] });
  const broken = await request(handler)
    .post('/v0/destinations/statsig')
    .set('Content-Type', 'application/json')
    .send('[{');
  assert.deepEqual([broken.status, broken.body.error], [400, 'BODY_NOT_JSON']);
  const unknown = await request(handler)
    .post('/v1/track')
    .set('Origin', 'https://shop.example')
    .send({ writeKey: 'no', event: 'x' });
  assert.deepEqual([unknown.status, unknown.body.code], [401, 'SENDER_UNKNOWN']);
  assert.equal(unknown.headers['access-control-allow-origin'], 'https://shop.example');
  assert.equal(unknown.headers.vary, 'Origin');
  const { text } = await request(handler).get('/metrics');
  assert.match(text, /request_duration_seconds_count\{route="\/v0\/destinations\/:destinationType",status="400"\} 1\n/);
  assert.match(text, /request_duration_seconds_count\{route="\/v1\/track",status="401"\} 1\n/);

  void lifecycle.drain(1);
  const late = await request(handler).post('/v0/destinations/statsig').send([]);
  assert.deepEqual([late.status, late.body.error, late.headers.connection], [503, 'DRAINING', 'close']);
});
