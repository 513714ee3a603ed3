// Faulty outbound settings are explained to a person, also deep inside lists.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findSettingsFaults } from '../../src/settings/validate-settings.js';

const FAULTS: { settings: unknown; path: string; message: string }[] = [
  {
    settings: { outbound: { exposureWindow: 1 } },
    path: 'outbound.exposureWindow',
    message: 'is not a setting. Did you mean exposureWindowMs?',
  },
  {
    settings: { outbound: { targets: [{ name: 'web', write_key: 'x', writeKey: 'x' }] } },
    path: 'outbound.targets[0].write_key',
    message: 'is not a setting. Did you mean writeKey?',
  },
  {
    settings: { outbound: { targets: [{ name: 'web', writeKey: 'x', region: 'EU' }] } },
    path: 'outbound.targets[0].region',
    message: 'is not a setting: here may stand name, writeKey, host or path',
  },
  {
    settings: { outbound: { targets: [{ writeKey: 'x' }] } },
    path: 'outbound.targets[0].name',
    message: 'is missing',
  },
  ...['statsig', 'statsig-2', 'dry-run', 'a b', ''].map((name) => ({
    settings: { outbound: { targets: [{ name, writeKey: 'x' }] } },
    path: 'outbound.targets[0].name',
    message: 'must be 1 to 64 letters, digits, - or _, must not begin with statsig and must not be dry-run',
  })),
  {
    settings: {
      outbound: { targets: ['web', 'app', 'web'].map((name) => ({ name, writeKey: 'x' })) },
    },
    path: 'outbound.targets[2].name',
    message: 'is the name of another target already',
  },
  ...['https://api.segment.io//', 'https://api.segment.io/v1', 'api.segment.io'].map((host) => ({
    settings: { outbound: { targets: [{ name: 'web', writeKey: 'x', host }] } },
    path: 'outbound.targets[0].host',
    message: 'must be http:// or https:// and a host, without a path or anything else behind it',
  })),
  {
    settings: { outbound: { targets: [{ name: 'web', writeKey: 'x', host: 'https://user:word@segment.example' }] } },
    path: 'outbound.targets[0].host',
    message: 'must not hold a user name or a password',
  },
  {
    settings: { outbound: { targets: [{ name: 'web', writeKey: 'x', host: 'https://[::1' }] } },
    path: 'outbound.targets[0].host',
    message: 'is not a valid URL',
  },
  {
    settings: { outbound: { targets: [{ name: 'web', writeKey: 'x', path: 'v1/batch' }] } },
    path: 'outbound.targets[0].path',
    message: 'must be a path that begins with /, without white space, query or fragment',
  },
  {
    settings: { outbound: { exposureSampleRate: '0.5' } },
    path: 'outbound.exposureSampleRate',
    message: 'must be a number, but is a string: write it without quotes',
  },
  {
    settings: { outbound: { exposureSampleRate: 10 } },
    path: 'outbound.exposureSampleRate',
    message: 'must be between 0 and 1',
  },
  {
    settings: { outbound: { identifierMappings: [{ from: 'companyID', to: 'group' }] } },
    path: 'outbound.identifierMappings[0].to',
    message: 'must be userId, anonymousId or groupId',
  },
];

for (const { settings, path, message } of FAULTS) {
  test(`${JSON.stringify(settings).slice(0, 90)}: ${path} ${message}`, () => {
    assert.deepEqual(findSettingsFaults(settings), [{ path, message }]);
  });
}

test('outbound settings without a fault have none', () => {
  const settings = {
    outbound: {
      exposureSampleRate: 0.25,
      targets: [
        { name: 'web', writeKey: 'web-key' },
        { name: 'Web', writeKey: 'web-key', host: 'http://data-plane.example:8080', path: '/v1/batch' },
        { name: 'my-statsig', writeKey: 'env:WRITE_KEY' },
        { name: 'dry-runs', writeKey: 'env:WRITE_KEY' },
      ],
    },
  };
  assert.deepEqual(findSettingsFaults(settings), []);
});

test('a value of outbound settings never stands in a message', () => {
  const key = `secret-${'x'.repeat(24)}`;
  const misplaced = [
    { outbound: { [key]: 1 } },
    { outbound: { signingSecrets: key } },
    { outbound: { targets: key } },
    { outbound: { targets: [{ name: `${key} `, writeKey: key }] } },
    { outbound: { targets: [{ name: 'web', writeKey: [key] }] } },
    { outbound: { targets: [{ name: 'web', writeKey: key, host: `https://${key}@segment.example` }] } },
    { outbound: { targets: [key, key].map((name) => ({ name, writeKey: key })) } },
  ];
  for (const settings of misplaced) {
    const faults = findSettingsFaults(settings);
    assert.equal(faults.length, 1, JSON.stringify(settings));
    assert.ok(!JSON.stringify(faults).includes(key), JSON.stringify(faults));
  }
});
