// Settings in files: loaded at start, then kept current.

import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { type TestContext, test } from 'node:test';
import { SettingsError } from '../../src/settings/settings-error.js';
import { createWorkspaceStore, type WorkspaceStore } from '../../src/settings/store.js';
import { NEVER_MS, openStore, rememberingLog, temporaryDirectory } from '../../testkit/settings.js';
import { until } from '../../testkit/until.js';

function mode(store: WorkspaceStore, destinationId: string): string | undefined {
  return store.find({ destinationId })?.settings.mode;
}

function settingsFor(destinationId: string, rest: string): string {
  return `rudderstack: {destinationIds: [${destinationId}]}\n${rest}\n`;
}

/** A directory with the settings of one destination, d-1, in acme.yaml. */
function acmeDirectory(context: TestContext, rest = 'mode: events'): { directory: string; file: string } {
  const directory = temporaryDirectory(context);
  const file = join(directory, 'acme.yaml');
  writeFileSync(file, settingsFor('d-1', rest));
  return { directory, file };
}

test('a directory gives the documents of its settings files in the order of their names', async (context) => {
  const directory = temporaryDirectory(context);
  for (const name of ['b.yml', 'a.json', 'c.YAML', '.hidden.yaml', 'notes.md', 'd.yaml~']) {
    writeFileSync(join(directory, name), '{}');
  }
  mkdirSync(join(directory, 'folder.yaml'));
  mkdirSync(join(directory, 'folder'));
  writeFileSync(join(directory, 'folder/e.yaml'), '{}');
  const store = await openStore(context, { location: directory });
  assert.deepEqual(
    store.documents.map(({ id, source }) => [id, relative(directory, source)]),
    [
      ['a', 'a.json'],
      ['b', 'b.yml'],
      ['c', 'c.YAML'],
    ],
  );
  const warnings = [`${join(directory, 'folder')}: is not read: settings files stand in the settings directory itself`];
  assert.deepEqual(store.status(), { loaded: true, documents: 3, source: directory, warnings, generation: 1 });
});

test('a single file may be the location', async (context) => {
  const { file } = acmeDirectory(context);
  const store = await openStore(context, { location: file });
  assert.equal(mode(store, 'd-1'), 'events');
});

test('a match by destination beats a match by workspace', async (context) => {
  const directory = temporaryDirectory(context);
  writeFileSync(join(directory, 'all.yaml'), 'rudderstack: {workspaceIds: [w-1]}');
  writeFileSync(join(directory, 'one.yaml'), 'rudderstack: {destinationIds: [d-1]}');
  const store = await openStore(context, { location: directory });
  assert.equal(store.find({ destinationId: 'd-1', workspaceId: 'w-1' })?.id, 'one');
  assert.equal(store.find({ destinationId: 'd-2', workspaceId: 'w-1' })?.id, 'all');
  assert.equal(store.find({ workspaceId: 'w-1' })?.id, 'all');
  assert.equal(store.find({ destinationId: 'w-1', workspaceId: 'd-1' }), undefined);
  assert.equal(store.find({}), undefined);
});

test('faults at the start are an error with one line each', async (context) => {
  const directory = temporaryDirectory(context);
  writeFileSync(join(directory, 'a.yaml'), 'mode: event\n');
  writeFileSync(join(directory, 'b.yaml'), 'identifierMappings:\n  - from: x\n    to: 1\n');
  const options = { location: directory, explicit: false, pollMs: NEVER_MS, log: rememberingLog() };
  await assert.rejects(createWorkspaceStore(options), (error) => {
    assert.ok(error instanceof SettingsError);
    assert.deepEqual(error.message.replaceAll(`${directory}/`, 'settings/').split('\n'), [
      'settings/a.yaml:1:7 mode: must be events or webhook',
      'settings/b.yaml:3:9 identifierMappings[0].to: must be a string, but is a number: write it in quotes',
    ]);
    assert.equal(error.faults.length, 2);
    return true;
  });
});

