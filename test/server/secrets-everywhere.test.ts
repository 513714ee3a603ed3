// Recognisable secrets go into the running process by every way there is: nothing that is left behind holds one. What targets of every kind answer is tried by
// proof/short/secrets.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manifest } from '../../src/settings/manifest.js';
import { createCanaries } from '../../testkit/canaries.js';
import { assertUnstoredKeepSecrets } from '../../testkit/secret-everything.js';
import { SECRET_PURPOSES } from '../../testkit/secret-settings.js';

test('every secret of the manifest is among those that are sent in', () => {
  const found: string[] = [];
  const walk = (value: unknown, path: readonly string[]): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('secret' in value && value.secret === true)
      found.push(path.filter((name) => name !== 'properties' && name !== 'items').join('.'));
    for (const [name, child] of Object.entries(value)) walk(child, [...path, name]);
  };
  walk(manifest.settings, []);
  assert.deepEqual(found.sort(), [...SECRET_PURPOSES].sort());
  const variables = manifest.environment.filter(({ secret }) => secret === true).map(({ name }) => name);
  assert.deepEqual(variables.sort(), ['ADMIN_READ_TOKEN', 'ADMIN_TOKEN', 'OUTBOX_URL', 'STATSIG_CDP_SETTINGS_TOKEN']);
});

test('the search finds a secret in every writing, and pieces of it', () => {
  const canaries = createCanaries();
  for (const purpose of ['plain', 'with characters that are written differently']) {
    const secret = canaries.of(purpose);
    const writings = [
      secret,
      secret.toUpperCase(),
      secret.slice(3, 15),
      secret.slice(-12),
      JSON.stringify({ error: JSON.stringify(secret) }),
      encodeURIComponent(secret),
      Buffer.from(secret).toString('hex'),
      ...['', 'a', 'ab', 'abc'].map((before) => Buffer.from(`${before}${secret}:`).toString('base64')),
      Buffer.from(secret).toString('base64url'),
    ];
    for (const text of writings) assert.notDeepEqual(canaries.search('here', `before ${text} after`), [], text);
    assert.deepEqual(canaries.search('here', secret.slice(0, 11)), []);
  }
});

test('nothing of a key is left behind where the events cannot be stored: a file in the way of the outbox', (context) =>
  assertUnstoredKeepSecrets(context, 'a file in the way of the outbox'));
