// The outbound settings of a document: targets, and secrets in nested places.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { compileOutbound } from '../../src/settings/compile-outbound.js';
import { DEFAULT_DOCUMENT } from '../../src/settings/default-document.js';
import { type ParseOptions, parseDocuments, type WorkspaceDocument } from '../../src/settings/document.js';
import { mergeDocuments } from '../../src/settings/document-set.js';
import { readRemoteSecret } from '../../src/settings/secret-reference.js';
import { describeFault, SettingsError } from '../../src/settings/settings-error.js';
import { temporaryDirectory } from '../../testkit/settings.js';

const FILE = 'settings/acme.yaml';

/** What the settings reference says applies where a document says nothing. */
const DEFAULT_HOST = 'https://api.segment.io';
const DEFAULT_PATH = '/v1/batch';
const DEFAULT_TOLERANCE_MS = 5 * 60 * 1000;

function read(text: string, options?: ParseOptions): WorkspaceDocument {
  const { documents, faults } = parseDocuments(text, FILE, options);
  if (faults.length > 0) throw new SettingsError(faults);
  const [document] = documents;
  assert.ok(document !== undefined);
  return document;
}

function faults(text: string, options?: ParseOptions): string[] {
  return parseDocuments(text, FILE, options).faults.map(describeFault);
}

/** Targets as plain data, so that they can be compared. */
function targetsOf({ outbound }: WorkspaceDocument): object[] {
  return outbound.targets.map((target) => ({ ...target, writeKey: target.writeKey.reveal() }));
}

test('a target without host and path gets the defaults, another keeps its own', () => {
  const document = read(`
outbound:
  targets:
    - { name: web, writeKey: web-key }
    - { name: lake, writeKey: lake-key, host: "http://data-plane.example:8080", path: /rudder/v1/batch }
`);
  assert.deepEqual(targetsOf(document), [
    { name: 'web', writeKey: 'web-key', host: DEFAULT_HOST, path: DEFAULT_PATH },
    { name: 'lake', writeKey: 'lake-key', host: 'http://data-plane.example:8080', path: '/rudder/v1/batch' },
  ]);
});

test('outbound settings and what names sources stand apart from the other settings of a document', () => {
  const document = read(`
mode: webhook
rudderstack: { destinationIds: [d-1], sourceIds: [s-1, s-2], sourceWriteKeys: [source-key] }
outbound: { signingSecrets: [signing-example], signatureToleranceMs: 0, eventCategories: [custom_event] }
`);
  assert.deepEqual(document.settings, { mode: 'webhook', rudderstack: { destinationIds: ['d-1'] } });
  const { signingSecrets, ...outbound } = document.outbound;
  assert.deepEqual(outbound, { signatureToleranceMs: 0, eventCategories: ['custom_event'], targets: [] });
  assert.deepEqual(
    signingSecrets.map((secret) => secret.reveal()),
    ['signing-example'],
  );
  assert.deepEqual(document.rudderstackSources.ids, ['s-1', 's-2']);
  assert.deepEqual(
    document.rudderstackSources.writeKeys.map((key) => key.reveal()),
    ['source-key'],
  );
});

for (const document of [read('{}'), read('outbound: {}\nrudderstack: {}'), DEFAULT_DOCUMENT]) {
  test(`a document that says nothing of it (${document.source}) sends nowhere and expects no signature`, () => {
    const { outbound, rudderstackSources } = document;
    assert.deepEqual(outbound, { signingSecrets: [], signatureToleranceMs: DEFAULT_TOLERANCE_MS, targets: [] });
    assert.deepEqual(rudderstackSources, { ids: [], writeKeys: [] });
    assert.deepEqual(compileOutbound(document).targets, []);
  });
}