test('a location the operator gave must be there', async (context) => {
  const location = join(temporaryDirectory(context), 'settings');
  const options = { location, explicit: true, pollMs: NEVER_MS, log: rememberingLog() };
  const message = `${location}: there is no such file or directory`;
  await assert.rejects(createWorkspaceStore(options), { name: 'SettingsError', message });
});

test('a file that cannot be read is an error', { skip: process.getuid?.() === 0 }, async (context) => {
  const { directory, file } = acmeDirectory(context);
  chmodSync(file, 0);
  const options = { location: directory, explicit: true, pollMs: NEVER_MS, log: rememberingLog() };
  await assert.rejects(createWorkspaceStore(options), { message: `${file}: cannot be read (EACCES)` });
});

test('a default directory that is missing means the default workspace, until it is made', async (context) => {
  const location = join(temporaryDirectory(context), 'settings');
  const log = rememberingLog();
  const store = await openStore(context, { location, explicit: false, pollMs: 20, log });
  assert.deepEqual(store.status(), { loaded: true, documents: 1, source: location, generation: 1 });
  assert.equal(store.findByWriteKey('default'), store.findById('default'));
  assert.equal(store.findById('default')?.secretKey, undefined, 'it runs dry');
  mkdirSync(location);
  writeFileSync(join(location, 'acme.yaml'), settingsFor('d-1', 'mode: webhook'));
  await until(() => mode(store, 'd-1') === 'webhook', 'the new directory is read');
  assert.equal(store.findById('default'), undefined);
  assert.equal(log.lines.filter((line) => line.includes('"error"')).length, 0);
});

test('an edit comes into force', async (context) => {
  const { directory, file } = acmeDirectory(context);
  const store = await openStore(context, { location: directory });
  writeFileSync(file, settingsFor('d-1', 'mode: webhook'));
  await until(() => mode(store, 'd-1') === 'webhook', 'the edit is in force');
  writeFileSync(file, settingsFor('d-1', 'mode: events'));
  await until(() => mode(store, 'd-1') === 'events', 'the next edit is in force');
  assert.equal(store.generation, 3);
});

test('an edit of a single file comes into force, and so does one after it was replaced', async (context) => {
  const { directory, file } = acmeDirectory(context);
  const store = await openStore(context, { location: file });
  const replacement = join(directory, 'draft');
  for (const mode of ['webhook', 'events', 'webhook'] as const) {
    writeFileSync(replacement, settingsFor('d-1', `mode: ${mode}`));
    renameSync(replacement, file);
    await until(() => store.find({ destinationId: 'd-1' })?.settings.mode === mode, `${mode} by rename`);
  }
  unlinkSync(file);
  writeFileSync(file, settingsFor('d-1', 'mode: events'));
  await until(() => mode(store, 'd-1') === 'events', 'events by a file written anew');
  writeFileSync(file, settingsFor('d-1', 'mode: webhook'));
  await until(() => mode(store, 'd-1') === 'webhook', 'webhook by an edit');
});

test('files that are added, removed and renamed over one another come into force', async (context) => {
  const { directory } = acmeDirectory(context);
  const store = await openStore(context, { location: directory });
  writeFileSync(join(directory, 'beta.yaml'), settingsFor('d-2', 'mode: events'));
  await until(() => mode(store, 'd-2') === 'events', 'the added file is in force');
  const draft = join(directory, '.beta.yaml.tmp');
  writeFileSync(draft, settingsFor('d-2', 'mode: webhook'));
  renameSync(draft, join(directory, 'beta.yaml'));
  await until(() => mode(store, 'd-2') === 'webhook', 'the file renamed into place is in force');
  unlinkSync(join(directory, 'acme.yaml'));
  await until(() => mode(store, 'd-1') === undefined, 'the removed file is out of force');
  assert.deepEqual(
    store.documents.map(({ id }) => id),
    ['beta'],
  );
});

