// RudderStack's webhook sources pick the document that names them, and only one may.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseDocuments } from '../../src/settings/document.js';
import { mergeDocuments } from '../../src/settings/document-set.js';
import { describeFault } from '../../src/settings/settings-error.js';
import { staticStore, type WorkspaceStore } from '../../src/settings/store.js';
import { openStore, temporaryDirectory } from '../../testkit/settings.js';
import { until } from '../../testkit/until.js';

function storeOf(text: string): WorkspaceStore {
  const { documents, faults } = parseDocuments(text, 'settings.yaml');
  assert.deepEqual(faults, []);
  return staticStore(documents);
}

test('a source is found by its id or its write key, and the id beats the key', () => {
  const store = storeOf(`
- id: by-id
  rudderstack: { sourceIds: [s-1, s-2] }
- id: by-key
  rudderstack: { sourceWriteKeys: [key-1, key-2] }
- id: neither
  rudderstack: { destinationIds: [s-3], workspaceIds: [s-3] }
  trackingApi: { writeKeys: [key-3] }
`);
  const found = (source: { sourceId?: string; writeKey?: string }) => store.findBySource(source)?.id;
  assert.equal(found({ sourceId: 's-2' }), 'by-id');
  assert.equal(found({ writeKey: 'key-2' }), 'by-key');
  assert.equal(found({ sourceId: 's-1', writeKey: 'key-1' }), 'by-id');
  assert.equal(found({ sourceId: 's-9', writeKey: 'key-1' }), 'by-key');
  assert.equal(found({ sourceId: 'key-1', writeKey: 's-1' }), undefined);
  assert.equal(found({ sourceId: 's-3', writeKey: 'key-3' }), undefined);
  assert.equal(found({}), undefined);
  assert.equal(found({ sourceId: '', writeKey: '' }), undefined);
});

test('a source of two documents is refused with both places, a write key without showing it', async (context) => {
  process.env.STATSIG_TEST_SOURCE_KEY = 'source-key';
  context.after(() => delete process.env.STATSIG_TEST_SOURCE_KEY);
  const one = parseDocuments('rudderstack:\n  sourceIds: [s-1]\n  sourceWriteKeys: [source-key]\n', 'a.yaml');
  const two = parseDocuments(
    'rudderstack:\n  sourceIds: [s-0, s-1]\n  sourceWriteKeys: [env:STATSIG_TEST_SOURCE_KEY]\n',
    'b.yaml',
  );
  assert.deepEqual((await mergeDocuments([one, two])).faults.map(describeFault), [
    'b.yaml:2:20 rudderstack.sourceIds[1]: the RudderStack source s-1 already belongs to a.yaml:2:15',
    'b.yaml:3:21 rudderstack.sourceWriteKeys[0]: the source write key already belongs to a.yaml:3:21',
  ]);
});

test('a source id may equal a destination id, and a source write key one of the Tracking API', async () => {
  const one = parseDocuments('rudderstack: { sourceIds: [x], sourceWriteKeys: [key] }', 'a.yaml');
  const two = parseDocuments('rudderstack: { destinationIds: [x] }\ntrackingApi: { writeKeys: [key] }', 'b.yaml');
  assert.deepEqual((await mergeDocuments([one, two])).faults, []);
});

test('the same source twice in one document is harmless', async () => {
  const parsed = parseDocuments('rudderstack: { sourceIds: [x, x], sourceWriteKeys: [key, key] }', 'a.yaml');
  assert.deepEqual((await mergeDocuments([parsed])).faults, []);
});

const CHANGES: { what: string; before: string; after: string }[] = [
  { what: 'a source id', before: 'rudderstack: { sourceIds: [a] }', after: 'rudderstack: { sourceIds: [b] }' },
  {
    what: 'a source write key',
    before: 'rudderstack: { sourceWriteKeys: [a] }',
    after: 'rudderstack: { sourceWriteKeys: [b] }',
  },
  { what: 'a signing secret', before: 'outbound: { signingSecrets: [a] }', after: 'outbound: { signingSecrets: [b] }' },
  {
    what: "a target's write key",
    before: 'outbound: { targets: [{ name: web, writeKey: a }] }',
    after: 'outbound: { targets: [{ name: web, writeKey: b }] }',
  },
  {
    what: "a target's host",
    before: 'outbound: { targets: [{ name: web, writeKey: a }] }',
    after: 'outbound: { targets: [{ name: web, writeKey: a, host: "https://other.example" }] }',
  },
  {
    what: 'an outbound setting',
    before: 'outbound: { exposureSampleRate: 0.1 }',
    after: 'outbound: { exposureSampleRate: 0.2 }',
  },
];

for (const { what, before, after } of CHANGES) {
  test(`a change of ${what} alone is put in force, the same text again is not`, async (context) => {
    const directory = temporaryDirectory(context);
    const file = join(directory, 'acme.yaml');
    writeFileSync(file, before);
    writeFileSync(join(directory, 'other.yaml'), 'mode: events');
    const store = await openStore(context, { location: directory });
    const [acme, other] = store.documents;
    writeFileSync(file, `${before} # the same`);
    writeFileSync(join(directory, 'other.yaml'), 'mode: webhook');
    await until(() => store.generation === 2, 'the other document is in force');
    assert.equal(store.documents[0], acme);
    assert.notEqual(store.documents[1], other);

    writeFileSync(file, after);
    await until(() => store.generation === 3, 'the change is in force');
    assert.notEqual(store.documents[0], acme);
  });
}

test('the file of a nested secret is watched', async (context) => {
  const directory = temporaryDirectory(context);
  writeFileSync(join(directory, 'key'), 'old');
  writeFileSync(join(directory, 'acme.yaml'), 'outbound: { targets: [{ name: web, writeKey: file:key }] }\n');
  const store = await openStore(context, { location: directory });
  const current = () => store.findById('acme')?.outbound.targets[0]?.writeKey.reveal();
  assert.equal(current(), 'old');
  writeFileSync(join(directory, 'key'), 'new');
  await until(() => current() === 'new', 'the new key is in force');
});
