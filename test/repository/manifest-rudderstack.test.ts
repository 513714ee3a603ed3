// The exported definition obeys RudderStack's rules for definition files.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAjv } from '../../src/settings/manifest/ajv.js';
import { rudderStackDefinition } from '../../src/settings/manifest/rudderstack-definition.js';
import { manifest } from '../../src/settings/manifest.js';

const definition = rudderStackDefinition(manifest);

const SOURCE_TYPES =
  'android|androidKotlin|ios|iosSwift|web|unity|amp|cloud|warehouse|reactnative|flutter|cordova|shopify|cloudSource';
const KEYS = { type: 'array', items: { type: 'string' }, uniqueItems: true };
const MESSAGE_TYPE = { enum: ['track', 'identify', 'page', 'screen', 'alias', 'group', 'audiencelist', 'record'] };
const CONNECTION_MODE = { enum: ['cloud', 'device', 'hybrid'] };

function listOf(items: object): object {
  return { type: 'array', items, minItems: 1, uniqueItems: true };
}

function byKey(pattern: string, values: object): object {
  return {
    type: 'object',
    minProperties: 1,
    patternProperties: { [`^(${pattern})$`]: values },
    additionalProperties: false,
  };
}

/** What RudderStack accepts in a destination's db-config.json, as far as this definition uses it. */
const DB_CONFIG_RULES = {
  type: 'object',
  required: ['name', 'displayName', 'config'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', pattern: '^[a-zA-Z0-9_-]+$' },
    displayName: { type: 'string', pattern: '^[a-zA-Z0-9_ .()/-]+$' },
    config: {
      type: 'object',
      required: ['supportedSourceTypes', 'destConfig'],
      additionalProperties: false,
      properties: {
        transformAtV1: { enum: ['processor', 'router', 'none'] },
        saveDestinationResponse: { type: 'boolean' },
        cdkV2Enabled: { type: 'boolean' },
        supportedSourceTypes: listOf({ enum: SOURCE_TYPES.split('|') }),
        supportedMessageTypes: byKey('cloud|device|hybrid', listOf(MESSAGE_TYPE)),
        supportedConnectionModes: byKey(SOURCE_TYPES, listOf(CONNECTION_MODE)),
        destConfig: byKey(`${SOURCE_TYPES}|defaultConfig`, { ...KEYS, minItems: 1 }),
        includeKeys: { ...KEYS, minItems: 1 },
        excludeKeys: KEYS,
        secretKeys: KEYS,
      },
    },
  },
};

/** The value at a path, for reading generated JSON. */
function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>((parent, key) => {
    assert.ok(typeof parent === 'object' && parent !== null && Object.hasOwn(parent, key), `no ${path.join('.')}`);
    return Object.entries(parent).find(([name]) => name === key)?.[1];
  }, value);
}

function texts(value: unknown, ...path: string[]): string[] {
  const found = at(value, ...path);
  assert.ok(Array.isArray(found));
  return found.map(String);
}

function keysAt(value: unknown, ...path: string[]): string[] {
  return Object.keys(Object(at(value, ...path)));
}

/** Every object anywhere in a value. */
function* objectsIn(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) {
    if (!Array.isArray(value)) {
      yield Object.fromEntries(Object.entries(value));
    }
    for (const part of Object.values(value)) {
      yield* objectsIn(part);
    }
  }
}

function countOf(text: string, value: unknown): number {
  return [...objectsIn({ value })].flatMap((object) => Object.values(object).flat()).filter((found) => found === text)
    .length;
}

const dbConfig = definition['destinations/statsig/db-config.json'];
const config = at(dbConfig, 'config');
const configSchema = at(definition['destinations/statsig/schema.json'], 'configSchema');
const uiConfig = at(definition['destinations/statsig/ui-config.json'], 'uiConfig');
const sourceTypes = texts(config, 'supportedSourceTypes');
const settings = Object.entries(manifest.settings.properties);
const configKeys = settings.filter(([, setting]) => !setting.documentOnly).map(([key]) => key);

test('db-config holds allowed keys and values only', () => {
  const ajv = createAjv();
  assert.ok(ajv.validate(DB_CONFIG_RULES, dbConfig), ajv.errorsText());
});

test('db-config keeps what the stock destination announces, and adds what changes ID lists', () => {
  assert.equal(at(dbConfig, 'name'), 'STATSIG');
  assert.equal(at(dbConfig, 'displayName'), 'Statsig');
  assert.equal(at(config, 'transformAtV1'), 'router');
  assert.equal(at(config, 'saveDestinationResponse'), true);
  assert.equal(at(config, 'cdkV2Enabled'), true);
  assert.equal(sourceTypes.length, 13);
  assert.deepEqual(texts(config, 'secretKeys'), ['secretKey', 'consoleKey']);
  assert.deepEqual(at(config, 'supportedMessageTypes'), {
    cloud: ['alias', 'audiencelist', 'group', 'identify', 'page', 'record', 'screen', 'track'],
  });
});