test('a document that an edit elsewhere leaves alone stays the same object', async (context) => {
  const { directory, file } = acmeDirectory(context);
  writeFileSync(join(directory, 'beta.yaml'), settingsFor('d-2', 'mode: events'));
  const store = await openStore(context, { location: directory });
  const [acme, beta] = [store.find({ destinationId: 'd-1' }), store.find({ destinationId: 'd-2' })];
  writeFileSync(file, settingsFor('d-1', 'mode: webhook'));
  await until(() => store.generation === 2, 'the edit is in force');
  assert.equal(store.find({ destinationId: 'd-2' }), beta);
  assert.notEqual(store.find({ destinationId: 'd-1' }), acme);
});

test('an edit that changes no setting is no new generation', async (context) => {
  const { directory, file } = acmeDirectory(context);
  const store = await openStore(context, { location: directory });
  writeFileSync(file, 'mode: [');
  await until(() => store.status().lastError !== undefined, 'the fault is told');
  writeFileSync(file, `# As before\n${settingsFor('d-1', 'mode: events')}`);
  await until(() => store.status().lastError === undefined, 'the fault is over');
  assert.equal(store.generation, 1);
});

test('an edit between the first look and the watch is not missed', async (context) => {
  const { directory, file } = acmeDirectory(context);
  const log = rememberingLog();
  const info = (fields: object, message: string) => {
    if (log.lines.length === 0) writeFileSync(file, settingsFor('d-1', 'mode: webhook'));
    log.info(fields, message);
  };
  const store = await openStore(context, { location: directory, log: { ...log, info } });
  await until(() => mode(store, 'd-1') === 'webhook', 'the edit is in force');
});

test('a broken edit leaves the last good settings in force and is told once, with its line', async (context) => {
  const { directory, file } = acmeDirectory(context);
  const log = rememberingLog();
  const store = await openStore(context, { location: directory, log, pollMs: 20 });
  const told = () => log.lines.filter((line) => line.includes('"level":"error"'));
  writeFileSync(file, settingsFor('d-1', 'mode: webhooks'));
  await until(() => told().length > 0, 'the fault is told');
  assert.equal(mode(store, 'd-1'), 'events');
  assert.equal(store.status().lastError, `${file}:2:7 mode: must be events or webhook`);
  assert.match(
    told()[0] ?? '',
    /The last good settings stay in force: .*acme\.yaml:2:7 mode: must be events or webhook"/,
  );

  truncateSync(file);
  await until(() => told().length > 1, 'the second fault is told');
  assert.equal(store.status().lastError, `${file}: holds no settings`);
  assert.equal(mode(store, 'd-1'), 'events');
  assert.equal(store.generation, 1);

  writeFileSync(file, settingsFor('d-1', 'mode: webhook'));
  await until(() => mode(store, 'd-1') === 'webhook', 'the corrected edit is in force');
  assert.deepEqual(store.status(), { loaded: true, documents: 1, source: directory, generation: 2 });
  assert.equal(told().length, 2);
});

test('settings that disappear stay in force until others take their place', async (context) => {
  const { directory, file } = acmeDirectory(context);
  const log = rememberingLog();
  const store = await openStore(context, { location: directory, explicit: false, log, pollMs: 20 });
  const aside = `${directory}-aside`;
  context.after(() => rmSync(aside, { recursive: true, force: true }));
  renameSync(directory, aside);
  await until(() => store.status().lastError !== undefined, 'the loss is told');
  assert.equal(store.status().lastError, `${directory}: there is no such file or directory`);
  assert.equal(mode(store, 'd-1'), 'events');
  renameSync(aside, directory);
  await until(() => store.status().lastError === undefined, 'the same settings are back');
  assert.equal(store.generation, 1);

  renameSync(directory, aside);
  await until(() => store.status().lastError !== undefined, 'the second loss is told');
  mkdirSync(directory);
  writeFileSync(file, settingsFor('d-1', 'mode: webhook'));
  await until(() => mode(store, 'd-1') === 'webhook', 'the new directory is in force');
  assert.equal(store.status().lastError, undefined);
});

