// Settings documents are read from YAML and JSON, and every fault has its line.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type ParsedDocuments, type ParseOptions, parseDocuments } from '../../src/settings/document.js';
import { mergeDocuments } from '../../src/settings/document-set.js';
import { describeFault } from '../../src/settings/settings-error.js';
import { temporaryDirectory } from '../../testkit/settings.js';

const FILE = 'settings/acme.yaml';

function faultsOf(parsed: Pick<ParsedDocuments, 'faults' | 'documents'>): string[] {
  assert.deepEqual(parsed.faults.length > 0 ? parsed.documents : [], [], 'a text with faults gives no documents');
  return parsed.faults.map(describeFault);
}

function faults(text: string, options?: ParseOptions): string[] {
  return faultsOf(parseDocuments(text, FILE, options));
}

function ids(text: string, source: string): string[] {
  const { documents, faults: found } = parseDocuments(text, source);
  assert.deepEqual(found, []);
  return documents.map(({ id }) => id);
}

test('one YAML document becomes a workspace named after its file', () => {
  const text = 'rudderstack:\n  destinationIds: [d-1]\nsecretKey: secret-example\nmode: webhook\n';
  const [document, ...more] = parseDocuments(text, FILE).documents;
  assert.deepEqual(more, []);
  assert.equal(document?.id, 'acme');
  assert.equal(document.source, FILE);
  assert.deepEqual(document.settings, { rudderstack: { destinationIds: ['d-1'] }, mode: 'webhook' });
  assert.equal(document.secretKey?.reveal(), 'secret-example');
});

test('an id in the document beats the file name', () => {
  assert.deepEqual(ids('id: other\n', FILE), ['other']);
});

test('a file name with other characters than an id has is made fit', () => {
  assert.deepEqual(ids('{}', '/etc/settings/acme corp.prod.yaml'), ['acme-corp-prod']);
});

test('several YAML documents, a list and {workspaces} may stand in one file', () => {
  assert.deepEqual(ids('id: a\n---\nid: b\n---\n', FILE), ['a', 'b']);
  assert.deepEqual(ids('- id: a\n- id: b\n', FILE), ['a', 'b']);
  assert.deepEqual(ids('{"workspaces": [{"id": "a"}, {"id": "b"}]}', 'settings.json'), ['a', 'b']);
  assert.deepEqual(ids('{"workspaces": [{"mode": "events"}]}', 'settings.json'), ['settings']);
  assert.deepEqual(ids('workspaces: []', FILE), []);
});

test('each of several documents needs an id', () => {
  const message = 'is missing: only a document that is alone in its file is named after the file';
  assert.deepEqual(faults('id: a\n---\nmode: events\n'), [`${FILE}:3:1 id: ${message}`]);
  assert.deepEqual(faults('workspaces:\n  - id: a\n  - mode: events\n'), [`${FILE}:3:5 workspaces[1].id: ${message}`]);
  assert.deepEqual(faults('mode: events', { defaultId: false }), [`${FILE}:1:1 id: ${message}`]);
});

test('a fault points at the line of its value', () => {
  const text = [
    '# Acme',
    'mode: event',
    'identifierMappings:',
    '  - from: anonymousId',
    '    to: [x]',
    '  - from: context.device.id',
    'eventTypes:',
    '  - track',
    '  - {page: 1}',
    'colour: red',
    'maxBatchEvents:',
    '  5000',
  ].join('\n');
  assert.deepEqual(faults(text), [
    `${FILE}:2:7 mode: must be events or webhook`,
    `${FILE}:5:9 identifierMappings[0].to: must be a string, but is a list`,
    `${FILE}:6:5 identifierMappings[1].to: is missing`,
    `${FILE}:9:5 eventTypes[1]: must be a string, but is a mapping: write it in quotes`,
    `${FILE}:10:1 colour: is not a setting; docs/settings.md lists them`,
    `${FILE}:12:3 maxBatchEvents: must be between 1 and 2000`,
  ]);
});

