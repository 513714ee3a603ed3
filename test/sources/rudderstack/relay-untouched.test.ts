// What mode webhook relays stays as it was written, to the digit.

import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { testApp } from '../../../testkit/app.js';
import { serve } from '../../../testkit/loopback.js';

/** Numbers and spellings that a parser writes otherwise, and white space. */
const MESSAGE =
  '{"type":"track","event":"Caf\\u00e9","userId":157963456373623803,"properties":{"price":49.90,"rate":1.0,"big":1e400,"small":-0,"count":1E3, "note" : "a\\/b"}}';
const DESTINATION =
  '{"ID":"dst-1","Config":{"secretKey":"secret-example","mode":"webhook"},"WorkspaceID":"ws-1","hasDynamicConfig":false}';
const METADATA = '{"jobId":1,"destinationId":"dst-1"}';
const ELEMENT = `{"message":${MESSAGE},"metadata":${METADATA},"destination":${DESTINATION}}`;
const COMPACT = `{"input":[{"message":${MESSAGE},"metadata":${METADATA}}],"destinations":{"dst-1":${DESTINATION}}}`;

/** A body of each form, written as rudder-server does and otherwise. */
const BODIES: Readonly<Record<string, readonly [path: string, body: string, compacted?: boolean]>> = {
  processor: ['/v0/destinations/statsig', `[${ELEMENT},${ELEMENT.replace('"jobId":1', '"jobId":2')}]`],
  'processor, spaced': ['/v0/destinations/statsig', ` [ ${ELEMENT} ]`],
  'processor, other fields first': [
    '/v0/destinations/statsig',
    `[{"metadata":${METADATA},"destination":${DESTINATION},"message":${MESSAGE}}]`,
  ],
  'processor, another element first': ['/v0/destinations/statsig', `[{"message":{"a":1},"b":2},${ELEMENT}]`],
  'processor, compacted': ['/v0/destinations/statsig', COMPACT, true],
  'processor, compacted and spaced': ['/v0/destinations/statsig', ` ${COMPACT}`, true],
  router: ['/routerTransform', `{"input":[${ELEMENT}],"destType":"statsig"}`],
  'router, spaced': ['/routerTransform', `{ "input" : [${ELEMENT}],"destType":"statsig"}`],
};

async function listen(context: TestContext, documents: readonly object[] = []) {
  const app = testApp({ documents });
  const server = await serve(app.handler);
  context.after(async () => {
    await server.close();
    await app.close(0);
  });
  return server.url;
}

test('a message is relayed as it is written, in every form of a transform request', async (context) => {
  const url = await listen(context);
  for (const [name, [path, body, compacted]] of Object.entries(BODIES)) {
    const headers = compacted ? { 'x-content-format': 'json+compactedv1' } : {};
    const response = await fetch(url + path, { method: 'POST', body, headers });
    const answer = await response.text();
    assert.ok(answer.includes(`"body":{"JSON":${MESSAGE},"JSON_ARRAY"`), `${name}: ${answer}`);
  }
});

test('where it is not plain whose a message is, its values are relayed', async (context) => {
  const url = await listen(context);
  const twice = `[{"metadata":${METADATA},"destination":${DESTINATION},"message":{"type":"page"},"message":${MESSAGE}}]`;
  const answer = await (await fetch(`${url}/v0/destinations/statsig`, { method: 'POST', body: twice })).text();
  assert.match(answer, /"JSON":\{"type":"track","event":"Café","userId":157963456373623803/);
});

test('a message that is handed over for delivery comes to Statsig as it is written', async (context) => {
  const received: string[] = [];
  const statsig = await serve(async (request, response) => {
    received.push(await text(request));
    response.end('{"success":true}');
  });
  context.after(() => statsig.close());
  const url = await listen(context, [{ id: 'shop', apiUrl: statsig.url }]);
  const deliver = (version: string, metadata: string) =>
    fetch(`${url}/${version}/destinations/statsig/proxy`, {
      method: 'POST',
      body: `{"type":"REST","method":"POST","endpoint":"${statsig.url}/v1/webhooks/rudderstack","headers":{},"params":{},"body":{"JSON":${MESSAGE},"FORM":{}},"metadata":${metadata}}`,
    });
  assert.equal((await deliver('v1', '[{"jobId":1}]')).status, 200);
  assert.equal((await deliver('v0', '{"jobId":1}')).status, 200);
  assert.deepEqual(received, [MESSAGE, MESSAGE]);
});
