// Whether the chain answers: by a real process, a stock transformer behind it, a control plane and a data plane that stand in.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { Secret } from '../../../src/base/secret.js';
import { ConnectError } from '../../../src/connect/connection.js';
import { connectRudderStack } from '../../../src/connect/rudderstack/connect-rudderstack.js';
import type { ConnectRudderStackOptions } from '../../../src/connect/rudderstack/options.js';
import type { StepReport } from '../../../src/connect/step.js';
import { STOCK } from '../../../testkit/features.js';
import { serve } from '../../../testkit/loopback.js';
import { exportedDestination, exportedSource, exportedWorkspace } from '../../../testkit/rudderstack-export.js';
import { startHere } from '../../../testkit/server.js';

const DESTINATION = exportedDestination({ id: 'd-1', key: 'secret-of-shop' });
const EXPORT = exportedWorkspace([
  exportedSource('off', [DESTINATION], { enabled: false }),
  exportedSource('web', [DESTINATION]),
]);

const SCRATCH = mkdtempSync(join(tmpdir(), 'connect-'));
after(() => rmSync(SCRATCH, { recursive: true, force: true }));

async function serveIn(context: TestContext, answer: (request: IncomingMessage, response: ServerResponse) => unknown) {
  const { url, close } = await serve((request, response) => void answer(request, response));
  context.after(close);
  return url;
}

/** A stock transformer. */
const transformer = (context: TestContext, features: object = STOCK) =>
  serveIn(context, ({ url }, response) =>
    response.end(JSON.stringify(url === '/features' ? features : { service: 'UP' })),
  );

async function plugin(context: TestContext, environment: Readonly<Record<string, string>> = {}) {
  const { url, stop } = await startHere(environment);
  context.after(stop);
  return url;
}

/** A config service. */
const service = (context: TestContext, text: string) =>
  serveIn(context, ({ headers: { authorization } }, response) =>
    response.writeHead(authorization === 'Bearer service-token' ? 200 : 401).end(text),
  );

/** What became of the steps behind the settings, by their ids. */
async function apply(options: Partial<ConnectRudderStackOptions> & { readonly pluginUrl: string }) {
  const reports: StepReport[] = [];
  const from = { kind: 'text', text: new Secret(JSON.stringify(EXPORT)) } as const;
  await connectRudderStack({ from, settingsLocation: mkdtempSync(join(SCRATCH, 'settings-')), ...options }).apply(
    (report) => reports.push(report),
  );
  return Object.fromEntries(reports.map(({ step: { id }, result, problem }) => [id, { result, problem }]));
}

const fails = (code: ConnectError['code'], message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ConnectError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, message);
  return true;
};

test('the features of the stock transformer have to be in those of the process', async (context) => {
  const stock = await transformer(context);
  const behind = await plugin(context, { UPSTREAM_TRANSFORMER_URL: stock });
  const { chain } = await apply({ pluginUrl: behind, transformerUrl: stock });
  assert.deepEqual(chain, { result: 'done', problem: undefined });

  const alone = await plugin(context);
  assert.equal((await apply({ pluginUrl: alone })).chain?.result, 'done');
  await assert.rejects(
    apply({ pluginUrl: alone, transformerUrl: stock }),
    fails('refused', /not that of .*\(.*someLaterFlag.*\): start statsig-cdp with UPSTREAM_TRANSFORMER_URL=http/),
  );
  await assert.rejects(apply({ pluginUrl: stock }), fails('refused', /does not announce STATSIG: it is the stock/));
  const web = await serveIn(context, (_request, response) => response.end('<html>'));
  await assert.rejects(apply({ pluginUrl: web }), fails('refused', /\/features answers 200: it is no statsig-cdp/));
});

test('a process that lives and holds its features back waits for the stock transformer, which is said', async (context) => {
  const pluginUrl = await serveIn(context, ({ url }, response) =>
    url === '/health' ? response.end('{"service":"UP"}') : response.destroy(),
  );
  await assert.rejects(
    apply({ pluginUrl }),
    (error) =>
      error instanceof ConnectError && error.code === 'unavailable' && /UPSTREAM_TRANSFORMER_URL/.test(error.message),
  );
});

test('what this machine does not reach is left to a person', async (context) => {
  const away = await apply({ pluginUrl: 'http://127.0.0.1:9' });
  assert.equal(away.chain?.result, 'by-hand');
  const stock = await transformer(context);
  const behind = await plugin(context, { UPSTREAM_TRANSFORMER_URL: stock });
  const { chain } = await apply({ pluginUrl: behind, transformerUrl: 'http://127.0.0.1:9' });
  assert.match(chain?.problem ?? '', /was not compared/);
});

test('a stock transformer that is not healthy is told', async (context) => {
  const sick = await serveIn(context, ({ url }, response) => {
    response.writeHead(url === '/health' ? 503 : 200).end(JSON.stringify(STOCK));
  });
  const behind = await plugin(context, { UPSTREAM_TRANSFORMER_URL: sick });
  const options = { pluginUrl: behind, transformerUrl: sick };
  await assert.rejects(apply(options), fails('unavailable', /\/health answers 503: the log of the stock transformer/));
});

