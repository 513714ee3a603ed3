// Keys and tokens reach nothing that people or machines read: no log, no error, no dump of an object.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { Secret } from '../../src/base/secret.js';
import { serve } from '../../testkit/loopback.js';
import { openStore, rememberingLog, temporaryDirectory } from '../../testkit/settings.js';
import { until } from '../../testkit/until.js';

const KEYS = ['one', 'two', 'three'].map((name) => `secret-${name.repeat(10)}`);
const TOKEN = `token-${'x'.repeat(24)}`;

function assertHidden(what: string, ...values: readonly unknown[]): void {
  for (const value of values) {
    const forms = [String(value), JSON.stringify(value) ?? '', inspect(value, { depth: 10, showHidden: true })];
    for (const secret of [...KEYS, TOKEN]) {
      for (const form of forms) assert.ok(!form.includes(secret), `${what}: ${form}`);
    }
  }
}

test('keys from files, variables and documents stay hidden, also when an edit around them is broken', async (context) => {
  const [inDocument = '', inVariable = '', inFile = ''] = KEYS;
  process.env.STATSIG_TEST_HIDDEN = inVariable;
  context.after(() => delete process.env.STATSIG_TEST_HIDDEN);
  const directory = temporaryDirectory(context);
  writeFileSync(join(directory, 'key'), inFile);
  writeFileSync(join(directory, 'a.yaml'), `secretKey: ${inDocument}`);
  writeFileSync(join(directory, 'b.yaml'), 'secretKey: env:STATSIG_TEST_HIDDEN');
  writeFileSync(join(directory, 'c.yaml'), 'secretKey: file:key');
  const log = rememberingLog();
  const store = await openStore(context, { location: directory, log });
  assert.deepEqual(
    store.documents.map(({ secretKey }) => secretKey?.reveal()),
    KEYS,
  );
  assertHidden('store', store, store.documents, store.status(), log.lines);

  const edits = [
    `secretKey: ${inDocument}\nmode: ${inDocument}`,
    `secretKey: [${inDocument}]`,
    `secretKey:${inDocument}\nmode: events`,
    `secretKey: "${inDocument}`,
    `secretKey: ${inDocument} # a comment\n  more`,
    `secretKey: ${inDocument}\n${inDocument}: 1`,
    `secretKey: file:${inDocument}`,
    `secretKey: env:${inDocument}`,
    `eventsUrl: https://user:${inDocument}@statsig.example`,
    `${inDocument}`,
  ];
  for (const edit of edits) {
    const before = store.status().lastError;
    writeFileSync(join(directory, 'a.yaml'), edit);
    await until(() => store.status().lastError !== before, `the fault of ${edit} is told`);
  }
  assertHidden('after broken edits', store.status(), log.lines);
  assert.ok(log.lines.length > edits.length);
});

test('the token and the keys of a config service stay hidden, also when it echoes them', async (context) => {
  const bodies = [
    JSON.stringify([{ id: 'acme', secretKey: KEYS[0] }]),
    `{"error": "${TOKEN} is not known"}`,
    `[{"id": "${TOKEN}", "mode": "${KEYS[0]}"}]`,
    `[{"id": "acme", "secretKey": "${KEYS[0]}"}`,
    `secretKey: |${KEYS[0]}`,
    `<html>${TOKEN}</html>`,
  ];
  let body = bodies[0];
  const { url, close } = await serve((_, response) => response.end(body));
  context.after(close);
  const log = rememberingLog();
  const store = await openStore(context, {
    location: `${url}/settings?key=${TOKEN}`,
    token: new Secret(TOKEN),
    pollMs: 5,
    log,
  });
  assert.equal(store.documents[0]?.secretKey?.reveal(), KEYS[0]);
  for (body of bodies.slice(1)) {
    const before = store.status().lastError;
    await until(() => store.status().lastError !== before, `the fault of ${body} is told`);
  }
  assertHidden('store and log', store, store.documents, store.status(), log.lines);
});

