// The exported configSchema accepts what RudderStack's forms save and refuses what the plugin would refuse.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { checkManifest } from '../../src/settings/manifest/check.js';
import { rudderStackDefinition } from '../../src/settings/manifest/rudderstack-definition.js';
import { manifest } from '../../src/settings/manifest.js';

const schemaFile = rudderStackDefinition(manifest)['destinations/statsig/schema.json'];
assert.ok(schemaFile !== undefined && 'configSchema' in schemaFile && schemaFile.configSchema instanceof Object);

/** As RudderStack compiles it: types are strict, the rest of strict mode is off. */
const validate = new Ajv({
  allErrors: true,
  useDefaults: true,
  strict: false,
  strictNumbers: true,
  strictTypes: true,
  strictTuples: true,
}).compile(schemaFile.configSchema);

const KEY = { secretKey: 'secret-example' };
const LONG = 'x'.repeat(101);

const ACCEPTED: Record<string, object> = {
  'a key alone, as the stock definition saves it': KEY,
  'a template for the key': { secretKey: '{{ event.properties.key || "secret-example" }}' },
  'a variable for the key': { secretKey: 'env.STATSIG_KEY' },
  'the connection mode of a source type': { ...KEY, connectionMode: { web: 'cloud' } },
  'numbers as texts': { ...KEY, maxBatchEvents: '500', maxBatchBytes: '1000000', eventNameMaxLength: '64' },
  'empty string fields': { ...KEY, maxBatchEvents: '', eventsUrl: '', eventNamePrefix: '', defaultEnvironment: '' },
  'templates in text fields': {
    ...KEY,
    eventsUrl: '{{ message.url || "https://events.example" }}',
    maxBatchEvents: 'env.MOST',
  },
  'a URL of one’s own': { ...KEY, eventsUrl: 'http://127.0.0.1:8080/statsig', apiUrl: 'https://statsig.example' },
  'choices and checkboxes': { ...KEY, mode: 'webhook', eventNamePreset: 'segment', allowTemplatedSecretKey: true },
  'tag fields': {
    ...KEY,
    eventTypes: [{ eventType: 'track' }, { eventType: '' }],
    includeEvents: [{ eventName: 'Order *' }],
    excludeEvents: [{ eventName: '' }],
    valueFrom: [{ path: 'properties.total' }],
  },
  'a console key and an ID list': {
    ...KEY,
    consoleKey: 'console-example',
    idListId: 'big_spenders',
    idListField: 'email',
  },
  'no console key and no ID list': { ...KEY, consoleKey: '', consoleUrl: '', idListId: '', idListField: '' },
  mappings: { ...KEY, identifierMappings: [{ from: 'anonymousId', to: 'stableID' }], environmentMappings: [] },
  'name templates': { ...KEY, eventNameTemplates: { track: '{prefix}{event}' } },
  'consent by provider': {
    ...KEY,
    consentManagement: {
      iosSwift: [
        { provider: 'custom', resolutionStrategy: 'or', consents: [{ consent: 'Marketing' }] },
        { provider: 'iubenda', consents: [{ consent: '1' }] },
        { provider: 'oneTrust' },
      ],
    },
  },
  'legacy consent': {
    ...KEY,
    oneTrustCookieCategories: { web: [{ oneTrustCookieCategory: 'C0001' }, { oneTrustCookieCategory: '' }] },
    ketchConsentPurposes: { cloud: [{ purpose: '{{ event.properties.purpose || "p" }}' }] },
  },
};

const REFUSED: Record<string, [config: object, path: string]> = {
  'no key': [{}, ''],
  'an empty key': [{ secretKey: '' }, '/secretKey'],
  'a key that is too long': [{ secretKey: 'x'.repeat(513) }, '/secretKey'],
  'a console key that is too long': [{ ...KEY, consoleKey: 'x'.repeat(513) }, '/consoleKey'],
  'an ID list that no segment of Statsig can be': [{ ...KEY, idListId: 'big spenders' }, '/idListId'],
  'device mode': [{ ...KEY, connectionMode: { web: 'device' } }, '/connectionMode/web'],
  'a number field with words': [{ ...KEY, maxBatchEvents: 'many' }, '/maxBatchEvents'],
  'a number with too many digits': [{ ...KEY, maxBatchEvents: '20000' }, '/maxBatchEvents'],
  'a negative number': [{ ...KEY, maxBatchBytes: '-1' }, '/maxBatchBytes'],
  'a URL without a scheme': [{ ...KEY, eventsUrl: 'events.statsigapi.net' }, '/eventsUrl'],
  'an unknown mode': [{ ...KEY, mode: 'stream' }, '/mode'],
  'an event type that is not sent': [{ ...KEY, eventTypes: [{ eventType: 'identify' }] }, '/eventTypes/0/eventType'],
  'a tag field of plain texts': [{ ...KEY, includeEvents: ['Order *'] }, '/includeEvents/0'],
  'a mapping that is no list': [{ ...KEY, identifierMappings: { from: 'a', to: 'b' } }, '/identifierMappings'],
  'a prefix that is too long': [{ ...KEY, eventNamePrefix: LONG }, '/eventNamePrefix'],
  'a custom provider without a strategy': [
    { ...KEY, consentManagement: { web: [{ provider: 'custom' }] } },
    '/consentManagement/web/0',
  ],
  'an unknown provider': [
    { ...KEY, consentManagement: { androidKotlin: [{ provider: 'other' }] } },
    '/consentManagement/androidKotlin/0/provider',
  ],
  'a long legacy category': [
    { ...KEY, oneTrustCookieCategories: { android: [{ oneTrustCookieCategory: LONG }] } },
    '/oneTrustCookieCategories/android/0/oneTrustCookieCategory',
  ],
  'legacy consent that is not per source type': [{ ...KEY, ketchConsentPurposes: [] }, '/ketchConsentPurposes'],
};

