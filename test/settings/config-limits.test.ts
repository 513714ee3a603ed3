// Settings that come in requests cost neither memory nor time beyond their share, however large or wrong they are.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import request from 'supertest';
import { createCompiledCache } from '../../src/settings/cache.js';
import { staticStore } from '../../src/settings/store.js';
import { findFirstSettingsFault, findSettingsFaults } from '../../src/settings/validate-settings.js';
import { createDestinationResolver } from '../../src/sources/rudderstack/resolve-destination.js';
import { testApp } from '../../testkit/app.js';
import { element } from '../../testkit/rudderstack.js';
import { WHERE_NESTING_ENDS } from '../../testkit/written.js';

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

test('what an event supplies to a template counts, and may be nested too deep', WHERE_NESTING_ENDS, async () => {
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
  const config = { valueFrom: Array(20_000).fill(1) };
  const resolver = createDestinationResolver(staticStore([]), 10);
  // The least of several: what else the machine does only adds to it.
  const millisecondsOf = (run: () => void) => {
    run();
    const times = Array.from({ length: 4 }, () => {
      const start = process.cpuUsage();
      run();
      return process.cpuUsage(start).user / 1000;
    });
    return Math.min(...times);
  };
  let number = 0;
  const first = millisecondsOf(() => {
    number += 1;
    const resolved = resolver.resolve({}, { ID: `dst-${number}`, Config: config });
    assert.equal(resolved.kind, 'invalid');
  });
  const all = millisecondsOf(() => assert.equal(findSettingsFaults(config).length, config.valueFrom.length + 1));
  assert.ok(first < all / 4, `${first} ms; ${all} ms to find all faults`);
});

/** A body whose elements all have one destination, which stands in it once. */
async function answersOfMany(config: object, count: number, more: object = {}) {
  const input = Array.from({ length: count }, (_, i) => element(i + 1)).map((each) => ({
    ...each,
    destination: undefined,
  }));
  const destinations = { 'dst-1': { ID: 'dst-1', WorkspaceID: 'ws-1', Config: config, ...more } };
  const response = await request(testApp().handler)
    .post('/v0/destinations/statsig')
    .set('x-content-format', 'json+compactedv1')
    .send({ input, destinations, connections: {} });
  assert.equal(response.status, 200, response.text.slice(0, 300));
  return response.body;
}

test('lists that every event goes through have an end; names without a star may be many', async () => {
  const rows = (count: number) => Array.from({ length: count }, (_, i) => ({ from: `properties.f${i}`, to: `id${i}` }));
  const names = (count: number, star: string) => Array.from({ length: count }, (_, i) => `${star}Name ${i}`);
  const config = (parts: object) => ({ secretKey: 'secret-example', ...parts });
  for (const [parts, at] of [
    [{ excludeEvents: names(501, '*') }, 'excludeEvents: must not hold more than 500 \\* in all'],
    [{ includeEvents: ['*'.repeat(501)] }, 'includeEvents: must not hold more than 500 \\* in all'],
    [{ identifierMappings: rows(101) }, 'identifierMappings: must have 100 rows or fewer'],
    [{ valueFrom: names(101, '') }, 'valueFrom: must have 100 rows or fewer'],
    [
      { eventNameTemplates: { track: '{event}'.repeat(40) } },
      'eventNameTemplates.track: must have 256 characters or fewer',
    ],
    [{ valueFrom: ['a.'.repeat(200)] }, 'valueFrom\\[0\\]: must have 256 characters or fewer'],
    [{ environmentMappings: [{ from: 'a', to: 'b'.repeat(65) }] }, 'environmentMappings\\[0\\].to: must have 64'],
  ] as const) {
    const [refused] = await answersTo(element(1, { destination: { ID: 'dst-1', Config: config(parts) } }));
    assert.match(refused.error, new RegExp(`^SETTINGS_INVALID: .*${at}`), at);
  }
  const many = config({ excludeEvents: [...names(9_000, ''), ...names(500, '*')], identifierMappings: rows(100) });
  const [taken] = await answersTo(element(1, { destination: { ID: 'dst-1', Config: many } }));
  assert.equal(taken.statusCode, 200);
});

test('a long Config that many events share is read once, however long and whether right or wrong', () => {
  for (const [parts, kind] of [
    [{ excludeEvents: Array.from({ length: 9_000 }, (_, i) => `Name ${i}`) }, 'resolved'],
    [{ note: 'x'.repeat(5_000_000) }, 'invalid'],
    [{ note: `{{ message.a || b }}${'x'.repeat(20_000)}` }, 'invalid'],
  ] as const) {
    let reads = 0;
    const config = Object.defineProperty({ secretKey: 'secret-example' }, 'read', {
      enumerable: true,
      get: () => {
        reads += 1;
        return '';
      },
    });
    const resolver = createDestinationResolver(staticStore([]), 10);
    const destination = { ID: 'dst-1', Config: Object.assign(config, parts) };
    for (let event = 0; event < 100; event++) assert.equal(resolver.resolve({}, destination).kind, kind);
    assert.ok(reads < 5, `${reads} reads for 100 events`);
  }
});

test('a Config with templates is put together for each event, so it must not be long', async () => {
  const templated = (length: number) => ({
    secretKey: 'secret-example',
    note: '{{ message.a || b }}',
    more: 'x'.repeat(length),
  });
  const [taken] = await answersOfMany(templated(10_000), 2, { hasDynamicConfig: true });
  assert.equal(taken.statusCode, 200);
  const [refused] = await answersOfMany(templated(20_000), 2, { hasDynamicConfig: true });
  assert.match(refused.error, /^SETTINGS_INVALID: .*more than 16384 characters of JSON with templates/);
});

test('a document of a hundred thousand names that are none is told of without comparing all with all', () => {
  const wrong = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`nothing-like-a-setting-${i}`, 1]));
  const lists = (count: number) => ({
    audiences: { lists: Array.from({ length: count }, (_, i) => ({ key: `k${i}`, id: `list-${i}` })) },
  });
  const millisecondsOf = (settings: object) => {
    const start = process.cpuUsage();
    findSettingsFaults(settings);
    return process.cpuUsage(start).user / 1000;
  };
  for (const make of [wrong, lists]) {
    millisecondsOf(make(1_000));
    const [few, many] = [5_000, 20_000].map((count) => millisecondsOf(make(count)));
    assert.ok((many ?? 0) < 12 * (few ?? 0) + 50, `${few} ms, and ${many} ms for four times as many`);
  }
});