test('a fault in the second YAML document and in JSON has its own line', () => {
  assert.deepEqual(faults('id: a\n---\nid: b\nmode: x\n'), [`${FILE}:4:7 mode: must be events or webhook`]);
  assert.deepEqual(faults('{\n  "workspaces": [\n    {"id": "a", "mode": "x"}\n  ]\n}'), [
    `${FILE}:3:25 workspaces[0].mode: must be events or webhook`,
  ]);
});

test('a fault behind an alias points at where the value is written', () => {
  const message = 'must be a string, but is a number: write it in quotes';
  assert.deepEqual(faults('valueFrom: &paths [a, 1]\nincludeEvents: *paths\n'), [
    `${FILE}:1:23 valueFrom[1]: ${message}`,
    `${FILE}:1:23 includeEvents[1]: ${message}`,
  ]);
});

const OPENED = 'this has no end: the quote or the bracket that closes it is missing';
const TAG = 'this begins with !, which is a tag in YAML: write a string that begins so in quotes';
const ALIAS = 'this begins with *, which is an alias in YAML: write a name with a * in quotes, as in "*Order"';
const NO_YAML = 'this is no YAML from here on: it takes lines of the form name: value';

const SYNTAX: { text: string; line: string }[] = [
  { text: 'mode: events\nmode: webhook\n', line: `${FILE}:2:1: this name is set twice` },
  { text: '{"mode": "events", "mode": "webhook"}', line: `${FILE}:1:20: this name is set twice` },
  { text: 'rudderstack:\n\tworkspaceIds: []\n', line: `${FILE}:2:1: this is indented with a tab: use blanks` },
  { text: 'mode: events\nid: "acme\nmode: x\n', line: `${FILE}:2:5: ${OPENED}` },
  { text: "id: a\nincludeEvents: ['a, b]\n", line: `${FILE}:2:17: ${OPENED}` },
  { text: 'id: a\nincludeEvents: [a, b\nmode: events\n', line: `${FILE}:2:16: ${OPENED}` },
  { text: '{\n  "id": "a",\n  "includeEvents": ["a"\n', line: `${FILE}:3:21: ${OPENED}` },
  {
    text: '{\n  "id": "a"\n  "mode": "events"\n}',
    line: `${FILE}:3:3: this cannot stand here: a comma, a quote or a bracket before it is missing`,
  },
  { text: 'secretKey: !vault x\n', line: `${FILE}:1:12: ${TAG}` },
  { text: 'secretKey: !!binary eA==\n', line: `${FILE}:1:12: ${TAG}` },
  {
    text: 'id: a\nsecretKey: {{ KEY }}\n',
    line: `${FILE}:2:13: this is no name but a list or a mapping: a {{ template }} that was not filled in looks so`,
  },
  { text: 'valueFrom: *paths\n', line: `${FILE}:1:12: ${ALIAS}` },
  { text: 'id: a\nincludeEvents: [*]\n', line: `${FILE}:2:17: ${ALIAS}` },
  { text: 'id: a\nincludeEvents:\n  - b\n  - *Order\n', line: `${FILE}:4:5: ${ALIAS}` },
  { text: 'id: a\nincludeEvents: [b, *Order*]\n', line: `${FILE}:2:20: ${ALIAS}` },
  { text: 'id: a\n---\nid: b\nexcludeEvents: [*Order]\n', line: `${FILE}:4:17: ${ALIAS}` },
  {
    text: 'id: a\nsecretKey: env: NAME\n',
    line: `${FILE}:2:12: this holds a second colon with a blank behind it: write env:NAME and file:PATH without a blank, and any other string with a colon in quotes`,
  },
  {
    text: 'id: a\nsecretKey:\n  env: NAME\n',
    line: `${FILE}:3:3 secretKey: must be a string, but is a mapping: write env:NAME without a blank`,
  },
  {
    text: 'segment:\n  apiKeys: [file: a]\n',
    line: `${FILE}:2:13 segment.apiKeys[0]: must be a string, but is a mapping: write file:PATH without a blank`,
  },
  {
    text: 'id: a\n mode: events\n',
    line: `${FILE}:2:2: this is indented deeper than the line above it, which has a value already: names of one mapping stand one below the other`,
  },
  {
    text: 'includeEvents:\n  - a\n - b\n',
    line: `${FILE}:3:1: this stands in another column than the lines that it belongs to`,
  },
  {
    text: 'includeEvents:\n  -a\n  -b\n',
    line: `${FILE}:2:3 includeEvents: must be a list, but is a string: write a blank behind each -`,
  },
  {
    text: 'id:a\nmode:events\n',
    line: `${FILE}:1:1: must be a mapping of names to values, but is a string: write name: value, with a blank behind the colon`,
  },
  { text: 'id: a\nmode\n', line: `${FILE}:2:1: this has no colon with a value behind it` },
  {
    text: 'eventNameTemplates:\n  track: {prefix}{event}\n',
    line: `${FILE}:2:18: this stands behind a bracket that ends a list or a mapping: write a string that begins with { or [ in quotes`,
  },
  { text: 'module.exports = {\n  id: "a",\n  run() { return 1; }\n};\n'.repeat(60), line: `${FILE}:1:1: ${NO_YAML}` },
  { text: 'A note.\nWith: colons: and more\n- and lists\n'.repeat(80), line: `${FILE}:1:1: ${NO_YAML}` },
  { text: '[{'.repeat(30_000), line: `${FILE}:1:1: is no YAML, or is nested too deep for settings` },
  { text: '- '.repeat(30_000), line: `${FILE}:1:1: is no YAML, or is nested too deep for settings` },
  { text: '', line: `${FILE}: holds no settings` },
  { text: '# mode: events\n', line: `${FILE}: holds no settings` },
  { text: '<html>Not Found</html>', line: `${FILE}:1:1: must be a mapping of names to values, but is a string` },
  { text: 'workspaces: acme', line: `${FILE}:1:1 workspaces: must be a list of workspaces` },
  {
    text: 'workspaces: []\nmode: events',
    line: `${FILE}:2:1 mode: must not stand beside workspaces: each workspace has its own`,
  },
];

