// A broken manifest is refused with one line that names the place and the fix.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createAjv } from '../../src/settings/manifest/ajv.js';
import { checkManifest, readManifest } from '../../src/settings/manifest/check.js';
import { costlyManifestFaults } from '../../src/settings/manifest/costly-checks.js';
import { ManifestError } from '../../src/settings/manifest/manifest-error.js';
import { manifest } from '../../src/settings/manifest.js';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A copy of the manifest with the value at a path replaced, or removed when `value` is undefined. */
function broken(path: string, value: Json | undefined): unknown {
  const copy: Json = JSON.parse(JSON.stringify(manifest));
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let parent: Json = copy;
  for (const key of keys) {
    parent = child(parent, key);
  }
  assert.ok(parent !== null && typeof parent === 'object' && !Array.isArray(parent), path);
  if (value === undefined) {
    delete parent[last];
  } else {
    parent[last] = value;
  }
  return copy;
}

function child(parent: Json, key: string): Json {
  assert.ok(parent !== null && typeof parent === 'object', key);
  const value = Array.isArray(parent) ? parent[Number(key)] : parent[key];
  assert.ok(value !== undefined, key);
  return value;
}

const FAULTS: { change: string; to: Json | undefined; path: string; says: string; fix: string }[] = [
  {
    change: 'settings.properties.mode.title',
    to: undefined,
    path: 'settings.properties.mode',
    says: '"title" is missing.',
    fix: 'Add "title".',
  },
  {
    change: 'settings.properties.mode.description',
    to: '',
    path: 'settings.properties.mode.description',
    says: 'The value is empty.',
    fix: 'Fill it in.',
  },
  {
    change: 'settings.properties.mode.type',
    to: 'text',
    path: 'settings.properties.mode.type',
    says: 'The value is not known.',
    fix: 'Use one of string, integer, number, boolean, array, object.',
  },
  {
    change: 'settings.properties.mode.ui.sektion',
    to: 'x',
    path: 'settings.properties.mode.ui',
    says: '"sektion" is not known here.',
    fix: 'Remove "sektion" or correct its spelling.',
  },
  {
    change: 'settings.properties.mode.ui.section',
    to: 'advanced',
    path: 'settings.properties.mode.ui.section',
    says: 'There is no section "advanced".',
    fix: 'Use one of connection, names, mapping, filter, audiences, batch, or add the section to settingSections.',
  },
  {
    change: 'settings.properties.apiUrl.ui.showWhen.setting',
    to: 'modus',
    path: 'settings.properties.apiUrl.ui.showWhen.setting',
    says: 'There is no setting "modus".',
    fix: 'Name a setting of this manifest.',
  },
  {
    change: 'settings.properties.apiUrl.requiredInConfig',
    to: { setting: 'modus', is: 'webhook' },
    path: 'settings.properties.apiUrl.requiredInConfig.setting',
    says: 'There is no setting "modus".',
    fix: 'Name a setting of this manifest.',
  },
  {
    change: 'settings.properties.paused.requiredInConfig',
    to: true,
    path: 'settings.properties.paused.requiredInConfig',
    says: 'A Config does not have this setting.',
    fix: 'Remove it.',
  },
  {
    change: 'settings.properties.secretKey.default',
    to: 'secret-example',
    path: 'settings.properties.secretKey.default',
    says: 'A secret has a default.',
    fix: 'Remove the default.',
  },
  {
    change: 'settings.properties.outbound.properties.targets.items.properties.writeKey.default',
    to: 'write-key',
    path: 'settings.properties.outbound.properties.targets.items.properties.writeKey.default',
    says: 'A secret has a default.',
    fix: 'Remove the default.',
  },
  {
    change: 'settings.properties.outbound.properties.targets.default',
    to: [{ name: 'web', writeKey: 'write-key' }],
    path: 'settings.properties.outbound.properties.targets.default',
    says: 'A secret has a default.',
    fix: 'Remove the default.',
  },
  {
    change: 'settings.properties.trackingApi.properties.writeKeys.default',
    to: ['write-key'],
    path: 'settings.properties.trackingApi.properties.writeKeys.default',
    says: 'A secret has a default.',
    fix: 'Remove the default.',
  },
  {
    change: 'settings.properties.includeEvents.ui.tagKey',
    to: undefined,
    path: 'settings.properties.includeEvents',
    says: 'A tagInput cannot show this setting.',
    fix: 'Add ui.tagKey and "items" of type string, or choose another ui.field.',
  },
  {
    change: 'settings.properties.mode.default',
    to: undefined,
    path: 'settings.properties.mode',
    says: 'A singleSelect cannot show this setting.',
    fix: 'Add "enum" and "default" (or ui.default), or choose another ui.field.',
  },
  {
    change: 'settings.properties.identifierMappings.items.properties',
    to: undefined,
    path: 'settings.properties.identifierMappings',
    says: 'A mapping cannot show this setting.',
    fix: 'Add "items" with "properties", or choose another ui.field.',
  },
  {
    change: 'settings.additionalProperties',
    to: true,
    path: 'settings.additionalProperties',
    says: 'The value is not allowed.',
    fix: 'Write false.',
  },
  {
    change: 'environment.0.name',
    to: 'port',
    path: 'environment.0.name',
    says: 'The string does not have the right form.',
    fix: 'Write a string that matches ^[A-Z][A-Z0-9_]*$.',
  },
  {
    change: 'environment.0.default',
    to: '9090',
    path: 'environment.0.default',
    says: 'The default of PORT is none of its values.',
    fix: 'Correct the default, or what the variable may be.',
  },
  {
    change: 'environment.0.default',
    to: 70_000,
    path: 'environment.0.default',
    says: 'The default of PORT is none of its values.',
    fix: 'Correct the default, or what the variable may be.',
  },
  {
    change: 'protocols',
    to: [],
    path: 'protocols',
    says: 'The value is not of type object.',
    fix: 'Write a value of type object.',
  },
];

