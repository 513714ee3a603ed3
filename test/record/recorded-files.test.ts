// The recorded fixtures of this package: of which clients they are, and that nothing in them is a secret or about a person.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asJson, type Json } from '../../src/contract/fixture.js';
import { FIXTURES, readFixtures } from '../../src/contract/read-fixtures.js';
import { People } from '../../src/record/people.js';
import { findSecretLike } from '../../src/record/suspicion.js';

const recorded = readFixtures(`${FIXTURES}recorded`);

/** `segment-python-2.4.0` and its client. */
const FOLDER = /^([a-z0-9-]+?)-(\d[\w.-]*)\//;

const MAX_BYTES = 1_000_000;

function* stringsIn(value: Json): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (Array.isArray(value)) for (const each of value as Json[]) yield* stringsIn(each);
  else if (typeof value === 'object' && value !== null)
    for (const [name, each] of Object.entries(value)) {
      yield name;
      yield* stringsIn(each as Json);
    }
}

test('rudder-server, a browser, the client by which the plugin sends, a webhook of Segment, and SDKs of many languages are recorded', () => {
  const clients = new Set(recorded.map(({ file }) => FOLDER.exec(file)?.[1]));
  for (const client of ['rudder-server', 'analytics-next', 'analytics-node-outbound', 'segment-webhook-actions'])
    assert.ok(clients.has(client), client);
  const sdks = [...clients].filter((client) => /^(?:segment|rudderstack)-/.test(client ?? ''));
  assert.ok(sdks.length >= 8, sdks.join(', '));
});

test('every protocol has some', () => {
  const protocols = new Set(recorded.map(({ fixture }) => fixture.protocol));
  assert.deepEqual([...protocols].sort(), ['operations', 'rudderstack', 'segment', 'statsig', 'trackingApi']);
});

test('each says that it is recorded, and of which version its folder is', () => {
  for (const { file, fixture } of recorded) {
    const version = FOLDER.exec(file)?.[2] ?? assert.fail(file);
    assert.equal(fixture.source.kind, 'recorded', file);
    assert.ok(fixture.source.from.endsWith(` ${version}`), `${file}: ${fixture.source.from}`);
  }
});

test('they are few enough to be read', () => {
  const bytes = recorded.reduce((sum, { fixture }) => sum + JSON.stringify(fixture, null, 2).length, 0);
  assert.ok(bytes < MAX_BYTES, `${bytes} bytes`);
});

/** What a player of fixtures fills in, or matches. */
const PLACEHOLDER =
  /^(?:(?:basic:)?(?:workspace|secretKey|consoleKey|writeKey|targetKey|signingSecret|sharedSecret|headerSecret|apiKey|destinationId|sourceId|rudderWorkspaceId)(?::[\w-]+)?|\w+Url|text|time|uuid|number|any|others|base64|(?:receivedAt|receivedAtMs)(?:[+-]\d+)?)$/;

test('every placeholder in them is known to whom plays them', () => {
  for (const { file, fixture } of recorded)
    for (const text of stringsIn(asJson(fixture)))
      for (const [, name = ''] of text.matchAll(/\{\{([^{}]*)\}\}/g)) assert.match(name, PLACEHOLDER, file);
});

test('nothing in them looks like a secret, or is about a person', () => {
  for (const { file, fixture } of recorded) {
    for (const text of stringsIn(asJson(fixture))) {
      assert.equal(findSecretLike(text), undefined, `${file}: ${text.slice(0, 20)}`);
      // The first that is replaced gets the first number.
      const replaced = new People().replaceIn(text);
      if (!/person-1@example\.com|203\.0\.113\.1\b|2001:db8::1\b/.test(text)) assert.equal(replaced, text, file);
    }
  }
});
