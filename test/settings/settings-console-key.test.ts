// The console key has the rules of the secret key, in documents and in the Config of a destination.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import request from 'supertest';
import { parseDocuments } from '../../src/settings/document.js';
import { readOverlay } from '../../src/settings/overlay.js';
import { staticStore } from '../../src/settings/store.js';
import { createDestinationResolver } from '../../src/sources/rudderstack/resolve-destination.js';
import type { CompiledWorkspace } from '../../src/transform/compiled-workspace.js';
import { testApp } from '../../testkit/app.js';
import { element } from '../../testkit/rudderstack.js';
import { openStore, rememberingLog, temporaryDirectory } from '../../testkit/settings.js';
import { until } from '../../testkit/until.js';

const DOCUMENT = {
  id: 'shop',
  rudderstack: { destinationIds: ['dst-1'] },
  secretKey: 'secret-document',
  consoleKey: 'console-document',
  consoleUrl: 'https://console.example/',
  idListId: 'from_document',
};

const TEMPLATE = '{{ event.context.key || "console-fallback" }}';

/** What a destination of this Config compiles to, over the documents. */
function compiled(config: object, ...documents: object[]): CompiledWorkspace {
  const parsed = parseDocuments(JSON.stringify({ workspaces: documents }), 'settings.json');
  assert.deepEqual(parsed.faults, []);
  const resolver = createDestinationResolver(staticStore(parsed.documents), 10);
  const resolved = resolver.resolve({ message: {} }, { ID: 'dst-1', Config: config });
  assert.equal(resolved.kind, 'resolved', JSON.stringify(resolved));
  return resolved.workspace;
}

/** The ID list with its key as text, so that it can be compared. */
function idListOf({ idList: { consoleKey, ...idList } }: CompiledWorkspace): object {
  return { ...idList, consoleKey: consoleKey?.reveal() };
}

/** The answer to one track event of a destination with this Config. */
async function answerTo(config: object, options: { documents?: object[]; context?: object } = {}) {
  const { handler } = testApp({ documents: options.documents ?? [] });
  const destination = { ID: 'dst-1', WorkspaceID: 'ws-1', Config: { secretKey: 'secret-example', ...config } };
  const message = { context: options.context ?? {} };
  const { body } = await request(handler)
    .post('/v0/destinations/statsig')
    .send([element(1, { message, destination })])
    .expect(200);
  const [{ statusCode, error }] = body;
  return { statusCode, error: String(error).replace(/\. .*/, '') };
}

test('a document keeps the console key in itself, a variable or a file, where a change is picked up', async (context) => {
  const directory = temporaryDirectory(context);
  process.env.STATSIG_TEST_CONSOLE_KEY = 'console-variable';
  context.after(() => delete process.env.STATSIG_TEST_CONSOLE_KEY);
  writeFileSync(join(directory, 'key'), 'console-file\n');
  writeFileSync(join(directory, 'a.yaml'), 'consoleKey: console-text');
  writeFileSync(join(directory, 'b.yaml'), 'consoleKey: env:STATSIG_TEST_CONSOLE_KEY');
  writeFileSync(join(directory, 'c.yaml'), 'consoleKey: file:key');
  const log = rememberingLog();
  const store = await openStore(context, { location: directory, log });
  const keys = () => store.documents.map(({ consoleKey }) => consoleKey?.reveal());
  assert.deepEqual(keys(), ['console-text', 'console-variable', 'console-file']);

  writeFileSync(join(directory, 'key'), 'console-changed');
  await until(() => keys()[2] === 'console-changed', 'the new key is in force');

  writeFileSync(join(directory, 'a.yaml'), 'consoleKey: console-text more');
  await until(() => store.status().lastError !== undefined, 'the fault is told');
  assert.match(store.status().lastError ?? '', /a\.yaml:1:13 consoleKey: holds white space/);
  const shown = inspect([store, store.documents, store.status(), log.lines], { depth: 10, showHidden: true });
  for (const key of ['console-text', 'console-variable', 'console-file', 'console-changed'])
    assert.ok(!shown.includes(key), key);
});