test('one event goes by an enabled source to the claimed destination alone', async (context) => {
  const got: { authorization: string | undefined; body: Record<string, unknown> }[] = [];
  const dataPlane = await serveIn(context, async (request, response) => {
    const { authorization } = request.headers;
    got.push({ authorization, body: JSON.parse((await request.toArray()).join('')) });
    response.end('OK');
  });
  const expected: object[] = [];
  const options = {
    pluginUrl: await plugin(context),
    dataPlaneUrl: dataPlane,
    workspace: 'shop',
    arrivals: {
      async expect(event: object, send: () => Promise<void>) {
        expected.push(event);
        await send();
        return { kind: 'arrived', outcome: 'received', workspace: 'shop' } as const;
      },
    },
  };
  assert.deepEqual((await apply(options))['test-event'], { result: 'done', problem: 'It arrived: received.' });
  const [{ authorization, body } = { authorization: '', body: {} }] = got;
  assert.equal(authorization, `Basic ${Buffer.from('write-key-of-web:').toString('base64')}`);
  assert.deepEqual(body.integrations, { All: false, Statsig: true });
  assert.deepEqual(
    expected,
    [
      { workspace: 'shop', protocol: 'rudderstack', messageId: body.messageId, timeoutMs: 60_000, signal: undefined },
    ].map(({ signal: _none, ...event }) => event),
  );
  const failing = { kind: 'arrived', outcome: 'failed_on_ingest', workspace: 'shop', note: 'no key' } as const;
  await assert.rejects(
    apply({ ...options, arrivals: { expect: async () => failing } }),
    fails('refused', /failed_on_ingest, no key/),
  );
  const pauses: number[] = [];
  const arrived = (workspace?: string) =>
    ({ kind: 'arrived', outcome: 'received', ...(workspace && { workspace }) }) as const;
  const early = [arrived(), arrived('another'), arrived('shop')];
  const waiting = { ...options, pause: async (ms: number) => void pauses.push(ms) };
  const arrivals = { expect: async () => early.shift() ?? arrived() };
  assert.equal((await apply({ ...waiting, arrivals }))['test-event']?.result, 'done');
  assert.deepEqual([early.length, pauses.length], [0, 2]);
  await assert.rejects(apply({ ...waiting, arrivals }), fails('settings', /not for the workspace shop/));
  assert.equal(pauses.length, 6, 'five events at most');
  const nothing = { ...options, arrivals: { expect: async () => ({ kind: 'nothing' }) as const } };
  await assert.rejects(apply(nothing), fails('unavailable', /has not come here: is DEST_TRANSFORM_URL/));
  await assert.rejects(
    apply({ ...options, dataPlaneUrl: 'http://127.0.0.1:9' }),
    fails('unavailable', /was not sent: .*127\.0\.0\.1:9 does not answer/),
  );
});

test('a control plane is asked as rudder-server asks it', async (context) => {
  const asked: (string | undefined)[] = [];
  let status = 429;
  const url = await serveIn(context, ({ url: path, headers }, response) => {
    asked.push(`${path} ${Buffer.from(headers.authorization?.split(' ')[1] ?? '', 'base64')}`);
    response
      .writeHead(status, { 'Retry-After': '0' })
      .end(JSON.stringify(path?.startsWith('/data') ? { 'ws-1': EXPORT } : EXPORT));
    status = 200;
  });
  const connect = (namespace?: string) =>
    connectRudderStack({
      from: { kind: 'control-plane', url, token: new Secret('the-token'), ...(namespace && { namespace }) },
      settingsLocation: join(SCRATCH, 'none'),
      pluginUrl: 'http://127.0.0.1:9',
    });
  for (const namespace of [undefined, 'a/b']) assert.match(JSON.stringify(await connect(namespace).plan()), /- d-1/);
  assert.deepEqual(asked, [
    '/workspaceConfig?fetchAll=true the-token:',
    '/workspaceConfig?fetchAll=true the-token:',
    '/data-plane/v1/namespaces/a%2Fb/config the-token:',
  ]);
  status = 401;
  await assert.rejects(
    connect().plan(),
    fails('token-refused', /\(401\): it should be rudder-server's WORKSPACE_TOKEN/),
  );
  status = 403;
  await assert.rejects(connect('n').plan(), fails('token-refused', /HOSTED_SERVICE_SECRET/));
  status = 404;
  await assert.rejects(connect().plan(), fails('not-found', /rudder-server itself tells its configuration to no one/));
});

test('what a config service claims already is known; the rest is changed there by hand, and no key is kept', async (context) => {
  const connect = async (text: string, token = 'service-token') =>
    connectRudderStack({
      from: { kind: 'text', text: new Secret(JSON.stringify(EXPORT)) },
      settingsLocation: await service(context, text),
      settingsToken: new Secret(token),
      pluginUrl: 'http://127.0.0.1:9',
      keepKeys: true,
    });
  const claims = (...ids: readonly string[]) => `id: shop\nrudderstack:\n  destinationIds: [${ids.join(', ')}]\n`;
  const [step] = await (await connect(claims('d-0'))).plan();
  assert.equal(step?.kind, 'by-hand');
  assert.match(step?.byHand?.[0]?.text ?? '', /is a config service/);
  assert.match(step?.byHand?.[0]?.paste ?? '', /\+ {2}destinationIds: \[d-0, d-1\]/);
  const [first] = await (await connect('')).plan();
  assert.match(first?.byHand?.[0]?.paste ?? '', /\+id: default\n\+rudderstack:\n\+ {2}destinationIds:\n\+ {4}- d-1/);
  const claimed = await connect(claims('d-0', 'd-1'));
  assert.equal((await claimed.plan())[0]?.state, 'there');
  assert.deepEqual(await claimed.planUndo(), []);
  await assert.rejects((await connect('', 'another-token')).plan(), fails('settings', /401/));
});
