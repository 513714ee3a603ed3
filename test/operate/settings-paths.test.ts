// Edits of settings with places that no settings have: each is refused, and nothing but the settings is touched.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startSettings } from '../../testkit/settings-desk.js';

const SHOP = `id: shop
secretKey: secret-example
trackingApi: { writeKeys: [shop-write-key] }
redact: [traits.email]
excludeEvents: [Heartbeat]
outbound: { paused: true }
`;

/** Names that lead out of a value to what all values share. */
const SHARED_NAMES = ['__proto__', 'constructor', 'prototype'];

const PATHS = [
  ...SHARED_NAMES.flatMap((name) => [
    [name, 'x'],
    [name],
    [name, 'prototype', 'x'],
    ['secretKey', name, 'x'],
    ['outbound', name, 'x'],
    ['outbound', 'targets', name, 'x'],
    ['excludeEvents', name, 'x'],
    ['excludeEvents', 0, name, 'x'],
    ['new', name, 'x'],
  ]),
  ['redact', 30_000_000],
  ['redact', 2],
  ['redact', -1],
  ['redact', 0.5],
  ['redact', 'length'],
  ['redact', '0'],
  ['redact', 'push', 'x'],
  ['new', 4],
  ['outbound', 0],
  [0],
];

/** What every value of the process shares. */
function shared(): unknown {
  return [Object.prototype, Array.prototype, Function.prototype, String.prototype, Object, Array].map((each) =>
    Reflect.ownKeys(each).map((name) => [String(name), typeof Object.getOwnPropertyDescriptor(each, name)?.value]),
  );
}

/** JSON as it is sent: `__proto__` is a name of its own. */
function edit(version: string, changes: string): string {
  return `{"workspace":"shop","version":${JSON.stringify(version)},"changes":${changes}}`;
}

test('a place that no settings have is refused with its name, and nothing that all values share is changed', async (context) => {
  const rig = await startSettings(context, { 'shop.yaml': SHOP }, { PUBLIC_PORT: '0' });
  const { version } = await rig.document();
  const before = shared();
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  const tried = [
    ...PATHS.flatMap((path) => [`[{"path":${JSON.stringify(path)},"value":1}]`, `[{"path":${JSON.stringify(path)}}]`]),
    `[{"path":["outbound"],"value":${deep}}]`,
    `[{"path":["redact",0],"value":{"a":${deep}}}]`,
    JSON.stringify(Array.from({ length: 201 }, () => ({ path: ['paused'], value: true }))),
  ];
  for (const changes of tried)
    for (const ask of [rig.preview, rig.save]) {
      const answer = await ask(edit(version, changes));
      assert.deepEqual(shared(), before, changes.slice(0, 200));
      assert.equal(answer.status, 400, `${changes.slice(0, 200)} ${answer.text.slice(0, 500)}`);
      assert.match(answer.text, /body\.changes/, changes.slice(0, 200));
    }
  assert.deepEqual(rig.files(), { 'shop.yaml': SHOP });

  // A value may have any names: they are told as settings that are not known.
  for (const name of SHARED_NAMES) {
    const value = `{"paused":true,"${name}":{"x":1,"${name}":{"x":1}}}`;
    for (const changes of [`[{"path":["outbound"],"value":${value}}]`, `[{"path":["redact",0],"value":${value}}]`]) {
      const preview = await rig.preview(edit(version, changes));
      assert.deepEqual(shared(), before, changes);
      assert.equal(preview.status, 200, preview.text);
      assert.notDeepEqual(JSON.parse(preview.text).faults, [], `${changes} ${preview.text}`);
      assert.equal((await rig.save(edit(version, changes))).status, 400);
    }
  }
});

test('names that all values share do nothing in settings that are tried, nor as fields that are redacted', async (context) => {
  const redact = SHARED_NAMES.flatMap((name) => [`${name}.x`, `traits.${name}.x`, `properties.${name}`]);
  const text = `${SHOP}paused: true\n`.replace('[traits.email]', JSON.stringify(redact));
  const rig = await startSettings(context, { 'shop.yaml': text });
  const before = shared();
  const ask = async (path: string, body: string) => {
    const response = await fetch(`${rig.server.url}${path}`, {
      method: 'POST',
      headers: { Authorization: 'Bearer write-token-of-tests', 'Content-Type': 'application/json' },
      body,
    });
    const answer = await response.text();
    assert.deepEqual(shared(), before, body);
    return { status: response.status, answer };
  };
  for (const name of SHARED_NAMES) {
    const fields = `"${name}":{"x":"hidden","${name}":{"x":1}}`;
    const event = `{"writeKey":"shop-write-key","type":"track","userId":"ada","event":"Order",${fields},"traits":{${fields}},"properties":{${fields}}}`;
    const tracked = await ask('/v1/track', event);
    assert.equal(tracked.status, 200, tracked.answer);
    for (const settings of [`{${fields}}`, `{"outbound":{${fields}}}`, `{"audiences":{${fields}}}`]) {
      const tried = await ask(
        '/api/tester',
        `{"source":"tracking-api","workspace":"shop","body":${event},"settings":${settings}}`,
      );
      assert.equal(tried.status, 200, tried.answer);
      assert.notDeepEqual(JSON.parse(tried.answer).faults, [], tried.answer);
    }
  }
  const live = await fetch(`${rig.server.url}/api/live`, { headers: { Authorization: 'Bearer write-token-of-tests' } });
  assert.equal(live.status, 200);
  assert.deepEqual(shared(), before);
});