for (const { text, line } of SYNTAX) {
  test(`${JSON.stringify(text).slice(0, 50)} is refused: ${line}`, () => {
    assert.deepEqual(faults(text), [line]);
  });
}

test('a string that is no YAML is refused without repeating it', () => {
  const key = `secret-${'x'.repeat(24)}`;
  const texts = [
    `secretKey: | ${key}`,
    `secretKey: "\\q${key}"`,
    `secretKey: %${key}`,
    `secretKey: *${key}`,
    `secretKey: !${key} x`,
    `secretKey: !<${key} x`,
    `%${key}\n---\nid: a`,
    `secretKey:${key}\nmode: events`,
    `]${key}`,
    `...\n${key}: [`,
    `secretKey: [${key}: {`,
    `id: a\n  ${key}: b`,
  ];
  for (const text of texts) {
    const found = faults(text);
    assert.ok(found.length > 0, text);
    assert.ok(!found.join().includes(key), found.join('\n'));
  }
});

test('one destination or workspace in two documents, or one id, is refused with both places', async () => {
  const one = parseDocuments('id: acme\nrudderstack:\n  destinationIds: [d-1, d-2]\n  workspaceIds: [w-1]\n', 'a.yaml');
  const two = parseDocuments(
    'workspaces:\n- id: b\n  rudderstack: {destinationIds: [d-2]}\n- id: acme\n  rudderstack: {workspaceIds: [w-1]}\n',
    'b.yaml',
  );
  assert.deepEqual(faultsOf(await mergeDocuments([one, two])), [
    'b.yaml:3:34 workspaces[0].rudderstack.destinationIds[0]: the RudderStack destination d-2 already belongs to a.yaml:3:25',
    'b.yaml:4:7 workspaces[1].id: the workspace id acme already belongs to a.yaml:1:5',
    'b.yaml:5:32 workspaces[1].rudderstack.workspaceIds[0]: the RudderStack workspace w-1 already belongs to a.yaml:4:18',
  ]);
});

test('two files that give the same default id are refused', async () => {
  const parsed = ['settings/acme.yaml', 'settings/acme.json'].map((file) => parseDocuments('{}', file));
  assert.deepEqual(faultsOf(await mergeDocuments(parsed)), [
    'settings/acme.json:1:1 id: the workspace id acme already belongs to settings/acme.yaml:1:1',
  ]);
});

