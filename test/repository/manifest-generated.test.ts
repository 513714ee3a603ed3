// The derived files are fresh and complete, and the drift check notices when one is not.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { staleFiles, writeStaleFiles } from '../../scripts/derived-files.js';
import { ERRORS } from '../../src/base/errors.js';
import type { ValueSchema } from '../../src/settings/manifest/model.js';
import { manifest } from '../../src/settings/manifest.js';
import { findSettingsFaults } from '../../src/settings/validate-settings.js';
import { declaredPaths } from '../../testkit/routes.js';

const PROJECT_ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const GENERATE = fileURLToPath(new URL('../../scripts/generate.js', import.meta.url));
const FILES = [
  'manifest.json',
  'docs/settings.md',
  'docs/errors.md',
  'docs/routes.md',
  'docs/api.md',
  'docs/scale.md',
  'src/settings/settings.generated.ts',
  'src/operate/api/requests.generated.ts',
  'openapi.json',
  'deploy/helm/statsig-cdp/values.schema.json',
];

const dir = mkdtempSync(join(tmpdir(), 'generate-'));
after(() => rmSync(dir, { recursive: true }));

/** A copy of the derived files and what they derive from. */
function copyOfTree(): string {
  const root = mkdtempSync(join(dir, 'tree-'));
  for (const file of FILES) {
    cpSync(join(PROJECT_ROOT, file), join(root, file), { recursive: true, dereference: true });
  }
  return root;
}

function generate(root: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [GENERATE, '--root', root, ...args], { encoding: 'utf8' });
}

function edit(root: string, file: string, change: (text: string) => string): void {
  const path = join(root, file);
  const before = readFileSync(path, 'utf8');
  const after = change(before);
  assert.notEqual(after, before);
  writeFileSync(path, after);
}

function firstCells(page: string): string[] {
  return [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name = '']) => name);
}

function page(name: string): string {
  return readFileSync(join(PROJECT_ROOT, 'docs', name), 'utf8');
}

/** The lists whose rows need explaining. */
const EXPLAINED_LISTS = ['outbound.targets', 'audiences.lists'];

/** A setting's own name and those of its parts. */
function namesOf(name: string, { properties, items }: ValueSchema): string[] {
  const parts = Object.entries(properties ?? {}).flatMap(([part, schema]) => namesOf(`${name}.${part}`, schema));
  const rows = EXPLAINED_LISTS.includes(name) ? Object.keys(items?.properties ?? {}) : [];
  return [name, ...parts, ...rows.map((part) => `${name}[].${part}`)];
}

test('the derived files of this tree are fresh', async () => {
  assert.deepEqual(await staleFiles(PROJECT_ROOT), []);
});

test('the check names every stale file, changes none, and passes after generating', async () => {
  const root = copyOfTree();
  edit(root, 'manifest.json', (text) =>
    text.replace('"title": "Most events in a batch",\n        "description": "', '$&At most. '),
  );
  edit(root, 'docs/errors.md', (text) => text.replace('| `BODY_EMPTY` | 400 |', '| `BODY_EMPTY` | 500 |'));

  const stale = generate(root, '--check');
  assert.equal(stale.status, 1);
  assert.deepEqual(stale.stderr.trim().split('\n'), [
    'src/settings/settings.generated.ts is stale. Run `npm run generate`.',
    'docs/settings.md is stale. Run `npm run generate`.',
    'docs/errors.md is stale. Run `npm run generate`.',
  ]);
  assert.ok(!readFileSync(join(root, 'docs/settings.md'), 'utf8').includes('At most. Events'));

  assert.equal(generate(root).status, 0);
  assert.ok(readFileSync(join(root, 'docs/settings.md'), 'utf8').includes('At most. Events'));
  assert.ok(readFileSync(join(root, 'src/settings/settings.generated.ts'), 'utf8').includes('At most. Events'));
  assert.equal(readFileSync(join(root, 'docs/errors.md'), 'utf8'), page('errors.md'));
  assert.deepEqual(await staleFiles(root), []);
});

