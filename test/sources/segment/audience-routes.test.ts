// Webhook Audiences over HTTP: who may make and look up lists, what they are called, and what Segment is answered.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import express, { type ErrorRequestHandler } from 'express';
import request from 'supertest';
import { PluginError } from '../../../src/base/errors.js';
import { BytesInFlight } from '../../../src/http/in-flight.js';
import { createRequestReader } from '../../../src/http/request-reader.js';
import { sendError } from '../../../src/http/send-response.js';
import { createDocumentCompiler } from '../../../src/settings/compile-document.js';
import { parseDocuments } from '../../../src/settings/document.js';
import { staticStore } from '../../../src/settings/store.js';
import { type AudienceLists, createAudienceRoutes } from '../../../src/sources/segment/audience-routes.js';
import { serve } from '../../../testkit/loopback.js';
import { routerOf } from '../../../testkit/routes.js';

const KEYS = { secretKey: 'secret-example', consoleKey: 'console-example' };
const SHOP = { id: 'shop', ...KEYS, segment: { headerSecrets: ['old-example', 'new-example'] } };
const PROOF = { authorization: 'Bearer new-example' };

const handleErrors: ErrorRequestHandler = (error: unknown, _request, response, _next) =>
  sendError(response, error instanceof PluginError ? error : new PluginError('INTERNAL', String(error)));

interface Rig {
  /** What Statsig was asked: `make shop/vip`, `look shop/vip`. */
  readonly asked: readonly string[];
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): request.Test;
}

interface RigOptions {
  readonly documents?: readonly object[];
  /** False where no settings have been loaded yet. */
  readonly loaded?: boolean;
  /** True while Statsig does not answer. */
  readonly down?: boolean;
  /** Ids of lists that Statsig has. */
  readonly known?: readonly string[];
}

/** The routes on a port, in front of lists in memory. */
async function rig(
  context: TestContext,
  { documents: given = [SHOP], loaded = true, down = false, known = [] }: RigOptions = {},
): Promise<Rig> {
  const { documents, faults } = parseDocuments(JSON.stringify({ workspaces: given }), 'settings.json');
  assert.deepEqual(faults, []);
  const asked: string[] = [];
  const ask = (line: string) => {
    asked.push(line);
    if (down) throw new PluginError('STATSIG_UNAVAILABLE');
  };
  const idLists: AudienceLists = {
    async findOrCreate({ workspaceId }, name) {
      ask(`make ${workspaceId}/${name}`);
      return name;
    },
    async exists({ workspaceId }, listId) {
      ask(`look ${workspaceId}/${listId}`);
      return known.includes(listId);
    },
  };
  const store = { ...staticStore(documents), loaded };
  const app = express();
  app.use(
    routerOf(
      'segment',
      createAudienceRoutes({
        reader: createRequestReader(100_000, new BytesInFlight(1_000_000)),
        store,
        compile: createDocumentCompiler().compile,
        idLists,
      }),
    ),
  );
  app.use(handleErrors);
  const server = await serve(app);
  context.after(() => server.close());
  return {
    asked,
    post: (path, body, headers = PROOF) =>
      request(server.url)
        .post(path)
        .set({ 'content-type': 'application/json', ...headers })
        .send(typeof body === 'string' ? body : JSON.stringify(body)),
  };
}

const CREATE = '/segment/shop/audiences/create';
const GET = '/segment/shop/audiences/get';

test('a new audience gets a list that is called after it, and Segment is told its id', async (context) => {
  const { asked, post } = await rig(context);
  const response = await post(CREATE, { audienceName: 'First time shoppers', region: 'eu' });
  assert.equal(response.status, 200);
  assert.match(response.headers['content-type'] ?? '', /^application\/json/);
  assert.deepEqual(response.body, { externalId: 'First_time_shoppers_bfa28a82' });
  assert.deepEqual(asked, ['make shop/First_time_shoppers_bfa28a82']);
});

test('a list that is there is found, another one is a 404', async (context) => {
  const { asked, post } = await rig(context, { known: ['vip'] });
  const found = await post(GET, { externalId: 'vip' });
  assert.deepEqual([found.status, found.body], [200, { externalId: 'vip' }]);
  const missing = await post(GET, { externalId: 'gold' });
  assert.deepEqual([missing.status, missing.body.error], [404, 'AUDIENCE_UNKNOWN']);
  assert.deepEqual(asked, ['look shop/vip', 'look shop/gold']);
});

test('what can be no id of a list is not looked up', async (context) => {
  const { asked, post } = await rig(context);
  for (const externalId of ['vi', '../gates/x', 'a b', 'x'.repeat(101)]) {
    const { status, body } = await post(GET, { externalId });
    assert.deepEqual([status, body.error], [404, 'AUDIENCE_UNKNOWN'], externalId);
  }
  assert.deepEqual(asked, []);
});

