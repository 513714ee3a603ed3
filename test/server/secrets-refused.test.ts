// Settings that cannot be used: whatever is wrong with them is told without what they hold. All refused starts are tried by proof/short/secrets.test.ts.

import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createCanaries } from '../../testkit/canaries.js';
import { serve } from '../../testkit/loopback.js';
import { createAsker } from '../../testkit/secret-asker.js';
import { assertNone, listen, searchFiles, startPrinting, titleOf } from '../../testkit/secret-process.js';
import { assertRefusedStartsKeepSecrets } from '../../testkit/secret-starts.js';
import { temporaryDirectory } from '../../testkit/settings.js';
import { until } from '../../testkit/until.js';

test('nothing of the token and the keys of a config service is left behind, whatever it answers', async (context) => {
  const canaries = createCanaries();
  const home = temporaryDirectory(context);
  const token = canaries.of('settings token');
  const key = canaries.of('key in the answer');
  // A reference is repeated, unless it looks like a key.
  const mistaken = `secret-${'0123456789'.repeat(3)}`;
  canaries.add('key that is taken for a reference', mistaken);
  const document = { id: 'shop', secretKey: key, trackingApi: { writeKeys: [canaries.of('write key in the answer')] } };
  const good = JSON.stringify([document]);
  const bad = [
    { status: 200, body: `[{"id": "shop", "secretKey": "${key}"` },
    { status: 200, body: JSON.stringify([{ ...document, mode: key, [`${key}`]: 1 }]) },
    { status: 200, body: JSON.stringify([{ ...document, secretKey: `file:${mistaken}` }]) },
    { status: 200, body: JSON.stringify([{ ...document, secretKey: `env:${mistaken}` }]) },
    { status: 200, body: `<html>${token}${key}</html>` },
    { status: 401, body: `${token} is not known` },
    { status: 302, body: token },
    { status: 500, body: token },
  ];
  let answer = { status: 200, body: good };
  let asked = 0;
  const service = await serve((request, response) => {
    asked += 1;
    const head = { location: `/${encodeURIComponent(token)}`, etag: String(request.headers.authorization) };
    response.writeHead(answer.status, head).end(answer.body);
  });
  context.after(() => service.close());
  const plugin = startPrinting(
    {
      STATSIG_CDP_SETTINGS: `${service.url}/settings?key=${encodeURIComponent(canaries.of('key in the URL'))}`,
      STATSIG_CDP_SETTINGS_TOKEN: token,
      STATSIG_CDP_SETTINGS_POLL_MS: '100',
      STATSIG_CDP_DATA: join(home, 'data'),
      OUTBOX_DIRECTORY: join(home, 'outbox'),
    },
    home,
  );
  context.after(() => plugin.end('SIGKILL'));
  const asker = createAsker(await listen(plugin), canaries);
  for (answer of bad) {
    const before = asked;
    await until(() => asked >= before + 2, 'the service is asked again');
    await asker.ask('/readyz');
    await asker.ask('/metrics');
  }
  assertNone(asker.leaks);
  assertNone(canaries.search('title', titleOf(plugin.child.pid)));
  assert.equal(await plugin.end('SIGTERM'), 'code 0');
  assertNone(canaries.search('log', plugin.printed()));
  const copy = join(home, 'data', 'settings-copy.json');
  assert.notDeepEqual(canaries.search(copy, readFileSync(copy, 'utf8')), [], 'the copy is what was answered');
  assert.equal(statSync(copy).mode & 0o777, 0o600);
  assertNone(await searchFiles(home, canaries));
});

test('a start that is refused names what is wrong and no value', (context) =>
  assertRefusedStartsKeepSecrets(context, 6));
