// Thousands of workspaces: an edit of one touches that one, and others are served meanwhile.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createDocumentCompiler } from '../../src/settings/compile-document.js';
import { SettingsError } from '../../src/settings/settings-error.js';
import { createWorkspaceStore } from '../../src/settings/store.js';
import { readYamlAside } from '../../src/settings/yaml-aside.js';
import { readYaml } from '../../src/settings/yaml-tree.js';
import { createDestinationResolver } from '../../src/sources/rudderstack/resolve-destination.js';
import { NEVER_MS, openStore, rememberingLog, temporaryDirectory } from '../../testkit/settings.js';
import { until } from '../../testkit/until.js';

const MANY = 150;
const EDITED = 7;

function documentOf(index: number, more: object = {}): object {
  return {
    id: `ws-${index}`,
    secretKey: `secret-of-${index}`,
    rudderstack: { destinationIds: [`destination-${index}`] },
    identifierMappings: [{ from: 'context.traits.companyId', to: 'companyID' }],
    ...more,
  };
}

const documents = (more: object = {}) =>
  Array.from({ length: MANY }, (_, index) => documentOf(index, index === EDITED ? more : {}));

/** Each way to hold many documents: writes them, with one of them edited. */
const HOLDERS = {
  'a directory of files'(directory: string) {
    mkdirSync(join(directory, 'settings'), { recursive: true });
    const write = (index: number, more: object) =>
      writeFileSync(join(directory, 'settings', `${index}.json`), JSON.stringify(documentOf(index, more)));
    for (let index = 0; index < MANY; index += 1) write(index, {});
    return { location: join(directory, 'settings'), edit: (more: object) => write(EDITED, more) };
  },
  'one file'(directory: string) {
    const location = join(directory, 'settings.json');
    // A line more each time, so that everything stands in another place.
    let lines = '';
    const edit = (more: object) => {
      lines += '\n';
      writeFileSync(location, `${lines}${JSON.stringify({ workspaces: documents(more) }, null, 1)}`);
    };
    edit({});
    return { location, edit };
  },
} as const;

/** Counts the turns that others get. */
function countTurns(): () => number {
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  return () => {
    isOver = true;
    return turns;
  };
}

async function openMany(context: TestContext, name: keyof typeof HOLDERS) {
  const holder = HOLDERS[name](temporaryDirectory(context));
  const turnsAtStart = countTurns();
  const store = await openStore(context, { location: holder.location });
  return { ...holder, store, turnsAtStart: turnsAtStart() };
}

for (const name of ['a directory of files', 'one file'] as const) {
  test(`${name}: an edit of one of many documents leaves the others, and what was made of them`, async (context) => {
    const { store, edit, turnsAtStart } = await openMany(context, name);
    assert.ok(turnsAtStart > 10, `others got ${turnsAtStart} turns while it was read`);
    const compiler = createDocumentCompiler();
    const resolver = createDestinationResolver(store, 2 * MANY);
    const before = store.documents;
    const look = () => {
      for (const document of store.documents) compiler.compile(document);
      for (let index = 0; index < MANY; index += 1)
        resolver.resolve({}, { ID: `destination-${index}`, Config: { mode: 'events' } });
    };
    look();
    const changes: (readonly string[])[] = [];
    store.onChange((changed) => changes.push(changed));
    const turns = countTurns();
    edit({ mode: 'webhook' });
    await until(() => changes.length > 0, 'a change');
    assert.ok(turns() > 10);
    assert.deepEqual(changes, [[`ws-${EDITED}`]]);
    const different = store.documents.filter((document, index) => document !== before[index]);
    assert.deepEqual(
      different.map(({ id, settings }) => [id, settings.mode]),
      [[`ws-${EDITED}`, 'webhook']],
    );
    look();
    assert.equal(compiler.counts().misses, MANY + 1);
    assert.equal(resolver.cache.counts().misses, MANY + 1);
  });

  test(`${name}: a conflict says where both stand, also of documents that were known`, async (context) => {
    const { store, location, edit } = await openMany(context, name);
    edit({ rudderstack: { destinationIds: ['destination-5'] } });
    await until(() => store.status().lastError !== undefined, 'a conflict');
    const anew = createWorkspaceStore({ location, explicit: true, pollMs: NEVER_MS, log: rememberingLog() });
    await assert.rejects(anew, (error) => {
      assert.ok(error instanceof SettingsError);
      assert.equal(store.status().lastError, error.message);
      return true;
    });
    edit({});
    await until(() => store.status().lastError === undefined, 'an end of the conflict');
    assert.equal(store.status().generation, 1);
  });
}

test('a document that is gone, and one that is new, are told by their ids', async (context) => {
  const directory = temporaryDirectory(context);
  const file = join(directory, 'settings.json');
  const write = (ids: readonly string[]) => writeFileSync(file, JSON.stringify(ids.map((id) => ({ id }))));
  write(['a', 'b']);
  const store = await openStore(context, { location: file, settleMs: 0 });
  const changes: (readonly string[])[] = [];
  store.onChange((changed) => changes.push(changed));
  write(['b', 'c']);
  await until(() => changes.length > 0, 'a change');
  assert.deepEqual(
    changes.map((each) => each.toSorted()),
    [['a', 'c']],
  );
});

test('a long text that is read aside is the same as a short one: values, places, faults', async () => {
  const filler = `# ${'x'.repeat(70_000)}\n`;
  const text = `${filler}workspaces:
  - id: a
    identifierMappings:
      - { from: context.groupId, to: companyID }
    "secretKey": env:KEY
  - id: b
    outbound:
---
- id: c
`;
  const [short, long] = [readYaml(text), await readYamlAside(text)];
  assert.ok('trees' in short && 'trees' in long);
  assert.deepEqual(
    long.trees.map(({ value }) => value),
    short.trees.map(({ value }) => value),
  );
  const paths = [
    [],
    ['workspaces'],
    ['workspaces', 0, 'identifierMappings', 0, 'to'],
    ['workspaces', 0, 'secretKey'],
    ['workspaces', 0, 'missing'],
    ['workspaces', 1, 'outbound', 'targets', 3],
  ];
  for (const at of paths) {
    for (const part of ['name', 'value'] as const)
      assert.deepEqual(long.trees[0]?.positionOf(at, part), short.trees[0]?.positionOf(at, part), `${at} ${part}`);
  }
  assert.deepEqual(long.trees[1]?.positionOf([0, 'id']), short.trees[1]?.positionOf([0, 'id']));
  for (const broken of [`${filler}a: [`, `${filler}a: 1\na: 2\n`, `${filler}a: *b`, `${filler}${'['.repeat(500)}`])
    assert.deepEqual(await readYamlAside(broken), readYaml(broken));
});