test('the same destination twice in one document is harmless', async () => {
  const parsed = parseDocuments('rudderstack: {destinationIds: [d-1, d-1]}', FILE);
  assert.deepEqual((await mergeDocuments([parsed])).faults, []);
});

test('env: takes the key from the environment', (context) => {
  process.env.STATSIG_TEST_KEY = ' secret-example\n';
  context.after(() => delete process.env.STATSIG_TEST_KEY);
  const { documents } = parseDocuments('secretKey: env:STATSIG_TEST_KEY', FILE);
  assert.equal(documents[0]?.secretKey?.reveal(), 'secret-example');
});

test('file: takes the key from a file, relative to the settings file', (context) => {
  const directory = temporaryDirectory(context);
  mkdirSync(join(directory, 'keys'));
  writeFileSync(join(directory, 'keys/acme'), 'secret-example\n');
  for (const path of ['keys/acme', join(directory, 'keys/acme')]) {
    const parsed = parseDocuments(`secretKey: file:${path}`, join(directory, 'acme.yaml'));
    assert.deepEqual(parsed.faults, []);
    assert.equal(parsed.documents[0]?.secretKey?.reveal(), 'secret-example');
    assert.deepEqual(parsed.secretFiles, [join(directory, 'keys/acme')]);
  }
});

test('a reference that leads nowhere is named, with the reason', (context) => {
  const directory = temporaryDirectory(context);
  mkdirSync(join(directory, 'folder'));
  writeFileSync(join(directory, 'blank'), ' \n');
  writeFileSync(join(directory, 'story'), 'once upon a time');
  writeFileSync(join(directory, 'long'), 'x'.repeat(513));
  process.env.STATSIG_TEST_EMPTY = '';
  context.after(() => delete process.env.STATSIG_TEST_EMPTY);
  const problem = (reference: string) => {
    const source = join(directory, 'acme.yaml');
    return faultsOf(parseDocuments(`mode: events\nsecretKey: "${reference}"\n`, source))
      .join()
      .replace(`${source}:2:12 secretKey: `, '');
  };
  assert.equal(problem('env:STATSIG_TEST_UNSET'), 'env:STATSIG_TEST_UNSET is not set');
  assert.equal(problem('env:STATSIG_TEST_EMPTY'), 'env:STATSIG_TEST_EMPTY is empty');
  assert.equal(problem('file:missing'), 'file:missing cannot be read (ENOENT)');
  assert.equal(problem('file:folder'), 'file:folder cannot be read (EISDIR)');
  assert.equal(problem('file:blank'), 'file:blank is empty');
  assert.equal(problem('file:story'), 'file:story holds white space or other characters that a key cannot have');
  assert.equal(problem('file:long'), 'file:long holds more than 512 characters, which is no key');
  assert.equal(problem('file:'), 'file: must be followed by a path: file:/run/secrets/statsig');
  assert.equal(problem(''), 'is empty');
  const noName = 'env: must be followed by the name of an environment variable: env:STATSIG_KEY';
  assert.equal(problem('env: STATSIG_KEY'), noName);
  assert.equal(problem(`env:secret-${'x'.repeat(24)}`), noName);
  assert.equal(problem(`file:secret-${'x'.repeat(24)}`), 'file:[redacted] cannot be read (ENOENT)');
});

test('secrets can be looked up elsewhere', () => {
  const seen: object[] = [];
  const { documents } = parseDocuments('secretKey: env:KEY', FILE, {
    readSecret: (reference) => {
      seen.push(reference);
      return { value: 'secret-example' };
    },
  });
  assert.deepEqual(seen, [{ kind: 'env', name: 'KEY' }]);
  assert.equal(documents[0]?.secretKey?.reveal(), 'secret-example');
});

test('a file that is no settings document, with very many names, is told of at once', () => {
  const names = Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`name${i}`, i]));
  for (const text of [JSON.stringify(names), Object.keys(names).join(': 1\n').concat(': 1\n')]) {
    const { documents, faults } = parseDocuments(text, 'other.json');
    assert.deepEqual(documents, []);
    assert.deepEqual(
      faults.map(({ message }) => message),
      ['has a mapping with more than 1000 names, which is no settings document'],
    );
  }
});
