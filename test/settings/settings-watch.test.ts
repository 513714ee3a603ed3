// How settings in files are watched: what it costs, and what else than an edit puts other files in their place.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import type { EventEmitter } from 'node:events';
import fs, { linkSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import type { WorkspaceStore } from '../../src/settings/store.js';
import { openStore, rememberingLog, temporaryDirectory } from '../../testkit/settings.js';
import { until } from '../../testkit/until.js';

const key = (store: WorkspaceStore) => store.findById('acme')?.secretKey?.reveal();
const write = (file: string, secretKey: string) => writeFileSync(file, `id: acme\nsecretKey: ${secretKey}\n`);

async function untilKey(store: WorkspaceStore, expected: string): Promise<void> {
  await until(() => key(store) === expected, `${expected} is in force, not ${key(store)}`);
}

/** Replaces functions of node:fs for everybody until the test ends. */
function replaceFunctions(
  context: TestContext,
  replace: (name: string, original: (...args: unknown[]) => unknown) => ((...args: unknown[]) => unknown) | undefined,
): void {
  // Their functions are replaced by name, which the modules' own types do not allow.
  for (const module of [fs, promises] as unknown as Record<string, unknown>[]) {
    for (const [name, original] of Object.entries(module)) {
      if (typeof original !== 'function' || /^[A-Z_]/.test(name)) continue;
      const replacement = replace(name, original as (...args: unknown[]) => unknown);
      if (replacement === undefined) continue;
      module[name] = replacement;
      context.after(() => {
        module[name] = original;
        syncBuiltinESMExports();
      });
    }
  }
  syncBuiltinESMExports();
}

/** What is asked of the file system about directories and what is in them: names of functions with paths. */
function countCalls(context: TestContext, directories: readonly string[]): readonly string[] {
  const calls: string[] = [];
  replaceFunctions(
    context,
    (name, original) =>
      function counting(this: unknown, ...args: unknown[]) {
        const path = String(args[0]);
        if (directories.some((directory) => path.startsWith(directory))) calls.push(`${name} ${path}`);
        return original.apply(this, args);
      },
  );
  return calls;
}

/** Settings alone in a directory, whose edits show that notices of before have been dealt with: all wait equally long. */
async function openMarker(context: TestContext): Promise<() => Promise<void>> {
  const file = join(temporaryDirectory(context), 'settings.yaml');
  let edits = 0;
  write(file, 'key-0');
  const store = await openStore(context, { location: file });
  return async () => {
    // Twice, as a notice that is older than the edit may be what shows it.
    for (let each = 0; each < 2; each += 1) {
      edits += 1;
      write(file, `key-${edits}`);
      await untilKey(store, `key-${edits}`);
    }
  };
}

/** Everything that can happen to files that are none of the settings, in another process. */
async function churn(directory: string): Promise<void> {
  const script = `
    const { writeFileSync, renameSync, unlinkSync, appendFileSync, linkSync, chmodSync } = require('node:fs');
    process.chdir(process.argv[1]);
    for (let round = 0; round < 300; round += 1) {
      writeFileSync('outbox.synced.new', String(round));
      renameSync('outbox.synced.new', 'outbox.synced');
      appendFileSync('some.log', 'line');
      chmodSync('some.log', round % 2 === 0 ? 0o600 : 0o640);
      writeFileSync('settings.yaml.bak', 'copy');
      linkSync('some.log', '.hidden.yaml');
      unlinkSync('.hidden.yaml');
      writeFileSync('folder/' + (round % 7) + '.yaml', 'id: [');
    }
  `;
  await promisify(execFile)(process.execPath, ['--eval', script, directory]);
}

for (const [what, locate] of [
  ['the settings are one file', (directory: string) => join(directory, 'settings.yaml')],
  ['the settings are the directory', (directory: string) => directory],
] as const) {
  test(`where ${what}, changes of files beside them cost nothing but a look at a name`, async (context) => {
    const [directory, keys] = [temporaryDirectory(context), temporaryDirectory(context)];
    for (const each of [directory, keys]) mkdirSync(join(each, 'folder'));
    const file = join(directory, 'settings.yaml');
    writeFileSync(join(keys, 'key'), 'secret-one');
    write(file, `file:${join(keys, 'key')}`);
    const marker = await openMarker(context);
    const store = await openStore(context, { location: locate(directory) });
    await marker();
    const calls = countCalls(context, [directory, keys]);
    await churn(directory);
    await churn(keys);
    await marker();
    assert.deepEqual(calls, []);
    writeFileSync(join(keys, 'key'), 'secret-two');
    await untilKey(store, 'secret-two');
    assert.ok(calls.length > 1, 'an edit is read');
  });
}

test('where the system cannot watch, the start warns once and edits are found by looking', async (context) => {
  const directory = temporaryDirectory(context);
  const file = join(directory, 'acme.yaml');
  writeFileSync(join(directory, 'other.yaml'), '{}');
  write(file, 'secret-one');
  replaceFunctions(context, (name) => {
    if (name !== 'watch') return undefined;
    return () => {
      throw Object.assign(new Error('no more watches'), { code: 'ENOSPC' });
    };
  });
  const log = rememberingLog();
  const store = await openStore(context, { location: directory, log, pollMs: 20 });
  write(file, 'secret-two');
  await untilKey(store, 'secret-two');
  assert.deepEqual(
    log.lines.filter((line) => line.includes('"warn"')).map((line) => JSON.parse(line)),
    [
      {
        source: directory,
        code: 'ENOSPC',
        level: 'warn',
        message: 'Edits of the settings are noticed only every 20 ms',
      },
    ],
  );
});

test('a watch that fails later is told, and the next look watches anew', async (context) => {
  const directory = temporaryDirectory(context);
  const file = join(directory, 'acme.yaml');
  write(file, 'secret-one');
  const watchers: EventEmitter[] = [];
  replaceFunctions(context, (name, original) => {
    if (name !== 'watch') return undefined;
    return (...args) => {
      const watcher = original(...args) as EventEmitter;
      watchers.push(watcher);
      return watcher;
    };
  });
  const log = rememberingLog();
  const store = await openStore(context, { location: directory, log, pollMs: 20 });
  assert.equal(watchers.length, 2);
  for (const watcher of watchers) watcher.emit('error', Object.assign(new Error('failed'), { code: 'EIO' }));
  assert.equal(log.lines.filter((line) => line.includes('"code":"EIO"')).length, 1);
  await until(() => watchers.length === 4, 'both are watched anew');
  write(file, 'secret-two');
  await untilKey(store, 'secret-two');
});

test('a directory that is deleted and made anew is watched, be it the settings or of a key', async (context) => {
  const parent = temporaryDirectory(context);
  const [settings, keys] = [join(parent, 'settings'), join(parent, 'keys')];
  const [file, keyFile] = [join(settings, 'acme.yaml'), join(keys, 'key')];
  const fill = (directory: string, path: string, text: string) => {
    const [draft, old] = [`${directory}-draft`, `${directory}-old`];
    mkdirSync(draft);
    writeFileSync(join(draft, basename(path)), text);
    renameSync(directory, old);
    renameSync(draft, directory);
    rmSync(old, { recursive: true });
  };
  for (const each of [settings, keys]) mkdirSync(each);
  writeFileSync(keyFile, 'secret-0');
  write(file, `file:${keyFile}`);
  const store = await openStore(context, { location: settings });
  for (let round = 1; round < 4; round += 1) {
    fill(keys, keyFile, `secret-${round}`);
    await untilKey(store, `secret-${round}`);
    writeFileSync(join(keys, 'draft'), `secret-${round}-edited`);
    renameSync(join(keys, 'draft'), keyFile);
    await untilKey(store, `secret-${round}-edited`);
    fill(settings, file, `id: acme\nsecretKey: other-${round}\n`);
    await untilKey(store, `other-${round}`);
    write(file, `file:${keyFile}`);
    await untilKey(store, `secret-${round}-edited`);
  }
});

test('a directory whose files include one of its own name is watched when it is replaced', async (context) => {
  const parent = temporaryDirectory(context);
  const [current, next] = [join(parent, 'same'), join(parent, 'next')];
  for (const [directory, text] of [
    [current, 'secret-one'],
    [next, 'secret-two'],
  ] as const) {
    mkdirSync(directory);
    writeFileSync(join(directory, 'same'), '');
    write(join(directory, 'acme.yaml'), text);
  }
  const store = await openStore(context, { location: current });
  renameSync(current, join(parent, 'old'));
  renameSync(next, current);
  await untilKey(store, 'secret-two');
});

test('links of any name are followed: one that is swapped, and what it leads to when that is written in place', async (context) => {
  const directory = temporaryDirectory(context);
  const elsewhere = temporaryDirectory(context);
  for (const version of ['v1', 'v2', 'v3']) {
    mkdirSync(join(elsewhere, version));
    write(join(elsewhere, version, 'acme.yaml'), `secret-${version}`);
  }
  const lead = (version: string) => {
    symlinkSync(join(elsewhere, version), join(directory, 'draft'));
    renameSync(join(directory, 'draft'), join(directory, 'second'));
  };
  lead('v1');
  symlinkSync('second', join(directory, 'first'));
  symlinkSync('first/acme.yaml', join(directory, 'acme.yaml'));
  for (const location of [directory, join(directory, 'acme.yaml')]) {
    const store = await openStore(context, { location });
    for (const version of ['v2', 'v3', 'v1']) {
      lead(version);
      await untilKey(store, `secret-${version}`);
      write(join(elsewhere, version, 'acme.yaml'), `edited-${version}`);
      await untilKey(store, `edited-${version}`);
      write(join(elsewhere, version, 'acme.yaml'), `secret-${version}`);
      await untilKey(store, `secret-${version}`);
    }
  }
});

test('a file that is written under another name of it, as one that is mounted alone, comes into force', async (context) => {
  const [directory, elsewhere] = [temporaryDirectory(context), temporaryDirectory(context)];
  const file = join(directory, 'acme.yaml');
  write(file, 'secret-one');
  linkSync(file, join(elsewhere, 'acme.yaml'));
  const store = await openStore(context, { location: file });
  write(join(elsewhere, 'acme.yaml'), 'secret-two');
  await untilKey(store, 'secret-two');
  rmSync(file);
  linkSync(join(elsewhere, 'acme.yaml'), file);
  await untilKey(store, 'secret-two');
  write(join(elsewhere, 'acme.yaml'), 'secret-three');
  await untilKey(store, 'secret-three');
});

test('a link leads to a file that is kept under another name when it is replaced: the next one is watched', async (context) => {
  const [directory, elsewhere] = [temporaryDirectory(context), temporaryDirectory(context)];
  const [target, draft] = [join(elsewhere, 'acme.yaml'), join(elsewhere, 'draft')];
  write(target, 'secret-0');
  symlinkSync(target, join(directory, 'acme.yaml'));
  const store = await openStore(context, { location: directory });
  for (let round = 1; round < 4; round += 1) {
    linkSync(target, join(elsewhere, `backup-${round}`));
    write(draft, `secret-${round}`);
    renameSync(draft, target);
    await untilKey(store, `secret-${round}`);
    write(target, `edited-${round}`);
    await untilKey(store, `edited-${round}`);
  }
});