test('every source type has its connection modes and its part of destConfig', () => {
  assert.deepEqual(keysAt(config, 'supportedConnectionModes').sort(), sourceTypes.toSorted());
  assert.deepEqual(keysAt(config, 'destConfig').sort(), [...sourceTypes, 'defaultConfig'].sort());
  for (const sourceType of sourceTypes) {
    assert.deepEqual(at(config, 'supportedConnectionModes', sourceType), ['cloud']);
    assert.deepEqual(texts(config, 'destConfig', sourceType).slice(0, 2), ['connectionMode', 'consentManagement']);
  }
});

test('defaultConfig has every setting that a Config may hold and no consent key', () => {
  const defaults = texts(config, 'destConfig', 'defaultConfig');
  assert.deepEqual(defaults, configKeys);
  assert.ok(!defaults.includes('id') && !defaults.includes('rudderstack'));
  assert.ok(!defaults.some((key) => /consent|oneTrust|ketch/i.test(key)));
});

test('client SDKs get the consent keys and no secret', () => {
  const includeKeys = texts(config, 'includeKeys');
  assert.ok(includeKeys.includes('consentManagement'));
  assert.deepEqual(texts(config, 'excludeKeys'), []);
  assert.deepEqual(
    texts(config, 'secretKeys').filter((key) => includeKeys.includes(key)),
    [],
  );
});

for (const key of ['oneTrustCookieCategories', 'ketchConsentPurposes']) {
  test(`${key} is in the schema for exactly the source types that have it`, () => {
    const users = sourceTypes.filter((sourceType) => texts(config, 'destConfig', sourceType).includes(key));
    assert.equal(users.length, 11);
    assert.ok(texts(config, 'includeKeys').includes(key));
    assert.deepEqual(keysAt(configSchema, 'properties', key, 'properties').sort(), users.sort());
    assert.equal(countOf(key, uiConfig), 0);
  });
}

test('legacy consent keys vanish everywhere once no source type has them', () => {
  const { rudderstack } = manifest;
  const without = rudderStackDefinition({
    ...manifest,
    rudderstack: { ...rudderstack, destination: { ...rudderstack.destination, legacyConsentSourceTypes: [] } },
  });
  assert.ok(!/oneTrustCookie|ketchConsent/.test(JSON.stringify(without)));
});

test('consentManagement is in the schema for every source type, with the same providers everywhere', () => {
  assert.deepEqual(
    keysAt(configSchema, 'properties', 'consentManagement', 'properties').sort(),
    sourceTypes.toSorted(),
  );
  assert.equal(countOf('iubenda', configSchema), sourceTypes.length);
  assert.equal(countOf('ketch', configSchema), sourceTypes.length);
  assert.equal(countOf('consentManagement', uiConfig), 1);
  assert.equal(countOf('iubenda', uiConfig), 2);
});

test('the form shows every setting that has a ui once, with the field type the manifest names', () => {
  const fields = [...objectsIn(uiConfig)].filter(({ type }) => type !== undefined);
  for (const [key, { ui, title }] of settings) {
    const shown = fields.filter(({ configKey }) => configKey === key);
    assert.deepEqual(
      shown.map(({ type, label }) => ({ type, label })),
      ui === undefined ? [] : [{ type: ui.field, label: title }],
      key,
    );
  }
});

test('each redirect of the form leads to a group, and each group is reached', () => {
  const redirects = [...objectsIn(at(uiConfig, 'baseTemplate'))].filter(({ type }) => type === 'redirect');
  const reached = redirects.map(({ redirectGroupKey }) => redirectGroupKey);
  assert.deepEqual(reached, ['identifierMappings', 'environmentMappings']);
  assert.deepEqual(reached, keysAt(uiConfig, 'redirectGroups'));
});

test('mapping rows have one column for each part of a row', () => {
  const [mapping] = [...objectsIn(at(uiConfig, 'redirectGroups'))].filter(({ type }) => type === 'mapping');
  assert.deepEqual(mapping?.columns, [
    { type: 'textInput', configKey: 'from', label: 'Field path' },
    { type: 'textInput', configKey: 'to', label: 'Statsig id' },
  ]);
});

test('only the keys are secret fields, without a default, and only the secret key has to be filled in', () => {
  const secrets = [...objectsIn(uiConfig)].filter(({ secret }) => secret === true);
  assert.deepEqual(
    secrets.map(({ configKey, default: value, regex }) => [configKey, value, new RegExp(String(regex)).test('')]),
    [
      ['secretKey', undefined, false],
      ['consoleKey', undefined, true],
    ],
  );
  assert.deepEqual(texts(configSchema, 'required'), ['secretKey']);
});

test('the form has a section for audiences', () => {
  const [section] = [...objectsIn(uiConfig)].filter(({ title }) => title === 'Audiences');
  assert.ok(Array.isArray(section?.fields));
  assert.deepEqual(
    section.fields.map(({ configKey }) => configKey),
    ['consoleKey', 'consoleUrl', 'idListId', 'idListField'],
  );
});

test('the source definition is the one of a webhook source', () => {
  assert.deepEqual(definition['sources/statsig/db-config.json'], {
    name: 'Statsig',
    category: 'webhook',
    displayName: 'Statsig',
    type: 'cloud',
  });
});