test('a directory put in the place of the watched one is watched in turn', async (context) => {
  const parent = temporaryDirectory(context);
  const [current, next, old] = ['current', 'next', 'old'].map((name) => join(parent, name)) as [string, string, string];
  for (const [directory, mode] of [
    [current, 'events'],
    [next, 'webhook'],
  ] as const) {
    mkdirSync(directory);
    writeFileSync(join(directory, 'acme.yaml'), settingsFor('d-1', `mode: ${mode}`));
  }
  const store = await openStore(context, { location: current });
  renameSync(current, old);
  renameSync(next, current);
  await until(() => mode(store, 'd-1') === 'webhook', 'the directory in its place is in force');
  writeFileSync(join(current, 'acme.yaml'), settingsFor('d-1', 'mode: events'));
  await until(() => mode(store, 'd-1') === 'events', 'an edit in it is in force');
});

/** Lays files out as Kubernetes mounts a ConfigMap or Secret: links to ..data, itself a link that is swapped by renaming. */
function publish(directory: string, revision: number, files: Readonly<Record<string, string>>): void {
  const data = `..revision-${revision}`;
  mkdirSync(join(directory, data));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, data, name), text);
  symlinkSync(data, join(directory, '..data_tmp'));
  renameSync(join(directory, '..data_tmp'), join(directory, '..data'));
  const present = new Set(readdirSync(directory));
  for (const name of Object.keys(files)) {
    if (!present.has(name)) symlinkSync(join('..data', name), join(directory, name));
  }
  rmSync(join(directory, `..revision-${revision - 1}`), { recursive: true, force: true });
}

test('a Kubernetes volume is read, and read anew when its link is swapped', async (context) => {
  const directory = temporaryDirectory(context);
  publish(directory, 1, { 'acme.yaml': settingsFor('d-1', 'mode: events') });
  const store = await openStore(context, { location: directory });
  assert.deepEqual(
    store.documents.map(({ id }) => id),
    ['acme'],
  );
  for (const revision of [2, 3, 4]) {
    const expected = revision % 2 === 0 ? 'webhook' : 'events';
    publish(directory, revision, { 'acme.yaml': settingsFor('d-1', `mode: ${expected}`) });
    await until(() => mode(store, 'd-1') === expected, `revision ${revision} is in force`);
  }
  assert.equal(store.generation, 4);
});

test('a single file of a Kubernetes volume is read anew when its link is swapped', async (context) => {
  const directory = temporaryDirectory(context);
  publish(directory, 1, { 'acme.yaml': settingsFor('d-1', 'mode: events') });
  const store = await openStore(context, { location: join(directory, 'acme.yaml') });
  for (const revision of [2, 3]) {
    const expected = revision % 2 === 0 ? 'webhook' : 'events';
    publish(directory, revision, { 'acme.yaml': settingsFor('d-1', `mode: ${expected}`) });
    await until(() => mode(store, 'd-1') === expected, `revision ${revision} is in force`);
  }
});

test('a settings file may be a link to a file elsewhere, which is edited there', async (context) => {
  const [directory, elsewhere] = [temporaryDirectory(context), temporaryDirectory(context)];
  const target = join(elsewhere, 'real.yaml');
  writeFileSync(target, settingsFor('d-1', 'mode: events'));
  symlinkSync(target, join(directory, 'acme.yaml'));
  const store = await openStore(context, { location: directory });
  for (const expected of ['webhook', 'events', 'webhook']) {
    writeFileSync(target, settingsFor('d-1', `mode: ${expected}`));
    await until(() => mode(store, 'd-1') === expected, `${expected} is in force`);
  }
  const draft = join(elsewhere, 'draft');
  for (const expected of ['events', 'webhook']) {
    writeFileSync(draft, settingsFor('d-1', `mode: ${expected}`));
    renameSync(draft, target);
    await until(() => mode(store, 'd-1') === expected, `${expected} by rename is in force`);
  }
});