for (const [title, config] of Object.entries(ACCEPTED)) {
  test(`accepts ${title}`, () => {
    assert.ok(validate(structuredClone(config)), JSON.stringify(validate.errors));
  });
}

for (const [title, [config, path]] of Object.entries(REFUSED)) {
  test(`refuses ${title}`, () => {
    assert.equal(validate(structuredClone(config)), false);
    assert.equal(validate.errors?.[0]?.instancePath, path);
  });
}

test('fills in what the form would send, and leaves text fields unset', () => {
  const config = { ...KEY };
  assert.ok(validate(config));
  assert.deepEqual(config, {
    ...KEY,
    mode: 'events',
    allowTemplatedSecretKey: false,
    eventNamePreset: 'rudderstack',
    valueInMetadata: true,
  });
});

/** The schema of a manifest with some settings changed, as RudderStack compiles it. */
function changed(parts: Readonly<Record<string, object>>) {
  const properties = Object.fromEntries(
    Object.entries(manifest.settings.properties).map(([name, setting]) => [name, { ...setting, ...parts[name] }]),
  );
  const edited = checkManifest({ ...manifest, settings: { ...manifest.settings, properties } });
  const file = rudderStackDefinition(edited)['destinations/statsig/schema.json'];
  assert.ok(file !== undefined && 'configSchema' in file && file.configSchema instanceof Object);
  const accepts = new Ajv({ strict: false, strictTypes: true }).compile(file.configSchema);
  return { accepts: (config: object) => accepts({ ...KEY, ...config }), schema: file.configSchema };
}

test('a setting is required while another one has the value that the manifest says', () => {
  const { accepts } = changed({
    apiUrl: { requiredInConfig: { setting: 'mode', is: 'webhook' } },
    eventsUrl: { requiredInConfig: { setting: 'mode', is: 'events' } },
    consoleKey: { requiredInConfig: { setting: 'allowTemplatedSecretKey', is: true } },
  });
  const eventsUrl = 'https://events.example';
  const apiUrl = 'https://api.example';
  assert.equal(accepts({ mode: 'webhook', apiUrl }), true);
  assert.equal(accepts({ mode: 'webhook' }), false);
  assert.equal(accepts({ mode: 'webhook', apiUrl: '' }), false, 'an empty field is not filled in');
  assert.equal(accepts({ mode: 'events', eventsUrl }), true);
  assert.equal(accepts({ eventsUrl }), true);
  assert.equal(accepts({}), false, 'without a mode its default goes');
  assert.equal(accepts({ eventsUrl, allowTemplatedSecretKey: true }), false);
  assert.equal(accepts({ eventsUrl, allowTemplatedSecretKey: true, consoleKey: 'console-example' }), true);
});

test('the definition of this manifest has no condition, and asks for the key alone', () => {
  const { accepts, schema } = changed({});
  assert.ok(!('allOf' in schema));
  assert.equal(accepts({ secretKey: '' }), false);
});

test('a nested boolean is a boolean', () => {
  const { accepts } = changed({
    eventNameTemplates: { properties: { track: { type: 'string' }, strict: { type: 'boolean' } } },
    identifierMappings: {
      items: { type: 'object', properties: { from: { type: 'string' }, isFirst: { type: 'boolean' } } },
    },
  });
  assert.equal(accepts({ eventNameTemplates: { strict: true } }), true);
  assert.equal(accepts({ eventNameTemplates: { strict: 'true' } }), false);
  assert.equal(accepts({ identifierMappings: [{ from: 'a', isFirst: false }] }), true);
  assert.equal(accepts({ identifierMappings: [{ from: 'a', isFirst: 'no' }] }), false);
});
