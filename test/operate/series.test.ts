// What is counted here is scraped as prom-client would have written it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Counter, Histogram, Registry } from 'prom-client';
import { RequestDurations } from '../../src/operate/request-durations.js';
import { SeriesCounter } from '../../src/operate/series-counter.js';

test('a counter by paths is scraped as one by labels', async () => {
  const ours = new Registry();
  const theirs = new Registry();
  const configuration = { name: 'events_total', help: 'Events.', labelNames: ['workspace', 'stage'] as const };
  const paths = new SeriesCounter({ ...configuration, registers: [ours] }, ([stage = '', workspace = '']) => ({
    workspace,
    stage,
  }));
  const labels = new Counter({ ...configuration, registers: [theirs] });
  assert.equal(await ours.metrics(), await theirs.metrics());
  for (const [stage, workspace, n] of [
    ['router', 'shop', 2],
    ['router', 'a"b\n', 1],
    ['processor', '', 3],
    ['router', 'shop', 0.5],
  ] as const) {
    paths.add([stage, workspace], n);
    labels.inc({ workspace, stage }, n);
  }
  assert.equal(await ours.metrics(), await theirs.metrics());
});

test('durations of requests are scraped as those of a histogram', async () => {
  const ours = new Registry();
  const theirs = new Registry();
  const durations = new RequestDurations([ours]);
  const { name, help } = await durations.get();
  const histogram = new Histogram({
    name,
    help,
    labelNames: ['route', 'status'],
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60],
    registers: [theirs],
  });
  assert.equal(await ours.metrics(), await theirs.metrics());
  for (const [route, status, seconds] of [
    ['/v1/batch', 200, 0.0004],
    ['/v1/batch', 200, 0.005],
    ['/v1/batch', 503, 61],
    ['/health', 200, 0],
    ['/v1/batch', 200, 60],
  ] as const) {
    durations.add(route, status, seconds);
    histogram.observe({ route, status }, seconds);
  }
  assert.equal(await ours.metrics(), await theirs.metrics());
});
