// Faulty audience settings are explained to a person, also where rows do not go together.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDocuments } from '../../src/settings/document.js';
import { describeFault } from '../../src/settings/settings-error.js';
import { findSettingsFaults } from '../../src/settings/validate-settings.js';

const LIST_ID_RULE = 'must be 3 to 100 letters, digits, - or _';
const NO_UNIT = 'no row of units has this id type';

const FAULTS: { settings: unknown; path: string; message: string }[] = [
  {
    settings: { audiences: { createMising: true } },
    path: 'audiences.createMising',
    message: 'is not a setting. Did you mean createMissing?',
  },
  {
    settings: { units: [] },
    path: 'units',
    message: 'does not belong at the top: write it under audiences',
  },
  {
    settings: { audiences: { units: [], lists: [{ key: 'a', id: 'one', idType: 'userID' }] } },
    path: 'audiences.units',
    message: 'must not be empty',
  },
  {
    settings: { audiences: { units: [{ from: 'userId' }], lists: [{ key: 'a', id: 'one', idType: 'x' }] } },
    path: 'audiences.units[0].idType',
    message: 'is missing',
  },
  { settings: { audiences: { lists: [{ id: 'one' }] } }, path: 'audiences.lists[0].key', message: 'is missing' },
  ...['ab', 'big spenders', 'x'.repeat(101)].flatMap((id) => [
    { settings: { audiences: { lists: [{ key: 'a', id }] } }, path: 'audiences.lists[0].id', message: LIST_ID_RULE },
    { settings: { idListId: id }, path: 'idListId', message: LIST_ID_RULE },
  ]),
  { settings: { audiences: { windowMs: -1 } }, path: 'audiences.windowMs', message: 'must be between 0 and 3600000' },
  {
    settings: { audiences: { maxIdsPerRequest: 0 } },
    path: 'audiences.maxIdsPerRequest',
    message: 'must be between 1 and 20000',
  },
  {
    settings: { consoleUrl: 'https://user:word@statsig.example' },
    path: 'consoleUrl',
    message: 'must not hold a user name or a password',
  },
  {
    settings: { audiences: { lists: ['a', 'b', 'a'].map((key, index) => ({ key, id: `list-${index}` })) } },
    path: 'audiences.lists[2].key',
    message: 'is the key of another list already',
  },
  {
    settings: {
      audiences: {
        units: [{ from: 'groupId', idType: 'companyID' }],
        lists: [
          { key: 'a', id: 'one', idType: 'companyID' },
          { key: 'b', id: 'two', idType: 'userID' },
        ],
      },
    },
    path: 'audiences.lists[1].idType',
    message: NO_UNIT,
  },
  {
    settings: { audiences: { lists: [{ key: 'a', id: 'one', idType: 'companyID' }] } },
    path: 'audiences.lists[0].idType',
    message: NO_UNIT,
  },
];

for (const { settings, path, message } of FAULTS) {
  test(`${JSON.stringify(settings).slice(0, 90)}: ${path} ${message}`, () => {
    assert.deepEqual(findSettingsFaults(settings), [{ path, message }]);
  });
}

test('audience settings without a fault have none', () => {
  const settings = {
    consoleKey: 'console-example',
    idListId: 'big_spenders',
    idListField: 'traits.email',
    audiences: {
      units: [
        { from: 'userId', idType: 'userID' },
        { from: 'traits.email', idType: 'userID' },
        { from: 'groupId', idType: 'companyID' },
      ],
      lists: [
        { key: 'big_spenders', id: 'x'.repeat(100) },
        { key: 'Big_Spenders', id: 'abc', idType: 'userID' },
        { key: 'customers', id: 'abc', idType: 'companyID' },
      ],
    },
  };
  assert.deepEqual(findSettingsFaults(settings), []);
  assert.deepEqual(findSettingsFaults({ audiences: { lists: [{ key: 'a', id: 'one', idType: 'userID' }] } }), []);
});

test('a row that does not go with the others is shown where it stands', () => {
  const text = 'audiences:\n  lists:\n    - { key: a, id: one }\n    - { key: b, id: two, idType: companyID }\n';
  assert.deepEqual(parseDocuments(text, 'acme.yaml').faults.map(describeFault), [
    `acme.yaml:4:34 audiences.lists[1].idType: ${NO_UNIT}`,
  ]);
});

test('a value of audience settings never stands in a message', () => {
  const key = `console-${'x'.repeat(24)}`;
  const misplaced = [
    { consoleKey: [key] },
    { consoleUrl: `https://${key}@statsig.example` },
    { idListId: `${key} ` },
    { audiences: { units: key } },
    { audiences: { lists: [key, key].map((name) => ({ key: name, id: 'one' })) } },
    { audiences: { lists: [{ key, id: 'one', idType: key }] } },
  ];
  for (const settings of misplaced) {
    const faults = findSettingsFaults(settings);
    assert.equal(faults.length, 1, JSON.stringify(settings));
    assert.ok(!JSON.stringify(faults).includes(key), JSON.stringify(faults));
  }
});
