// Faulty settings are explained to a person: where, what is wrong, what would be right.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { schemaParts } from '../../src/settings/manifest/schema-parts.js';
import { manifest } from '../../src/settings/manifest.js';
import { findSettingsFaults } from '../../src/settings/validate-settings.js';

const FAULTS: { settings: unknown; path: string; message: string }[] = [
  { settings: { modes: 'events' }, path: 'modes', message: 'is not a setting. Did you mean mode?' },
  { settings: { events_url: 'x' }, path: 'events_url', message: 'is not a setting. Did you mean eventsUrl?' },
  { settings: { EVENTTYPES: [] }, path: 'EVENTTYPES', message: 'is not a setting. Did you mean eventTypes?' },
  { settings: { secret: 'x' }, path: 'secret', message: 'is not a setting. Did you mean secretKey?' },
  { settings: { colour: 1 }, path: 'colour', message: 'is not a setting; docs/settings.md lists them' },
  {
    settings: { trackingApi: { wk0123456789abcdef: [] } },
    path: 'trackingApi.[redacted]',
    message: 'is not a setting: here may stand writeKeys, integrationNames or requiredConsent',
  },
  {
    settings: { destinationIds: ['d-1'] },
    path: 'destinationIds',
    message: 'does not belong at the top: write it under rudderstack',
  },
  {
    settings: { rudderstack: { connections: [] } },
    path: 'rudderstack.connections',
    message: 'is not a setting: here may stand destinationIds, workspaceIds, sourceIds or sourceWriteKeys',
  },
  {
    settings: { targets: [] },
    path: 'targets',
    message: 'does not belong at the top: write it under outbound',
  },
  { settings: { mode: 'event' }, path: 'mode', message: 'must be events or webhook' },
  ...(
    [
      ['segment.sharedSecrets', { segment: { sharedSecrets: ['shared-example'] } }],
      ['segment.headerSecrets', { segment: { headerSecrets: ['header-example'] } }],
      ['segment.apiKeys', { segment: { apiKeys: ['api-example'] } }],
      ['trackingApi.writeKeys', { trackingApi: { writeKeys: ['write-example'] } }],
    ] as const
  ).map(([path, senders]) => ({
    settings: { mode: 'webhook', ...senders },
    path,
    message: `cannot stand beside mode: webhook, which relays RudderStack's messages only: set mode: events, or move ${path} to a workspace of its own`,
  })),
  {
    settings: { eventNamePreset: 7 },
    path: 'eventNamePreset',
    message: 'must be a string, but is a number: write it in quotes',
  },
  {
    settings: { eventTypes: ['track', 'identify'] },
    path: 'eventTypes[1]',
    message: 'must be track, page, screen or group',
  },
  { settings: { eventTypes: 'track' }, path: 'eventTypes', message: 'must be a list, but is a string' },
  {
    settings: { rudderstack: [] },
    path: 'rudderstack',
    message: 'must be a mapping of names to values, but is a list',
  },
  { settings: { defaultEnvironment: null }, path: 'defaultEnvironment', message: 'must be a string, but is empty' },
  { settings: { defaultEnvironment: '' }, path: 'defaultEnvironment', message: 'must not be empty' },
  {
    settings: { identifierMappings: [{ from: 'anonymousId' }] },
    path: 'identifierMappings[0].to',
    message: 'is missing',
  },
  {
    settings: { allowTemplatedSecretKey: 'yes' },
    path: 'allowTemplatedSecretKey',
    message: 'must be true or false, but is a string: write it without quotes',
  },
  {
    settings: { maxBatchEvents: 1.5 },
    path: 'maxBatchEvents',
    message: 'must be a whole number, but is a number with a fraction',
  },
  { settings: { maxBatchEvents: 2001 }, path: 'maxBatchEvents', message: 'must be between 1 and 2000' },
  {
    settings: { eventNamePrefix: 'x'.repeat(65) },
    path: 'eventNamePrefix',
    message: 'must have 64 characters or fewer',
  },
  { settings: { id: 'a b' }, path: 'id', message: 'must be 1 to 64 letters, digits, - or _' },
  {
    settings: { apiUrl: 'ftp://statsig.example' },
    path: 'apiUrl',
    message: 'must be a URL that begins with http:// or https://, without white space, query or fragment',
  },
  { settings: { eventsUrl: 'http://[::1' }, path: 'eventsUrl', message: 'is not a valid URL' },
  {
    settings: { eventsUrl: 'https://user:word@statsig.example' },
    path: 'eventsUrl',
    message: 'must not hold a user name or a password',
  },
  { settings: 'mode', path: '', message: 'must be a mapping of names to values, but is a string' },
  { settings: null, path: '', message: 'must be a mapping of names to values, but is empty' },
];

