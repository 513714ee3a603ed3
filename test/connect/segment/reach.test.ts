// Our own address is asked before Segment is told of it.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { Secret } from '../../../src/base/secret.js';
import { ConnectError } from '../../../src/connect/connection.js';
import { awaitReach } from '../../../src/connect/segment/reach.js';
import { serve } from '../../../testkit/loopback.js';

const header = new Secret('header-of-tests');
const shared = new Secret('shared-of-tests');

test('it waits for settings that are not in force yet, with both proofs, and tells a foreign address from one that is silent', async () => {
  const statuses = [401, 503, 200];
  const seen: unknown[] = [];
  let body = '{"success":true}';
  const server = await serve(async (request, response) => {
    const { authorization, 'x-signature': signature } = request.headers;
    seen.push([await text(request), authorization, signature]);
    response.writeHead(statuses.shift() ?? 200).end(body);
  });
  const reach = { url: `${server.url}/segment/shop`, header, shared };
  assert.equal(await awaitReach(reach), undefined);
  const signature = createHmac('sha1', 'shared-of-tests').update('[]').digest('hex');
  assert.deepEqual(seen, Array(3).fill(['[]', 'Bearer header-of-tests', signature]));

  statuses.push(401);
  const refused = (message: RegExp) => (error: unknown) =>
    error instanceof ConnectError && error.code === 'refused' && message.test(error.message);
  await assert.rejects(awaitReach({ ...reach, patienceMs: 0 }), refused(/does not take the new secrets \(401\)/));
  statuses.push(404);
  await assert.rejects(awaitReach(reach), refused(/answers 404, and not as this plugin does/));
  body = '<html>';
  await assert.rejects(awaitReach(reach), refused(/answers 200/));
  await server.close();
  const silent = await awaitReach(reach);
  assert.equal(silent?.result, 'by-hand');
  assert.match(silent?.problem ?? '', /does not answer this machine/);
});
