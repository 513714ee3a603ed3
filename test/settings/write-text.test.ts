// Settings that are changed in the text of their file: what is not changed stays as it is written.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { changeText, TextChangeError } from '../../src/settings/write/change-text.js';
import type { Change } from '../../src/settings/write/change-values.js';
import { hideKeys, putKeysBack } from '../../src/settings/write/hidden-keys.js';
import { workspacesIn } from '../../src/settings/write/settings-files.js';
import { readYaml } from '../../src/settings/yaml-tree.js';
import { anyCharacter } from '../../testkit/any-character.js';
import { propertyRuns } from '../../testkit/property-runs.js';

const FIRST = { document: 0, at: [] };
const YAML = `# The shop.
id: shop # named so in metrics

identifierMappings:
  # devices
  - { from: context.device.id, to: stableID } # keep
  # companies
  - from: properties.companyId
    to: companyID   # yes
excludeEvents: [Heartbeat, "page:Internal *"] # noise
outbound:
  targets:
    - name: a
      writeKey: env:A # of the web
# end
`;

const change = (text: string, ...changes: Change[]) => changeText(text, FIRST, changes);

/** Lines of the old text that the new one does not have any more, and the other way round. */
function changedLines(before: string, after: string): { gone: string[]; added: string[] } {
  const old = before.split('\n');
  const now = after.split('\n');
  return { gone: old.filter((line) => !now.includes(line)), added: now.filter((line) => !old.includes(line)) };
}

test('an edit changes its own lines only', () => {
  const cases: readonly { readonly changes: readonly Change[]; readonly gone: string[]; readonly added: string[] }[] = [
    {
      changes: [
        {
          at: ['identifierMappings'],
          value: [
            { from: 'context.device.id', to: 'stableID' },
            { from: 'anonymousId', to: 'segmentAnonymousId' },
            { from: 'properties.companyId', to: 'company' },
          ],
        },
      ],
      gone: ['    to: companyID   # yes'],
      added: ['  - { from: anonymousId, to: segmentAnonymousId }', '    to: company   # yes'],
    },
    {
      changes: [{ at: ['excludeEvents'], value: ['Heartbeat', 'a, b', 'page:Internal *', '*x'] }],
      gone: ['excludeEvents: [Heartbeat, "page:Internal *"] # noise'],
      added: ['excludeEvents: [Heartbeat, "a, b", "page:Internal *", "*x"] # noise'],
    },
    {
      changes: [{ at: ['excludeEvents'] }],
      gone: ['excludeEvents: [Heartbeat, "page:Internal *"] # noise'],
      added: [],
    },
    {
      changes: [{ at: ['identifierMappings'], value: [{ from: 'context.device.id', to: 'stableID' }] }],
      gone: ['  - from: properties.companyId', '    to: companyID   # yes'],
      added: [],
    },
    {
      changes: [
        { at: ['eventNamePrefix'], value: 'shop_' },
        { at: ['eventNameTemplates', 'track'], value: '{prefix}{event}' },
        { at: ['outbound', 'paused'], value: true },
      ],
      gone: [],
      added: ['  paused: true', 'eventNamePrefix: shop_', 'eventNameTemplates:', '  track: "{prefix}{event}"'],
    },
    {
      changes: [{ at: ['outbound', 'targets', 0, 'host'], value: 'https://eu.example' }],
      gone: [],
      added: ['      host: https://eu.example'],
    },
  ];
  for (const { changes, gone, added } of cases)
    assert.deepEqual(changedLines(YAML, change(YAML, ...changes)), { gone, added });
});

test('JSON keeps its indentation and its rows', () => {
  const text = `{
    "id": "shop",
    "identifierMappings": [
        { "from": "a", "to": "b" },
        { "from": "c", "to": "d" }
    ]
}
`;
  const changed = change(
    text,
    { at: ['identifierMappings', 2], value: { from: 'e', to: 'f' } },
    { at: ['outbound', 'paused'], value: true },
  );
  assert.equal(
    changed,
    `{
    "id": "shop",
    "identifierMappings": [
        { "from": "a", "to": "b" },
        { "from": "c", "to": "d" },
        { "from": "e", "to": "f" }
    ],
    "outbound": {
        "paused": true
    }
}
`,
  );
  assert.equal(
    change('{"id":"a","eventTypes":["track"]}', { at: ['eventTypes', 1], value: 'page' }),
    '{"id":"a","eventTypes":["track","page"]}',
  );
});

test('line ends, marks of the byte order, other documents and other workspaces of the file stay', () => {
  const crlf = '\uFEFFid: shop\r\n# note\r\nexcludeEvents:\r\n- A\r\n';
  assert.equal(
    change(crlf, { at: ['excludeEvents'], value: ['A', 'B'] }, { at: ['paused'], value: true }),
    '\uFEFFid: shop\r\n# note\r\nexcludeEvents:\r\n- A\r\n- B\r\npaused: true\r\n',
  );
  const several = '# one\nid: one\n---\n# two\nid: two\n...\n---\n- id: three\n- id: four # last';
  const at = workspacesIn(several, 'x.yaml');
  assert.deepEqual(
    at.map(({ id }) => id),
    ['one', 'two', 'three', 'four'],
  );
  const changed = at.reduce((text, { place }) => changeText(text, place, [{ at: ['paused'], value: true }]), several);
  assert.equal(
    changed,
    '# one\nid: one\npaused: true\n---\n# two\nid: two\npaused: true\n...\n---\n- id: three\n  paused: true\n- id: four # last\n  paused: true',
  );
});