test('what senders prove themselves with is resolved, picks its workspace and stays hidden', async (context) => {
  const [shared = '', writeKey = '', apiKey = ''] = KEYS;
  process.env.STATSIG_TEST_WRITE_KEY = writeKey;
  context.after(() => delete process.env.STATSIG_TEST_WRITE_KEY);
  const directory = temporaryDirectory(context);
  writeFileSync(join(directory, 'shared'), `${shared}\n`);
  const segment = `segment: { sharedSecrets: [file:shared, second], headerSecrets: [third], apiKeys: [${apiKey}] }`;
  writeFileSync(
    join(directory, 'acme.yaml'),
    `${segment}\ntrackingApi: { writeKeys: [env:STATSIG_TEST_WRITE_KEY], requiredConsent: [Advertising] }\n`,
  );
  const log = rememberingLog();
  const store = await openStore(context, { location: directory, log });
  const acme = store.findById('acme');
  assert.deepEqual(
    acme?.segment.sharedSecrets.map((secret) => secret.reveal()),
    [shared, 'second'],
  );
  assert.equal(acme?.segment.signedPart, 'bodyOrFirst');
  assert.deepEqual(acme?.trackingApi.requiredConsent, ['Advertising']);
  assert.deepEqual(acme?.trackingApi.integrationNames, ['Statsig']);
  assert.equal(store.findByWriteKey(writeKey), acme);
  assert.deepEqual(store.findByApiKey(apiKey), [acme]);
  assert.equal(store.findByWriteKey('env:STATSIG_TEST_WRITE_KEY'), undefined);

  writeFileSync(join(directory, 'other.yaml'), `segment: { apiKeys: [${apiKey}] }\n`);
  await until(() => store.status().lastError !== undefined, 'the fault is told');
  assert.match(
    store.status().lastError ?? '',
    /other\.yaml:1:22 segment\.apiKeys\[0\]: the API key already belongs to .*acme\.yaml:1:/,
  );
  assertHidden('senders', store, store.documents, store.status(), log.lines);
});

test('secrets of outbound settings and sources stay hidden, also when an edit around them is broken', async (context) => {
  const [signing = '', writeKey = '', sourceKey = ''] = KEYS;
  const directory = temporaryDirectory(context);
  const file = join(directory, 'acme.yaml');
  const sources = `rudderstack: { sourceIds: [s-1], sourceWriteKeys: [${sourceKey}] }`;
  const target = (more: string) =>
    `${sources}\noutbound: { signingSecrets: [${signing}], targets: [{ name: web, writeKey: ${writeKey}${more} }] }\n`;
  writeFileSync(file, target(''));
  const log = rememberingLog();
  const store = await openStore(context, { location: directory, log });
  const acme = store.findById('acme');
  assert.equal(store.findBySource({ writeKey: sourceKey }), acme);
  assert.equal(acme?.outbound.targets[0]?.writeKey.reveal(), writeKey);
  assertHidden('store', store, store.documents, store.status(), log.lines);

  const edits = [
    target(`, name: ${writeKey}`),
    target(`, host: https://user:${writeKey}@segment.example`),
    target(`, path: ${writeKey}`),
    target(`, ${writeKey}: 1`),
    target(` } , { name: web, writeKey: ${writeKey}`),
    target(` } , { name: ${writeKey}, writeKey: [${writeKey}]`),
    target(` } , { name: app, writeKey: "${writeKey} ${writeKey}"`),
    target(` } , { name: app, writeKey: file:${writeKey}`),
    `outbound: { targets: ${writeKey} }`,
    `outbound: { signingSecrets: ${signing} }`,
    `rudderstack: { sourceWriteKeys: { ${sourceKey}: ${sourceKey} } }`,
    `${target('')}\n---\nid: b\n${sources}\n`,
  ];
  for (const edit of edits) {
    const before = store.status().lastError;
    writeFileSync(file, edit);
    await until(() => store.status().lastError !== before, `the fault of ${edit} is told`);
  }
  writeFileSync(file, target(''));
  await until(() => store.status().lastError === undefined, 'the settings are current again');
  writeFileSync(join(directory, 'other.yaml'), sources);
  await until(() => store.status().lastError !== undefined, 'the conflict is told');
  assertHidden('after broken edits', store.status(), log.lines);
  assert.match(log.lines.join('\n'), /the source write key already belongs to /);
});

test('a secret of a list that changes is picked up', async (context) => {
  const directory = temporaryDirectory(context);
  writeFileSync(join(directory, 'shared'), 'old');
  writeFileSync(join(directory, 'acme.yaml'), 'segment: { sharedSecrets: [file:shared] }\n');
  const store = await openStore(context, { location: directory });
  writeFileSync(join(directory, 'shared'), 'new');
  const current = () =>
    store
      .findById('acme')
      ?.segment.sharedSecrets.map((secret) => secret.reveal())
      .join();
  await until(() => current() === 'new', 'the new secret is in force');
});
