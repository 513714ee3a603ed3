// The history of the overview: what became of events, by the minute and by the hour, across restarts, kills, damage and clocks that are set.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createLogger } from '../../../src/base/logger.js';
import { History, MAX_ROWS } from '../../../src/operate/overview/history.js';
import { createHistoryFile, HISTORY_FILE } from '../../../src/operate/overview/history-file.js';
import { createDifferences } from '../../../src/operate/overview/pipeline.js';
import type { OverviewAnswer, PipelineSeries } from '../../../src/operate/overview/shapes.js';
import { serve } from '../../../testkit/loopback.js';
import { type OverviewPlugin, startOverviewPlugin, visited } from '../../../testkit/overview.js';
import { temporaryDirectory } from '../../../testkit/settings.js';
import { until } from '../../../testkit/until.js';

const SHOP = { id: 'shop', trackingApi: { writeKeys: ['write-key'] }, excludeEvents: ['Debug'] };

const sum = (counts: readonly number[]) => counts.reduce((total, each) => total + each, 0);

const received = ({ counts }: PipelineSeries) => sum(counts.received);

async function startWithStatsig(context: TestContext, directory: string): Promise<OverviewPlugin> {
  const statsig = await serve((request, response) => {
    request.resume();
    response.writeHead(202).end('{"success":true}');
  });
  context.after(() => statsig.close());
  const document = { ...SHOP, secretKey: 'secret-example', eventsUrl: statsig.url };
  return startOverviewPlugin(context, [document], { directory });
}

test('the pipeline is told in the words of the Delivery Overview, and outlives restarts and kills', async (context) => {
  const directory = temporaryDirectory(context);
  const file = join(directory, 'data', HISTORY_FILE);
  const first = await startWithStatsig(context, directory);
  await first.track([visited(1), visited(2), visited(3, { event: 'Debug' }), { ...visited(4), event: undefined }]);
  const isDelivered = ({ pipeline }: OverviewAnswer) => pipeline.some(({ lastHour }) => lastHour.delivered === 2);
  await until(async () => isDelivered(await first.overview()), 'both are delivered');
  const { pipeline, history } = await first.overview({ workspace: 'shop', direction: 'inbound' });
  const shown = pipeline.map(({ workspace, direction, target, lastHour }) => [workspace, direction, target, lastHour]);
  const none = {
    received: 0,
    failed_on_ingest: 0,
    filtered: 0,
    converted: 0,
    delivered: 0,
    pending_retry: 0,
    failed_delivery: 0,
  };
  assert.deepEqual(shown, [
    ['shop', 'inbound', '', { ...none, received: 4, failed_on_ingest: 1, filtered: 1, converted: 2 }],
    ['shop', 'inbound', 'statsig', { ...none, delivered: 2 }],
  ]);
  assert.deepEqual([history.minutes.at.length, history.hours.at.length], [60, 336]);
  assert.deepEqual(
    [received(history.minutes), received(history.hours), sum(history.hours.counts.delivered)],
    [4, 4, 2],
  );
  assert.equal(received((await first.overview({ workspace: 'other' })).history.hours), 0);

  // What is on disk before the process has stopped is what a kill leaves.
  const killed = readFileSync(file);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  await first.stop();
  const second = await startWithStatsig(context, directory);
  assert.equal(received((await second.overview()).history.hours), 4);
  await second.track(visited(5));
  assert.equal(received((await second.overview()).history.hours), 5);
  await second.stop();
  writeFileSync(file, killed);
  const third = await startWithStatsig(context, directory);
  const { hours } = (await third.overview()).history;
  assert.ok(received(hours) > 0, 'a kill takes what the last minute counted, and no more');
});