for (const { settings, path, message } of FAULTS) {
  test(`${JSON.stringify(settings).slice(0, 60)}: ${path} ${message}`, () => {
    assert.deepEqual(findSettingsFaults(settings), [{ path, message }]);
  });
}

test('settings without a fault have none', () => {
  const settings = {
    id: 'acme',
    rudderstack: { destinationIds: ['d-1'], workspaceIds: ['w-1'] },
    secretKey: 'secret-example',
    eventNamePreset: 'segment',
    eventNameTemplates: {
      track: '{prefix}{event} ({event})',
      page: '{prefix}page:{name}',
      screen: '{name}',
      group: '{prefix}group',
    },
    identifierMappings: [{ from: 'anonymousId', to: 'segmentAnonymousId' }],
    eventTypes: ['track'],
  };
  assert.deepEqual(findSettingsFaults(settings), []);
  assert.deepEqual(findSettingsFaults({}), []);
});

test('all faults are told at once', () => {
  const settings = { mode: 'event', identifierMappings: [{ from: '' }], eventNameTemplates: { group: '{name}' } };
  const paths = findSettingsFaults(settings).map(({ path }) => path);
  assert.deepEqual(paths.sort(), [
    'eventNameTemplates.group',
    'identifierMappings[0].from',
    'identifierMappings[0].to',
    'mode',
  ]);
});

const TEMPLATES: { type: string; template: string; offers: string }[] = [
  { type: 'track', template: '{prefix}{name}', offers: '{prefix}, {event}' },
  { type: 'page', template: '{prefix}{event}', offers: '{prefix}, {name}' },
  { type: 'screen', template: 'screen:{ name }', offers: '{prefix}, {name}' },
  { type: 'group', template: '{prefix}{name}', offers: '{prefix}' },
  { type: 'track', template: '{prefix}{event', offers: '{prefix}, {event}' },
];

for (const { type, template, offers } of TEMPLATES) {
  test(`the ${type} template ${template} has a placeholder that its type does not offer`, () => {
    const message = `has a brace that belongs to none of the placeholders ${type} offers: ${offers}`;
    assert.deepEqual(findSettingsFaults({ eventNameTemplates: { [type]: template } }), [
      { path: `eventNameTemplates.${type}`, message },
    ]);
  });
}

test('a value never stands in a message', () => {
  const key = `secret-${'x'.repeat(24)}`;
  const misplaced = [
    { secretKey: [key] },
    { mode: key },
    { eventsUrl: key },
    { eventsUrl: `https://user:${key}@statsig.example` },
    { id: `${key} ` },
    { eventTypes: [key] },
    { eventNameTemplates: { track: `{${key}}` } },
    { [key]: 'secretKey' },
    { rudderstack: { [key]: 1 } },
    key,
  ];
  for (const settings of misplaced) {
    const faults = findSettingsFaults(settings);
    assert.equal(faults.length, 1, JSON.stringify(settings));
    assert.ok(!JSON.stringify(faults).includes(key), JSON.stringify(faults));
  }
});

test('every pattern of the manifest is explained in words', () => {
  const patterned = Object.entries(manifest.settings.properties)
    .flatMap(([name, setting]) => [...schemaParts(setting, name)])
    .filter(([, { pattern }]) => pattern !== undefined);
  assert.notEqual(patterned.length, 0);
  for (const [schemaPath] of patterned) {
    const names = schemaPath.replaceAll('.properties', '').split('.');
    const settings = names.reduceRight<unknown>(
      (value, name) => (name === 'items' ? [value] : { [name]: value }),
      '\n',
    );
    const path = names.join('.').replaceAll('.items', '[0]');
    const fault = findSettingsFaults(settings).find((each) => each.path === path);
    assert.match(fault?.message ?? '', /^must be /, path);
  }
});