test('nested secrets may be kept in variables and files', (context) => {
  process.env.STATSIG_TEST_NESTED = 'from-variable';
  context.after(() => delete process.env.STATSIG_TEST_NESTED);
  const directory = temporaryDirectory(context);
  for (const name of ['signing', 'web', 'source']) writeFileSync(join(directory, name), `${name}-from-file\n`);
  const text = `
rudderstack: { sourceWriteKeys: [env:STATSIG_TEST_NESTED, file:source] }
outbound:
  signingSecrets: [env:STATSIG_TEST_NESTED, file:signing]
  targets:
    - { name: app, writeKey: env:STATSIG_TEST_NESTED }
    - { name: web, writeKey: file:web }
`;
  const parsed = parseDocuments(text, join(directory, 'acme.yaml'));
  assert.deepEqual(parsed.faults, []);
  const [document] = parsed.documents;
  assert.deepEqual(
    document?.rudderstackSources.writeKeys.map((key) => key.reveal()),
    ['from-variable', 'source-from-file'],
  );
  assert.deepEqual(
    document?.outbound.signingSecrets.map((secret) => secret.reveal()),
    ['from-variable', 'signing-from-file'],
  );
  assert.deepEqual(
    document?.outbound.targets.map(({ writeKey }) => writeKey.reveal()),
    ['from-variable', 'web-from-file'],
  );
  assert.deepEqual(
    [...parsed.secretFiles].sort(),
    ['signing', 'source', 'web'].map((name) => join(directory, name)),
  );
});

test('a nested reference that leads nowhere is a fault at its place', () => {
  const text = [
    'rudderstack:',
    '  sourceWriteKeys:',
    '    - source-key',
    '    - env:STATSIG_TEST_UNSET',
    'outbound:',
    '  signingSecrets: [file:missing]',
    '  targets:',
    '    - name: web',
    '      writeKey: "two words"',
    '    - { name: app, writeKey: env:STATSIG_TEST_UNSET }',
  ].join('\n');
  assert.deepEqual(faults(text), [
    `${FILE}:4:7 rudderstack.sourceWriteKeys[1]: env:STATSIG_TEST_UNSET is not set`,
    `${FILE}:6:20 outbound.signingSecrets[0]: file:missing cannot be read (ENOENT)`,
    `${FILE}:9:17 outbound.targets[0].writeKey: holds white space or other characters that a key cannot have`,
    `${FILE}:10:30 outbound.targets[1].writeKey: env:STATSIG_TEST_UNSET is not set`,
  ]);
});

test('a config service cannot name files in nested places either', () => {
  const text = 'outbound: { targets: [{ name: web, writeKey: file:/etc/hostname }] }';
  const [fault] = faults(text, { readSecret: readRemoteSecret });
  assert.match(fault ?? '', / outbound\.targets\[0\]\.writeKey: file:\/etc\/hostname is refused: a config service/);
});

test('a nested fault points at its line, in YAML and in JSON', () => {
  const yaml = [
    'outbound:',
    '  exposureSampleRate: 2',
    '  targets:',
    '    - name: web',
    '      writeKey: web-key',
    '      Path: /v1/batch',
    '    - name: statsig',
    '      writeKey: web-key',
    '    - name: web',
    '      writeKey: web-key',
    '    - writeKey: web-key',
  ].join('\n');
  assert.deepEqual(faults(yaml), [
    `${FILE}:2:23 outbound.exposureSampleRate: must be between 0 and 1`,
    `${FILE}:6:7 outbound.targets[0].Path: is not a setting. Did you mean path?`,
    `${FILE}:7:13 outbound.targets[1].name: must be 1 to 64 letters, digits, - or _, must not begin with statsig and must not be dry-run`,
    `${FILE}:9:13 outbound.targets[2].name: is the name of another target already`,
    `${FILE}:11:7 outbound.targets[3].name: is missing`,
  ]);
  const json = '{"workspaces": [{"id": "a", "outbound": {"targets": [\n  {"name": "web", "writeKey": 7}\n]}}]}';
  assert.deepEqual(faults(json), [
    `${FILE}:2:31 workspaces[0].outbound.targets[0].writeKey: must be a string, but is a number: write it in quotes`,
  ]);
});

test('two documents may send to targets of the same name and write key', async () => {
  const target = 'outbound: { targets: [{ name: web, writeKey: web-key }] }';
  const parsed = parseDocuments(`id: a\n${target}\n---\nid: b\n${target}\n`, FILE);
  assert.deepEqual((await mergeDocuments([parsed])).faults, []);
});