test('a damaged, torn or newer file is told, costs its lines alone, and stops nothing', async (context) => {
  const directory = temporaryDirectory(context);
  const file = join(directory, 'data', HISTORY_FILE);
  const first = await startWithStatsig(context, directory);
  await first.track(visited(1));
  await first.overview();
  await first.stop();
  const whole = readFileSync(file, 'utf8');
  assert.equal(whole.trimEnd().split('\n').length, 3, 'a head, a minute, an hour');

  writeFileSync(file, whole.slice(0, -5));
  const torn = await startWithStatsig(context, directory);
  const { history, attention } = await torn.overview();
  assert.match(history.problem ?? '', /is damaged: 1 of its 3 lines are gone/);
  assert.deepEqual([received(history.minutes), received(history.hours)], [1, 0]);
  assert.equal(attention.find(({ kind }) => kind === 'history')?.severity, 'info');
  assert.match(torn.lines.join('\n'), /The history of the overview/);
  await torn.stop();

  for (const text of ['', 'what is this', '{"format":1}\n[1,2', whole.replaceAll('shop', 'shpo')]) {
    writeFileSync(file, text);
    const odd = await startWithStatsig(context, directory);
    assert.equal(received((await odd.overview()).history.hours), 0);
    await odd.stop();
  }

  const { sealJson } = await import('../../../src/level/sealed-json.js');
  const newer = sealJson({ of: 'overview history' }).replace('"format":1', '"format":99');
  writeFileSync(file, `${newer}\nwhat a newer version writes\n`);
  const older = await startWithStatsig(context, directory);
  await older.track(visited(2));
  const told = (await older.overview()).history;
  assert.match(told.problem ?? '', /written by a newer version/);
  assert.equal(received(told.hours), 1, 'in memory');
  await older.stop();
  assert.match(readFileSync(file, 'utf8'), /what a newer version writes/, 'it stays as it was');
});

test('no directory is made for the history alone, and one that takes nothing is told', async (context) => {
  const directory = temporaryDirectory(context);
  const plugin = await startOverviewPlugin(context, [{ id: 'shop' }], { directory });
  const destination = { ID: 'dst-1', Config: { secretKey: 'secret-other' } };
  const metadata = { jobId: 1, messageId: 'msg-1', destinationId: 'dst-1', sourceId: 's', workspaceId: 'w' };
  await plugin.post('/v0/destinations/statsig', [{ message: visited(1), metadata, destination }]);
  const { history, pipeline } = await plugin.overview();
  assert.deepEqual([received(history.minutes), history.file], [1, undefined]);
  assert.equal(pipeline[0]?.workspace, '', 'no document names the destination');
  await plugin.stop();
  assert.ok(!existsSync(join(directory, 'data')));

  mkdirSync(join(directory, 'data', HISTORY_FILE), { recursive: true });
  const kept = await startOverviewPlugin(context, [{ id: 'shop' }], { directory });
  assert.match((await kept.overview()).history.problem ?? '', /cannot be read/);
});

test('strangers make no rows: what is posted to workspaces that do not exist is in none', async (context) => {
  const plugin = await startOverviewPlugin(context, [SHOP]);
  for (let index = 0; index < 20; index += 1) {
    await plugin.post(`/segment/made-up-${index}`, visited(index));
    await plugin.track(visited(index), `made-up-${index}`);
    const destination = {
      ID: `made-up-${index}`,
      WorkspaceID: `made-up-${index}`,
      Config: { secretKey: 'secret-other' },
    };
    const metadata = {
      jobId: 1,
      messageId: 'msg-1',
      destinationId: `made-up-${index}`,
      sourceId: 's',
      workspaceId: 'w',
    };
    await plugin.post('/v0/destinations/statsig', [{ message: visited(1), metadata, destination }]);
  }
  const { pipeline, attention } = await plugin.overview();
  assert.deepEqual(
    pipeline.map(({ workspace }) => workspace),
    [''],
  );
  assert.ok(attention.filter(({ kind }) => kind === 'refused_sender').length <= 2);
});

