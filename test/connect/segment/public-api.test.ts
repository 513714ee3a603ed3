// What Segment's refusals mean, as its pages word them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../../src/base/secret.js';
import { ConnectError } from '../../../src/connect/connection.js';
import { isNotEnabled } from '../../../src/connect/segment/find.js';
import { createPublicApi } from '../../../src/connect/segment/public-api.js';
import { getWorkspace, listMappings, listSources } from '../../../src/connect/segment/resources.js';
import { PUBLIC_API_TOKEN, startSegment, tooMany } from '../../../testkit/segment-public-api/stand-in.js';

test('it waits as long as Retry-After says, else as long as the error of a 429 does, and no longer than a minute', async (context) => {
  const segment = await startSegment(context);
  const pauses: number[] = [];
  const token = new Secret(PUBLIC_API_TOKEN);
  const pause = async (ms: number) => void pauses.push(ms);
  const api = createPublicApi({ token, apiUrl: segment.url, pause });
  const answers = [tooMany(57_647), tooMany(1200, { 'retry-after': '30' }), tooMany(0, { 'retry-after': '7' })];
  segment.trouble((_, count) => answers[count - 1]);
  await getWorkspace(api);
  assert.deepEqual(pauses, [57_647, 30_000, 7000]);
  segment.trouble(() => tooMany(61_000));
  await assert.rejects(getWorkspace(api), /wants no request for 61 seconds/);
  assert.equal(pauses.length, 3);
});

test('401 is a token that Segment does not take; once it took it, one that may not do this', async (context) => {
  const segment = await startSegment(context);
  const api = createPublicApi({ token: new Secret(PUBLIC_API_TOKEN), apiUrl: segment.url });
  const refused = { status: 401, message: 'Unauthorized' };
  const codeOf = (error: unknown) => (error instanceof ConnectError ? error.code : error);
  segment.trouble(() => refused);
  assert.equal(await listSources(api).catch(codeOf), 'token-refused');
  segment.trouble(({ id }) => (id === 'listSources' ? undefined : refused));
  await listSources(api);
  const refusal = await listMappings(api, 'destination-1').catch((error: unknown) => error);
  assert.equal(codeOf(refusal), 'right-missing');
  assert.ok(isNotEnabled(refusal), 'the mapping is left to a person, as with 403');
});
