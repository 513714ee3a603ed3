// Settings that come in requests cost neither memory nor time beyond their share, however large or wrong they are.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import request from 'supertest';
import { createDestinationResolver } from '../src/protocols/rudderstack/resolve-destination.js';
import { createCompiledCache } from '../src/workspace/cache.js';
import { staticStore } from '../src/workspace/store.js';
import { findFirstSettingsFault, findSettingsFaults } from '../src/workspace/validate-settings.js';
import { testApp } from './support/app.js';
import { element } from './support/rudderstack.js';

const MAX_CONFIG_CHARACTERS = 262_144;

/** A Config whose JSON has so many characters. */
function configOf(characters: number, parts: object = {}): object {
  const config = { secretKey: 'secret-example', note: '', ...parts };
  return { ...config, note: 'x'.repeat(characters - JSON.stringify(config).length) };
}

async function answersTo(...elements: readonly object[]) {
  const response = await request(testApp().handler).post('/v0/destinations/statsig').send(elements);
  assert.equal(response.status, 200, response.text.slice(0, 300));
  return response.body;
}

test('a cache holds fewer values where their keys are long, and a key beyond all its room not at all', () => {
  const cache = createCompiledCache<object>(1_000);
  const get = (key: string) => cache.get(key, () => ({}));
  const long = (number: number) => String(number).padStart(1_000_000, '0');
  const short = get('short');
  for (let number = 0; number < 4; number++) get(long(number));
  assert.equal(get('short'), short);
  get(long(4));
  assert.deepEqual(cache.counts(), { hits: 1, misses: 6, evictions: 1 });
  assert.equal(get('short'), short);
  get('0'.repeat(5_000_000));
  get('0'.repeat(5_000_000));
  assert.deepEqual(cache.counts(), { hits: 2, misses: 8, evictions: 1 });
});

test('a Config over the limit is an error of its events alone', async () => {
  const destination = (config: object) => ({ destination: { ID: 'dst-1', Config: config } });
  const [large, largest, ordinary] = await answersTo(
    element(1, destination(configOf(MAX_CONFIG_CHARACTERS + 1))),
    element(2, destination(configOf(MAX_CONFIG_CHARACTERS))),
    element(3),
  );
  assert.equal(large.statusCode, 400);
  assert.match(large.error, /^SETTINGS_INVALID: .*\(destination\.Config: more than 262144 characters of JSON\)/);
  assert.equal(largest.statusCode, 200);
  assert.equal(ordinary.statusCode, 200);
});

test('what an event supplies to a template counts, and may be nested too deep', async () => {
  const templated = { secretKey: 'secret-example', note: '{{ message.properties.note || none }}' };
  const ask = (jobId: number, note: string) =>
    element(jobId, { message: { properties: { note } }, destination: { ID: 'dst-1', Config: templated } });
  const [large, small] = await answersTo(ask(1, 'x'.repeat(MAX_CONFIG_CHARACTERS)), ask(2, 'short'));
  assert.match(large.error, /^SETTINGS_INVALID: /);
  assert.equal(small.statusCode, 200);

  const text = JSON.stringify([ask(1, 'deep'), ask(2, 'short')]);
  const nested = text.replace('"deep"', `${'['.repeat(20_000)}${']'.repeat(20_000)}`);
  const response = await request(testApp().handler)
    .post('/v0/destinations/statsig')
    .set('content-type', 'application/json')
    .send(nested);
  assert.match(response.body[0].error, /^NESTED_TOO_DEEP: /);
  assert.equal(response.body[1].statusCode, 200);
});

test('the first fault is told without wording the others', () => {
  const wrong = [
    { mode: 'other', valueFrom: [1, 2] },
    { mode: 5 },
    { unknown: 1, another: 2 },
    { identifierMappings: [{ from: 'a', to: 'b' }, { from: 'a' }, {}, 5] },
    { eventNameTemplates: { track: '{nothing}' }, apiUrl: 'http://user:word@example.com' },
    { apiUrl: 'http://user:word@example.com' },
    { eventsUrl: 'ftp://example.com', maxBatchEvents: 0 },
    { outbound: { targets: [{ name: 'a' }, { name: 'a' }] } },
    'no settings',
  ];
  for (const settings of wrong)
    assert.deepEqual(findFirstSettingsFault(settings), findSettingsFaults(settings)[0], JSON.stringify(settings));
  assert.equal(findFirstSettingsFault({ mode: 'events' }), undefined);
});

test('a Config of nothing but wrong rows takes little longer than it takes to read', () => {
  const config = { valueFrom: Array(100_000).fill(1) };
  const resolver = createDestinationResolver(staticStore([]), 10);
  const millisecondsOf = (run: () => void) => {
    run();
    const start = process.cpuUsage();
    run();
    return process.cpuUsage(start).user / 1000;
  };
  let number = 0;
  const first = millisecondsOf(() => {
    number += 1;
    const resolved = resolver.resolve({}, { ID: `dst-${number}`, Config: config });
    assert.equal(resolved.kind, 'invalid');
  });
  const all = millisecondsOf(() => assert.equal(findSettingsFaults(config).length, config.valueFrom.length));
  assert.ok(first < all / 4, `${first} ms; ${all} ms to find all faults`);
});