for (const { change, to, path, says, fix } of FAULTS) {
  test(`refuses a manifest with ${change} ${to === undefined ? 'missing' : `= ${JSON.stringify(to)}`}`, () => {
    assert.throws(() => checkManifest(broken(change, to)), {
      name: 'ManifestError',
      path,
      message: `manifest.json, ${path}: ${says} ${fix}`,
    });
  });
}

test('refuses a file that is missing or is not JSON, and says how to fix it', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'manifest-'));
  t.after(() => rmSync(dir, { recursive: true }));
  assert.throws(
    () => readManifest(join(dir, 'absent.json')),
    /^ManifestError: manifest\.json: The file cannot be read \(.+\)\. Restore the file/,
  );
  writeFileSync(join(dir, 'broken.json'), '{"name": ');
  assert.throws(
    () => readManifest(join(dir, 'broken.json')),
    /^ManifestError: manifest\.json: The file is not JSON \(.+\)\. Correct it/,
  );
  writeFileSync(join(dir, 'null.json'), 'null');
  assert.throws(() => readManifest(join(dir, 'null.json')), ManifestError);
});

test('every default is valid and every setting is a valid JSON Schema', () => {
  assert.deepEqual(costlyManifestFaults(manifest), []);
});

test('names a default that its own schema refuses', () => {
  const faults = costlyManifestFaults(checkManifest(broken('settings.properties.maxBatchEvents.default', 5000)));
  assert.deepEqual(faults, [
    {
      path: 'settings.properties.maxBatchEvents',
      problem: 'The default is refused by its own schema (data must be <= 2000).',
      fix: 'Correct the default or the schema.',
    },
  ]);
});

test('names a nested default that its own schema refuses', () => {
  const outbound = 'settings.properties.outbound.properties';
  const nested: [string, Json][] = [
    [`${outbound}.exposureSampleRate`, 2],
    [`${outbound}.eventCategories`, ['gate']],
    [`${outbound}.targets.items.properties.host`, 'api.segment.io'],
  ];
  for (const [path, value] of nested) {
    const changed = checkManifest(broken(`${path}.default`, value));
    const faults = costlyManifestFaults(changed);
    assert.deepEqual(
      faults.map((fault) => fault.path),
      [path],
    );
    assert.match(faults[0]?.problem ?? '', /^The default is refused by its own schema/);
  }
});

test('names a setting that is no valid JSON Schema', () => {
  const misspelt = costlyManifestFaults(checkManifest(broken('settings.properties.id.patern', 'x')));
  assert.deepEqual(
    misspelt.map(({ path }) => path),
    ['settings.properties.id'],
  );
  assert.match(misspelt[0]?.problem ?? '', /unknown keyword: "patern"/);
  const nested = costlyManifestFaults(
    checkManifest(broken('settings.properties.outbound.properties.targets.items.patern', 'x')),
  );
  assert.deepEqual(
    nested.map(({ path }) => path),
    ['settings.properties.outbound.properties.targets.items'],
  );
  const negative = costlyManifestFaults(checkManifest(broken('settings.properties.id.maxLength', -5)));
  assert.deepEqual(
    negative.map(({ path }) => path),
    ['settings.properties.id'],
  );
});

test('names bounds between which there is no value', () => {
  const host = 'settings.properties.outbound.properties.targets.items.properties.host';
  const crossed: [string, Json][] = [
    ['settings.properties.maxBatchEvents.minimum', 5000],
    [`${host}.maxLength`, -1],
    [`${host}.minLength`, 3],
  ];
  const [range, negative, fine] = crossed.map(([at, to]) => costlyManifestFaults(checkManifest(broken(at, to))));
  assert.deepEqual(
    range?.map(({ path, problem }) => [path, problem]),
    [['settings.properties.maxBatchEvents', 'No value is possible: minimum is above maximum.']],
  );
  assert.deepEqual(
    negative?.map(({ path }) => path),
    [host],
  );
  assert.deepEqual(fine, []);
});

test('ajv knows the added keywords and refuses unknown ones', () => {
  const ajv = createAjv();
  assert.equal(ajv.validate({ type: 'string', secret: true, documentOnly: true, ui: {} }, 'x'), true);
  assert.throws(() => ajv.compile({ type: 'string', secrets: true }), /unknown keyword: "secrets"/);
});