test('generating keeps the hand-written part of a page', async () => {
  const root = copyOfTree();
  edit(root, 'docs/settings.md', (text) => `Written by hand.\n${text}`);
  assert.deepEqual(await staleFiles(root), []);
  edit(root, 'manifest.json', (text) => text.replace('Address to bind PORT to.', 'The address.'));
  await writeStaleFiles(root);
  const settings = readFileSync(join(root, 'docs/settings.md'), 'utf8');
  assert.ok(settings.startsWith('Written by hand.\n# Settings'));
  assert.ok(settings.includes('The address.'));
});

test('the check fails on a page without markers and on an invalid default', async () => {
  const root = copyOfTree();
  edit(root, 'docs/errors.md', (text) => text.replace('<!-- generated:begin -->', ''));
  const unmarked = generate(root, '--check');
  assert.equal(unmarked.status, 1);
  assert.match(unmarked.stderr, /^docs\/errors\.md has no generated part\. Add the lines/);

  edit(root, 'manifest.json', (text) => text.replace('"default": 500,', '"default": "500",'));
  await assert.rejects(staleFiles(root), {
    message: /^manifest\.json, settings\.properties\.maxBatchEvents: The default is refused/,
  });
});

test('docs/settings.md lists every setting and environment variable once, and nothing else', () => {
  const expected = Object.entries(manifest.settings.properties).flatMap(([name, setting]) => namesOf(name, setting));
  assert.deepEqual(firstCells(page('settings.md')), [...expected, ...manifest.environment.map(({ name }) => name)]);
});

test('docs/settings.md marks every secret as one', () => {
  const secret = page('settings.md')
    .split('\n')
    .filter((line) => line.includes('Secret: never logged.'));
  assert.deepEqual(firstCells(secret.join('\n')), [
    'rudderstack.sourceWriteKeys',
    'segment.sharedSecrets',
    'segment.headerSecrets',
    'segment.apiKeys',
    'trackingApi.writeKeys',
    'outbound.signingSecrets',
    'outbound.targets[].writeKey',
    'secretKey',
    'consoleKey',
    'STATSIG_CDP_SETTINGS_TOKEN',
    'OUTBOX_URL',
    'ADMIN_TOKEN',
    'ADMIN_READ_TOKEN',
  ]);
});

test('the types tell the default of a nested setting', () => {
  const types = readFileSync(join(PROJECT_ROOT, 'src/settings/settings.generated.ts'), 'utf8');
  assert.match(types, /Default: `"https:\/\/api\.segment\.io"`\.\n +\*\/\n +host\?: string;/);
});

test('docs/errors.md lists every code once with its status, and nothing else', () => {
  const errors = page('errors.md');
  assert.deepEqual(firstCells(errors).sort(), Object.keys(ERRORS).sort());
  for (const [code, { status, message }] of Object.entries(ERRORS)) {
    assert.ok(errors.includes(`| \`${code}\` | ${status} | ${message} |`), code);
  }
});

test('docs/errors.md puts each code in its group', () => {
  const [, event = '', request = '', unavailable = ''] = page('errors.md').split(/^## /m);
  assert.ok(event.startsWith('One event\n') && event.includes('`EVENT_NAME_MISSING`'));
  assert.ok(request.startsWith('The whole request\n') && request.includes('`BODY_NOT_JSON`'));
  assert.ok(unavailable.startsWith('Unavailable\n') && unavailable.includes('`DRAINING`'));
});

test('the example document of docs/settings.md is valid', () => {
  const [, example = ''] = page('settings.md').match(/```yaml\n([^`]+)```/) ?? [];
  assert.equal(parse(example).id, 'shop');
  assert.deepEqual(findSettingsFaults(parse(example)), []);
});

test('docs/routes.md lists every path of every route, and what becomes of each event type', () => {
  const routes = page('routes.md');
  for (const { method, path, listener } of declaredPaths())
    assert.match(routes, new RegExp(`\\| .*\`${method} ${path}\`.* \\| ${listener} \\|`), path);
  for (const [type, fate] of Object.entries(manifest.eventTypes))
    assert.ok(routes.includes(`| \`${type}\` | ${fate} |`), type);
});