const MINUTE = 60_000;
const HOUR = 3_600_000;
const NOON = Date.UTC(2026, 5, 1, 12);

const counted = (key: `${string}/${string}/${string}`, n = 1) => new Map([[key, [n, 0, 0, 0, 0, 0, 0]]]);

const all = {};

test('there are at most so many rows and steps, and what has no row of its own is added up', () => {
  const history = new History();
  for (let id = 0; id < MAX_ROWS + 50; id += 1) history.add(NOON, counted(`shop-${id}/inbound/`));
  const rows = history.rows(NOON);
  assert.equal(rows.length, MAX_ROWS + 1);
  assert.equal(rows.find(({ workspace }) => workspace === '*')?.lastHour.received, 50);
  for (let hour = 0; hour < 1000; hour += 1) history.add(NOON + hour * HOUR, counted('shop-1/inbound/'));
  assert.ok(history.lines().length <= 75 + 360);
  const late = NOON + 1000 * HOUR;
  history.add(late, counted('new/inbound/'));
  assert.deepEqual(
    history.rows(late).map(({ workspace }) => workspace),
    ['new', 'shop-1'],
    'rows that are long gone make room',
  );
  assert.equal(received(history.series(late, all).hours), 336);
});

test('a clock that is set forward, or back, and right again takes nothing of the history', () => {
  const history = new History();
  for (let hour = 0; hour < 300; hour += 1) history.add(NOON + hour * HOUR, counted('shop/inbound/'));
  const now = NOON + 299 * HOUR;
  const before = received(history.series(now, all).hours);
  for (const wrong of [now + 365 * 24 * HOUR, 0])
    for (let minute = 0; minute < 20; minute += 1) history.add(wrong + minute * MINUTE, counted('shop/inbound/'));
  assert.equal(received(history.series(now, all).hours), before);
  history.add(now, counted('shop/inbound/', 5));
  assert.equal(received(history.series(now, all).hours), before + 5);
  const again = new History();
  for (const line of history.lines()) assert.ok(again.restore(line));
  assert.deepEqual(again.series(now, all), history.series(now, all));
});

test('what is no line of a history is not taken', () => {
  const history = new History();
  for (const line of [
    '',
    '[]',
    '["minute"]',
    '["day",0,[]]',
    '["hour",1.5,[]]',
    '["hour",0,[["a",1]]]',
    '["hour",0,[["a/b/c",-1,0,0,0,0,0,0]]]',
  ])
    assert.equal(history.restore(line), false, line);
  assert.deepEqual(history.rows(0), []);
});

test('a file that grew beyond all reason is not read', async (context) => {
  const path = join(temporaryDirectory(context), HISTORY_FILE);
  writeFileSync(path, Buffer.alloc(33 << 20));
  const file = createHistoryFile(path, createLogger('silent'));
  await file.load(() => assert.fail('nothing is read'));
  assert.match(file.problem ?? '', /33554432|34603008 bytes/);
});

test('what rudder-server sends once more in batches is counted once, and differences are told once', () => {
  const series = (stage: string, outcome: string, value: number) => ({
    labels: {
      workspace: 'shop',
      target: '',
      direction: 'inbound',
      protocol: 'rudderstack',
      stage,
      outcome,
      reason: '',
    },
    value,
  });
  const all = [
    series('router', 'received', 3),
    series('router', 'converted', 3),
    series('batch', 'received', 3),
    series('batch', 'converted', 2),
    series('batch', 'failed_on_ingest', 1),
    series('ingest', 'duplicate', 2),
  ];
  const differences = createDifferences(all);
  assert.deepEqual([...differences()], [['shop/inbound/', [3, 1, 2, 3, 0, 0, 0]]]);
  assert.deepEqual([...differences()], []);
  all.push(series('processor', 'received', 1));
  assert.deepEqual([...differences()], [['shop/inbound/', [1, 0, 0, 0, 0, 0, 0]]]);
});
