// What an edit of the settings takes away stays in force until it has stayed away, and settings that name no sender are a fault.

import assert from 'node:assert/strict';
import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createWorkspaceStore } from '../../src/settings/store.js';
import { temporaryDirectory } from '../../testkit/settings.js';
import { until } from '../../testkit/until.js';

const WHOLE = 'secretKey: secret-example\nsegment: { headerSecrets: [header-one, header-two] }\nmaxBatchEvents: 7\n';
const LONG_MS = 60_000;

async function open(context: TestContext, settleMs: number) {
  const directory = temporaryDirectory(context);
  const write = (name: string, text: string) => {
    writeFileSync(join(directory, `.${name}`), text);
    renameSync(join(directory, `.${name}`), join(directory, name));
  };
  write('shop.yaml', WHOLE);
  write('bank.yaml', WHOLE.replaceAll('header-', 'bank-').replace('secret-example', 'secret-bank'));
  const silent = () => {};
  const log = { info: silent, warn: silent, error: silent };
  const store = await createWorkspaceStore({ location: directory, explicit: true, pollMs: 50, settleMs, log });
  context.after(() => store.close());
  const missing = () => (store.status().missing ?? []).join(', ');
  return { directory, write, store, missing, key: () => store.findById('shop')?.secretKey?.reveal() };
}

test('a key, a secret, the end of a file and a workspace that are gone for a moment stay in force', async (context) => {
  const { directory, write, store, missing, key } = await open(context, LONG_MS);
  for (const [text, says] of [
    [WHOLE.replace('secretKey: secret-example\n', ''), 'shop: secretKey'],
    [WHOLE.replace('secret-example', 'secret-ex'), 'shop: secretKey'],
    [WHOLE.replace(', header-two', ''), 'shop: segment.headerSecrets'],
    [WHOLE.replace('maxBatchEvents: 7\n', ''), 'the end of a file'],
  ] as const) {
    write('shop.yaml', text);
    await until(() => missing() === says, `it says ${says}, not ${missing()}`);
    assert.equal(key(), 'secret-example');
    assert.equal(store.findById('shop')?.settings.maxBatchEvents, 7);
    write('shop.yaml', WHOLE);
    await until(() => missing() === '', 'nothing is missing');
  }
  rmSync(join(directory, 'bank.yaml'));
  await until(() => missing() === 'bank', 'the workspace is missing');
  assert.notEqual(store.findById('bank'), undefined);
  for (const name of readdirSync(directory)) rmSync(join(directory, name));
  await until(() => store.status().lastError !== undefined, 'an empty directory is a fault');
  assert.equal(store.documents.length, 2);
});

test('what stays away is in force without it, and is known to be lost', async (context) => {
  const { write, store, key } = await open(context, 200);
  write('shop.yaml', WHOLE.replace('secretKey: secret-example\n', ''));
  await until(() => key() === undefined, 'the key is gone');
  assert.deepEqual(store.findById('shop')?.lost, ['secretKey']);
  write('shop.yaml', WHOLE.replace('secret-example', 'secret-other'));
  await until(() => key() === 'secret-other', 'a key of another project is in force');
  assert.deepEqual(store.findById('shop')?.lost, []);
});

test('what an edit adds or changes is in force at once', async (context) => {
  const { write, key, missing } = await open(context, LONG_MS);
  write('shop.yaml', WHOLE.replace('secret-example', 'secret-other'));
  await until(() => key() === 'secret-other', 'the other key is in force');
  assert.equal(missing(), '');
});