test('a key file that changes comes into force', async (context) => {
  const keys = temporaryDirectory(context);
  writeFileSync(join(keys, 'acme'), 'secret-one\n');
  const { directory } = acmeDirectory(context, `secretKey: "file:${join(keys, 'acme')}"`);
  const store = await openStore(context, { location: directory });
  const key = () => store.find({ destinationId: 'd-1' })?.secretKey?.reveal();
  assert.equal(key(), 'secret-one');
  writeFileSync(join(keys, 'acme'), 'secret-two\n');
  await until(() => key() === 'secret-two', 'the edited key is in force');
  writeFileSync(join(keys, 'draft'), 'secret-three\n');
  renameSync(join(keys, 'draft'), join(keys, 'acme'));
  await until(() => key() === 'secret-three', 'the replaced key is in force');
  assert.equal(store.generation, 3);
});

test('a key in a Kubernetes secret that is rotated comes into force, also when an edit named it only later', async (context) => {
  const keys = temporaryDirectory(context);
  publish(keys, 1, { key: 'secret-one' });
  const { directory, file } = acmeDirectory(context);
  const store = await openStore(context, { location: directory });
  const key = () => store.find({ destinationId: 'd-1' })?.secretKey?.reveal();
  writeFileSync(file, settingsFor('d-1', `secretKey: "file:${join(keys, 'key')}"`));
  await until(() => key() === 'secret-one', 'the edit is in force');
  publish(keys, 2, { key: 'secret-two' });
  await until(() => key() === 'secret-two', 'the rotated key is in force');
  publish(keys, 3, { key: 'secret-three' });
  await until(() => key() === 'secret-three', 'the key rotated again is in force');
});

test('a key file that goes away leaves the last good key in force until it is back', async (context) => {
  const keys = temporaryDirectory(context);
  const keyFile = join(keys, 'acme');
  writeFileSync(keyFile, 'secret-one');
  const { directory, file } = acmeDirectory(context, `secretKey: "file:${keyFile}"`);
  const store = await openStore(context, { location: directory });
  const key = () => store.find({ destinationId: 'd-1' })?.secretKey?.reveal();
  unlinkSync(keyFile);
  await until(() => store.status().lastError !== undefined, 'the loss is told');
  assert.equal(store.status().lastError, `${file}:2:12 secretKey: file:${keyFile} cannot be read (ENOENT)`);
  assert.equal(key(), 'secret-one');
  writeFileSync(keyFile, 'secret-two');
  await until(() => key() === 'secret-two', 'the key that is back is in force');
});

test('what the system gives no notice of is found by looking', async (context) => {
  const parent = temporaryDirectory(context);
  for (const name of ['events', 'webhook']) {
    mkdirSync(join(parent, name));
    writeFileSync(join(parent, name, 'acme.yaml'), settingsFor('d-1', `mode: ${name}`));
  }
  symlinkSync('events', join(parent, 'current'));
  const store = await openStore(context, { location: join(parent, 'current'), pollMs: 20 });
  assert.equal(mode(store, 'd-1'), 'events');
  symlinkSync('webhook', join(parent, 'next'));
  renameSync(join(parent, 'next'), join(parent, 'current'));
  await until(() => mode(store, 'd-1') === 'webhook', 'the link now leads elsewhere');
});

test('a closed store does not change any more', async (context) => {
  const { directory, file } = acmeDirectory(context);
  const closed = await openStore(context, { location: directory, pollMs: 5 });
  const open = await openStore(context, { location: directory });
  await closed.close();
  await closed.close();
  writeFileSync(file, settingsFor('d-1', 'mode: webhook'));
  await until(() => mode(open, 'd-1') === 'webhook', 'a store that is open sees the edit');
  assert.equal(mode(closed, 'd-1'), 'events');
});
