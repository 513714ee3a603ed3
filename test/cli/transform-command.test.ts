// `statsig-cdp transform`, run as people run it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, before, test } from 'node:test';

const CLI = new URL('../../src/cli/index.js', import.meta.url).pathname;
let dir: string;
before(() => {
  dir = mkdtempSync(`${tmpdir()}/transform-`);
});
after(() => rmSync(dir, { recursive: true }));

function write(name: string, content: string): string {
  writeFileSync(`${dir}/${name}`, content);
  return `${dir}/${name}`;
}

function transform(...args: string[]) {
  return spawnSync(process.execPath, [CLI, 'transform', ...args], { encoding: 'utf8' });
}

const ORDER = {
  type: 'track',
  event: 'Order Completed',
  userId: 'user-42',
  anonymousId: 'anon-7',
  timestamp: '2026-01-02T03:04:05.000Z',
};

test('events of an NDJSON file become one Statsig request', () => {
  const file = write(
    'events.ndjson',
    `${JSON.stringify(ORDER)}\n\n${JSON.stringify({ type: 'identify', userId: 'user-42' })}\n`,
  );
  const { stdout, stderr, status } = transform(file);
  assert.equal(status, 0);
  const [request, ...others] = JSON.parse(stdout);
  assert.deepEqual(others, []);
  assert.equal(request.url, 'https://events.statsigapi.net/v1/log_event');
  assert.equal(request.headers['STATSIG-API-KEY'], '[not set]');
  assert.deepEqual(request.body.events, [
    { eventName: 'rudderstack::Order Completed', user: { userID: 'user-42' }, time: 1767323045000 },
  ]);
  assert.equal(stderr, 'event 2: filtered (identify_without_audience): type identify\n');
});

test('settings apply, and the key is not printed', () => {
  const settings = write(
    'settings.yaml',
    'secretKey: secret-example\neventNamePreset: segment\nidentifierMappings:\n  - { from: anonymousId, to: segmentAnonymousId }\n',
  );
  const { stdout } = transform(write('event.json', JSON.stringify(ORDER)), '--settings', settings);
  const [request] = JSON.parse(stdout);
  assert.equal(request.body.events[0].eventName, 'segment::Order Completed');
  assert.deepEqual(request.body.events[0].user.customIDs, { segmentAnonymousId: 'anon-7' });
  assert.equal(request.headers['STATSIG-API-KEY'], '[redacted]');
  assert.ok(!stdout.includes('secret-example'));
});

test('--explain says for each field which rule made it', () => {
  const { stderr } = transform(
    write('event.json', JSON.stringify({ ...ORDER, properties: { revenue: 5, 'a.b': 1 } })),
    '--explain',
  );
  assert.match(stderr, /^event 1: converted$/m);
  assert.match(stderr, /eventName = rudderstack::Order Completed {2}<- template \{prefix\}\{event\}/);
  assert.match(stderr, /userID = user-42 {2}<- userId/);
  assert.match(stderr, /time = 1767323045000 {2}<- timestamp/);
  assert.match(stderr, /value = 5 {2}<- properties\.revenue/);
});

test('an event that is an error is named, the others are converted, and the exit code is 1', () => {
  const { stdout, stderr, status } = transform(write('mixed.json', JSON.stringify([{ type: 'track' }, ORDER, 7])));
  assert.equal(status, 1);
  assert.match(stderr, /event 1: error EVENT_NAME_MISSING: /);
  assert.match(stderr, /event 3: error ELEMENT_NOT_OBJECT: /);
  assert.equal(JSON.parse(stdout)[0].body.events.length, 1);
});

test('a file that cannot be read says where', () => {
  const broken = transform(write('broken.ndjson', `${JSON.stringify(ORDER)}\n{"type": \n`));
  assert.equal(broken.status, 2);
  assert.match(broken.stderr, /broken\.ndjson:2: /);
  assert.equal(transform(`${dir}/nothing.json`).status, 2);
  const settings = transform(write('event.json', '{}'), '--settings', write('bad.yaml', 'mode: sometimes\n'));
  assert.equal(settings.status, 2);
  assert.match(settings.stderr, /bad\.yaml:1:7 /);
});
