// A sender without any proof is refused before its body is read, and no answer holds a secret.

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import express, { type ErrorRequestHandler } from 'express';
import { PluginError } from '../../../src/base/errors.js';
import { BytesInFlight } from '../../../src/http/in-flight.js';
import { createRequestReader } from '../../../src/http/request-reader.js';
import { sendError } from '../../../src/http/send-response.js';
import { compileWorkspace } from '../../../src/settings/compile.js';
import { parseDocuments } from '../../../src/settings/document.js';
import { staticStore } from '../../../src/settings/store.js';
import { createSegmentRoutes } from '../../../src/sources/segment/routes.js';
import { send, serve } from '../../../testkit/loopback.js';
import { routerOf } from '../../../testkit/routes.js';

const { documents } = parseDocuments(
  JSON.stringify({
    id: 'shop',
    secretKey: 'secret-example',
    segment: { sharedSecrets: ['shared-example'], headerSecrets: ['header-example'], apiKeys: ['api-key-example'] },
  }),
  'shop.json',
);
const inFlight = new BytesInFlight(20_000_000);
const handleErrors: ErrorRequestHandler = (error: unknown, _request, response, _next) =>
  sendError(response, error instanceof PluginError ? error : new PluginError('INTERNAL', String(error)));

let server: Awaited<ReturnType<typeof serve>>;
before(async () => {
  const app = express();
  app.use(
    routerOf(
      'segment',
      createSegmentRoutes({
        reader: createRequestReader(10_000_000, inFlight),
        store: staticStore(documents),
        ingest: { accept: async () => assert.fail('nothing here may be let in') },
        compile: ({ id, settings, secretKey }) => compileWorkspace(id, settings, secretKey, 'segment'),
        onResults: () => assert.fail('nothing here may be counted'),
      }),
    ),
  );
  app.use(handleErrors);
  server = await serve(app);
});
after(() => server.close());

test('without a proof the answer comes before the body does', { timeout: 30_000 }, async () => {
  for (const id of ['shop', 'none']) {
    const body = new Readable({ read() {} });
    body.push('[');
    const response = await send(server.port, 'POST', `/segment/${id}`, ['Content-Length', '5000000'], body);
    assert.equal(response.statusCode, 401);
    assert.equal(inFlight.bytes, 0);
    response.destroy();
    body.destroy();
  }
});

test('no refusal repeats a secret, neither the right ones nor what was sent', async () => {
  const basic = (key: string) => `Basic ${Buffer.from(`${key}:`).toString('base64')}`;
  const proofs = [
    ['Authorization', 'Bearer guessed-example'],
    ['X-Statsig-Cdp-Secret', 'guessed-example'],
    ['Authorization', basic('guessed-example')],
    ['X-Signature', 'guessed-example'],
    ['Authorization', 'Bearer header-example'],
    ['Authorization', 'Bearer header-example', 'X-Signature', 'guessed-example'],
  ];
  for (const proof of proofs) {
    const response = await send(server.port, 'POST', '/segment/shop', proof, Buffer.from('[{"type":"track"}]'));
    const answer = await text(response);
    assert.equal(response.statusCode, 401, answer);
    assert.doesNotMatch(answer + response.rawHeaders.join('\n'), /(secret|shared|header|api-key|guessed)-example/);
  }
});