test('a body that names no audience is a 400, one that is no JSON too', async (context) => {
  const { asked, post } = await rig(context);
  for (const body of [{}, [], 'null', { audienceName: '' }, { audienceName: ' ' }, { audienceName: 7 }]) {
    const response = await post(CREATE, body);
    assert.deepEqual([response.status, response.body.error], [400, 'AUDIENCE_NAME_MISSING'], JSON.stringify(body));
  }
  const crossed = await post(GET, { audienceName: 'vip' });
  assert.equal(crossed.body.error, 'AUDIENCE_NAME_MISSING');
  assert.equal((await post(CREATE, '{"audienceName"')).body.error, 'BODY_NOT_JSON');
  assert.deepEqual(asked, []);
});

test('a header secret proves the sender, in either header or in the body', async (context) => {
  const { asked, post } = await rig(context);
  const body = { audienceName: 'vip' };
  const proofs: readonly (readonly [object, Record<string, string>])[] = [
    [body, { authorization: 'Bearer old-example' }],
    [body, { 'x-statsig-cdp-secret': 'new-example' }],
    [{ ...body, secret: 'new-example' }, {}],
    [{ ...body, secret: 'new-example' }, { authorization: 'Bearer wrong-example' }],
  ];
  for (const [sent, headers] of proofs) assert.equal((await post(CREATE, sent, headers)).status, 200);
  assert.equal(asked.length, proofs.length);
});

test('without the proof a sender is not let in, nor told whether the workspace exists', async (context) => {
  const { asked, post } = await rig(context);
  const answersOf = async (workspace: string) => {
    const answers: string[] = [];
    for (const path of [CREATE, GET].map((each) => each.replace('shop', workspace))) {
      for (const secret of [undefined, '', 'wrong-example', ['new-example'], { new: 'example' }]) {
        const response = await post(path, { audienceName: 'vip', externalId: 'vip', secret }, {});
        assert.equal(response.status, 401, path);
        answers.push(response.text);
      }
      answers.push((await post(path, {}, { authorization: 'Bearer wrong-example' })).text);
      answers.push((await post(path, {}, { 'x-signature': '0'.repeat(40) })).text);
    }
    return answers;
  };
  const answers = await answersOf('shop');
  assert.deepEqual(await answersOf('none'), answers);
  for (const answer of answers) {
    assert.match(answer, /SENDER_UNKNOWN/);
    assert.doesNotMatch(answer, /-example/);
  }
  assert.deepEqual(asked, []);
});

test('without a header secret only a dry run is open to everybody', async (context) => {
  const segment = { sharedSecrets: ['shared-example'], apiKeys: ['api-key-example'] };
  const create = async ({ post }: Rig, id: string) => {
    const { status, body } = await post(`/segment/${id}/audiences/create`, { audienceName: 'vip' }, {});
    return [status, body.error];
  };
  const open = await rig(context, { documents: [{ id: 'dry' }] });
  assert.deepEqual(await create(open, 'dry'), [200, undefined]);
  assert.deepEqual(open.asked, ['make dry/vip']);
  const closed = await rig(context, {
    documents: [
      { id: 'dry' },
      { id: 'bare', ...KEYS },
      { id: 'lists-only', consoleKey: 'console-example' },
      { id: 'signed', ...KEYS, segment },
    ],
  });
  for (const id of ['dry', 'bare', 'lists-only', 'signed', 'none'])
    assert.deepEqual(await create(closed, id), [401, 'SENDER_UNKNOWN'], id);
  assert.deepEqual(closed.asked, []);
});

test('a workspace that has a Statsig key but no console key says that it keeps no lists', async (context) => {
  const { segment } = SHOP;
  const { post } = await rig(context, {
    documents: [{ id: 'shop', secretKey: 'secret-example', segment }],
  });
  for (const path of [CREATE, GET]) {
    const { status, body } = await post(path, { audienceName: 'vip', externalId: 'vip' });
    assert.deepEqual([status, body.error], [400, 'AUDIENCES_OFF']);
  }
});

test('while Statsig or the settings are missing Segment is told to retry', async (context) => {
  const down = await rig(context, { down: true });
  for (const path of [CREATE, GET]) {
    const { status, body, headers } = await down.post(path, { audienceName: 'vip', externalId: 'vip' });
    assert.deepEqual([status, body.error, headers['retry-after']], [503, 'STATSIG_UNAVAILABLE', '1']);
  }
  const unloaded = await rig(context, { loaded: false });
  const { status, body } = await unloaded.post(CREATE, { audienceName: 'vip' });
  assert.deepEqual([status, body.error], [503, 'SETTINGS_NOT_LOADED']);
});