test('a console key that leads nowhere is named, with the reason', () => {
  const { faults } = parseDocuments('consoleKey: env:STATSIG_TEST_UNSET', 'acme.yaml');
  assert.deepEqual(
    faults.map(({ path, message }) => `${path}: ${message}`),
    ['consoleKey: env:STATSIG_TEST_UNSET is not set'],
  );
});

test('the ID list of a destination is its Config over its document over the defaults', () => {
  const defaults = { field: 'userId', consoleUrl: 'https://statsigapi.net', consoleKey: undefined };
  assert.deepEqual(idListOf(compiled({})), defaults);
  assert.deepEqual(idListOf(compiled({ consoleKey: '', consoleUrl: '', idListId: '', idListField: '' })), defaults);
  assert.deepEqual(idListOf(compiled({}, DOCUMENT)), {
    listId: 'from_document',
    field: 'userId',
    consoleUrl: 'https://console.example',
    consoleKey: 'console-document',
  });
  const config = {
    consoleKey: 'console-config',
    consoleUrl: 'https://console.example/config/',
    idListId: 'from_config',
    idListField: 'email',
  };
  for (const documents of [[], [DOCUMENT]])
    assert.deepEqual(idListOf(compiled(config, ...documents)), {
      listId: 'from_config',
      field: 'email',
      consoleUrl: 'https://console.example/config',
      consoleKey: 'console-config',
    });
});

test('a key of the Config leaves the other key to the document', () => {
  const { secretKey, idList } = compiled({ consoleKey: 'console-config' }, DOCUMENT);
  assert.deepEqual([secretKey?.reveal(), idList.consoleKey?.reveal()], ['secret-document', 'console-config']);
  const other = compiled({ secretKey: 'secret-config' }, DOCUMENT);
  assert.deepEqual(
    [other.secretKey?.reveal(), other.idList.consoleKey?.reveal()],
    ['secret-config', 'console-document'],
  );
});

test('the keys of a Config are no settings like the others', () => {
  const config = { secretKey: 'secret-example', consoleKey: 'console-example', idListId: 'spenders' };
  assert.deepEqual(readOverlay(config), { idListId: 'spenders' });
});

test("a RudderStack destination has no audiences of Segment, whatever its document's are", () => {
  assert.equal(compiled({ consoleKey: 'console-config' }).audiences, undefined);
  assert.equal(compiled({}, DOCUMENT).audiences, undefined);
});

for (const name of ['consoleKey', 'secretKey']) {
  test(`${name} in a Config may be no reference, no other type and, unless that is allowed, no template`, async () => {
    const path = `(destination.Config.${name})`;
    const plain = { statusCode: 200, error: 'undefined' };
    const refused = {
      statusCode: 400,
      error: `SECRET_REFERENCE_REFUSED: A key of a destination Config is a reference ${path}`,
    };
    const templated = {
      statusCode: 400,
      error: `SECRET_KEY_TEMPLATED: A template supplies a key ${path}`,
    };
    const context = { key: 'console-from-event' };
    const allowed = { allowTemplatedSecretKey: true };

    assert.deepEqual(await answerTo({ [name]: 'console-example' }), plain);
    assert.deepEqual(await answerTo({ [name]: 'env:HOME' }), refused);
    assert.deepEqual(await answerTo({ [name]: 'file:/etc/hostname' }), refused);
    const number = await answerTo({ [name]: 7 });
    assert.equal(number.statusCode, 400);
    assert.match(number.error, /^SETTINGS_INVALID: /);

    assert.deepEqual(await answerTo({ [name]: TEMPLATE }, { context }), templated);
    assert.deepEqual(await answerTo({ [name]: TEMPLATE }), plain);
    assert.deepEqual(await answerTo({ [name]: TEMPLATE, ...allowed }, { context }), plain);
    const documents = [{ id: 'shop', rudderstack: { destinationIds: ['dst-1'] }, ...allowed }];
    assert.deepEqual(await answerTo({ [name]: TEMPLATE }, { context, documents }), plain);
    assert.deepEqual(await answerTo({ [name]: TEMPLATE, ...allowed }, { context: { key: 'env:HOME' } }), refused);
  });
}