test('what several places share is changed in one of them, or not at all', () => {
  const text = 'id: a\nincludeEvents: &names [A]\noutbound:\n  includeEvents: *names\n';
  assert.throws(() => change(text, { at: ['includeEvents'], value: ['A', 'B'] }), TextChangeError);
  assert.equal(
    change(text, { at: ['outbound', 'includeEvents'], value: ['A', 'B'] }),
    'id: a\nincludeEvents: &names [A]\noutbound:\n  includeEvents:\n    - A\n    - B\n',
  );
});

const name = fc.constantFrom('from', 'to', 'id', 'name', 'host', 'paused');
const string = fc.oneof(
  fc.constantFrom(
    '',
    ' a',
    'a: b',
    '# a',
    '- a',
    '*a',
    '&a',
    '!a',
    '{a',
    '[a',
    'yes',
    'null',
    '1',
    '~',
    "it's",
    '"q"',
    'a, b',
    'l1\nl2',
    'a\t',
    '---',
    '%a',
    '@a',
    '`a',
    '\u2028',
    '\r\n',
    '=',
    '<<',
  ),
  fc.string({ unit: anyCharacter, maxLength: 6 }),
);
const scalar = fc.oneof(string, fc.integer(), fc.boolean());
const row = fc.dictionary(name, scalar, { maxKeys: 3, noNullPrototype: true });
const value = fc.oneof(scalar, fc.array(scalar, { maxLength: 5 }), fc.array(row, { maxLength: 5 }), row);
const settings = fc.dictionary(fc.constantFrom('id', 'a', 'b', 'outbound'), value, {
  minKeys: 1,
  noNullPrototype: true,
});
const place = fc.oneof(
  fc.tuple(fc.constantFrom('id', 'a', 'b', 'c', 'outbound')),
  fc.tuple(fc.constant('outbound'), name),
  fc.tuple(fc.constant('new'), name, name),
);
const written = fc.tuple(settings, fc.nat(5)).map(([given, how]) => {
  const text = [
    () => JSON.stringify(given),
    () => JSON.stringify(given, undefined, 2),
    () => stringify(given),
    () => stringify(given, { collectionStyle: 'flow', lineWidth: 20 }),
    () => stringify(given, { indentSeq: false, defaultStringType: 'QUOTE_SINGLE' }).replaceAll('\n', '\r\n'),
    () => `# head\n${stringify(given, { indent: 4, lineWidth: 0 })}# foot\n`,
  ][how]?.();
  return text ?? '';
});

test('any edit of any text comes to what was asked for', () => {
  const readValue = (text: string) => {
    const reading = readYaml(text);
    return 'faults' in reading ? undefined : reading.trees[0]?.value;
  };
  let changed = 0;
  fc.assert(
    fc.property(written, place, fc.option(value, { nil: undefined }), (text, at, wanted) => {
      const before = readValue(text);
      fc.pre(before !== undefined && typeof before === 'object');
      // Refused where a parent is no mapping; never anything else than what is asked for.
      const parent = (before as Record<string, unknown>)[at[0] ?? ''];
      fc.pre(
        at.length === 1 ||
          parent === undefined ||
          (typeof parent === 'object' && parent !== null && !Array.isArray(parent)),
      );
      const after = changeText(text, FIRST, [{ at, ...(wanted !== undefined && { value: wanted }) }]);
      const got = at.reduce<unknown>(
        (all, step) => (all as Record<string, unknown> | undefined)?.[step],
        readValue(after),
      );
      assert.deepEqual(got, wanted);
      changed += 1;
    }),
    { numRuns: propertyRuns(300) },
  );
  assert.ok(changed > 0);
});

test('keys are hidden wherever one may stand, and come back as they were written', () => {
  const text = `# was secret-abcdefgh12345678 once
id: shop
secretKey: "literal-1"
consoleKey: env:CONSOLE
segment: { sharedSecrets: [literal-2, 'literal-3', file:key.txt], headerSecrets: literal-4 }
secretkey: literal-5
writeKey1234567890abc: x
outbound:
  targets:
    - name: a
      writeKey: >-
        literal-6
    - { name: b, writeKey: "literal-1" }
`;
  const hidden = hideKeys(text);
  assert.doesNotMatch(hidden.shown, /literal|abcdefgh|1234567890abc/);
  assert.match(hidden.shown, /secretKey: "kept:1|kept:2"/);
  assert.match(hidden.shown, /env:CONSOLE/);
  assert.match(hidden.shown, /file:key.txt/);
  assert.match(hidden.shown, /name: a\n/);
  assert.equal(putKeysBack(hidden.shown, hidden), text);
  const changed = putKeysBack(hidden.shown.replace('name: b', 'name: c'), hidden);
  assert.equal(changed, text.replace('name: b', 'name: c'));
});

test('a key can be moved with its row', () => {
  const text =
    'outbound:\n  targets:\n    - { name: a, writeKey: literal-a }\n    - { name: b, writeKey: "literal-b" }\n';
  const hidden = hideKeys(text);
  const [target] = workspacesIn(hidden.shown, 'a.yaml').map(
    ({ value }) => value as { outbound: { targets: unknown[] } },
  );
  const targets = target?.outbound.targets ?? [];
  const shown = change(hidden.shown, { at: ['outbound', 'targets'], value: [...targets].reverse() });
  const moved = workspacesIn(putKeysBack(shown, hidden), 'a.yaml')[0]?.value;
  assert.deepEqual(moved, {
    outbound: {
      targets: [
        { name: 'b', writeKey: 'literal-b' },
        { name: 'a', writeKey: 'literal-a' },
      ],
    },
  });
});
