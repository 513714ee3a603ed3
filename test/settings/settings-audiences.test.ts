// Audience settings of a document are compiled with the documented defaults, once per revision.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileAudiences } from '../../src/settings/compile-audiences.js';
import { createDocumentCompiler } from '../../src/settings/compile-document.js';
import { DEFAULT_DOCUMENT } from '../../src/settings/default-document.js';
import { parseDocuments, type WorkspaceDocument } from '../../src/settings/document.js';
import { SettingsError } from '../../src/settings/settings-error.js';

function read(text: string): WorkspaceDocument {
  const { documents, faults } = parseDocuments(text, 'settings/acme.yaml');
  if (faults.length > 0) throw new SettingsError(faults);
  const [document] = documents;
  assert.ok(document !== undefined);
  return document;
}

test('a document that says nothing of audiences is compiled with the documented defaults, as a dry run', () => {
  for (const document of [read('{}'), read('audiences: {}'), DEFAULT_DOCUMENT]) {
    const compiled = compileAudiences(document);
    assert.ok(compiled !== undefined);
    const { units, lists, types, ...plain } = compiled;
    assert.deepEqual(plain, {
      workspaceId: document.id,
      isDryRun: true,
      consoleKey: undefined,
      consoleUrl: 'https://statsigapi.net',
      defaultIdType: 'userID',
      createMissing: false,
      windowMs: 10_000,
      maxIdsPerRequest: 1000,
    });
    assert.deepEqual(
      units.map(({ from, idType }) => ({ from, idType })),
      [{ from: 'userId', idType: 'userID' }],
    );
    assert.equal(units[0]?.read({ userId: 'user-42' }), 'user-42');
    assert.equal(lists.size, 0);
    assert.ok(types.has('identify') && types.has('audiencelist'));
  }
});

test('what a document says of audiences is what is compiled, and cannot be changed', () => {
  const compiled = compileAudiences(
    read(`
secretKey: secret-example
consoleKey: console-example
consoleUrl: https://console.example/statsig//
audiences:
  units:
    - { from: groupId, idType: companyID }
    - { from: traits.email, idType: userID }
  lists:
    - { key: big_spenders, id: spenders }
    - { key: aud_42, id: newcomers, idType: userID }
  createMissing: true
  windowMs: 0
  maxIdsPerRequest: 7
`),
  );
  assert.ok(compiled !== undefined);
  const { consoleKey, units, lists, types, ...plain } = compiled;
  assert.equal(consoleKey?.reveal(), 'console-example');
  assert.ok(types.has('identify') && types.has('audiencelist'));
  assert.deepEqual(plain, {
    workspaceId: 'acme',
    isDryRun: false,
    consoleUrl: 'https://console.example/statsig',
    defaultIdType: 'companyID',
    createMissing: true,
    windowMs: 0,
    maxIdsPerRequest: 7,
  });
  const event = { groupId: 'company-1', context: { traits: { email: 'ada@example.com' } } };
  assert.deepEqual(
    units.map((unit) => [unit.idType, unit.read(event)]),
    [
      ['companyID', 'company-1'],
      ['userID', 'ada@example.com'],
    ],
  );
  assert.deepEqual(Object.fromEntries(lists), {
    big_spenders: { id: 'spenders', idType: 'companyID' },
    aud_42: { id: 'newcomers', idType: 'userID' },
  });
  assert.throws(() => Object.assign(compiled, { windowMs: 1 }), TypeError);
});

test('audiences are off only where there is a secret key and no console key', () => {
  assert.equal(compileAudiences(read('secretKey: secret-example')), undefined);
  assert.notEqual(compileAudiences(read('consoleKey: console-example')), undefined);
  assert.notEqual(compileAudiences(read('{ secretKey: secret-example, consoleKey: console-example }')), undefined);
});

test('the compiled workspace of a document has its audiences, once', () => {
  const compiler = createDocumentCompiler();
  const document = read('{ consoleKey: console-example, idListId: big_spenders }');
  const { audiences, idList } = compiler.compile(document);
  assert.equal(audiences?.consoleKey, document.consoleKey);
  assert.equal(idList.consoleKey, document.consoleKey);
  assert.equal(idList.listId, 'big_spenders');
  assert.equal(compiler.compile(document).audiences, audiences);
  assert.notEqual(compiler.compile({ ...document }).audiences, audiences);
  assert.equal(compiler.compile(read('{ id: off, secretKey: secret-example }')).audiences, undefined);
});

test('the console key and audience settings of a document stand apart from its other settings', () => {
  const document = read(
    '{ consoleKey: console-example, consoleUrl: "http://console.example", audiences: { windowMs: 5 } }',
  );
  assert.deepEqual(document.settings, { consoleUrl: 'http://console.example' });
  assert.deepEqual(document.audiences, { windowMs: 5 });
});
