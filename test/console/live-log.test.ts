// What the live log's page keeps, shows and holds, without a browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Log, type LogList, type LogRow } from '../../src/console/pages/live/log.js';
import { Ring } from '../../src/console/pages/live/ring.js';
import { scrollToRow, windowOf } from '../../src/console/pages/live/window.js';
import type { LiveEntry, LiveOutcome } from '../../src/operate/live/shapes.js';

function entries(outcome: LiveOutcome, from: number, count: number): readonly LiveEntry[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `${outcome}-${from + index}`,
    at: from + index,
    direction: 'inbound',
    protocol: 'tracking_api',
    stage: 'ingest',
    outcome,
  }));
}

const textOf = (row: LogRow | undefined) => row && ('entry' in row ? row.entry.id : row.said);
const firstOf = (log: Log, list: LogList) => textOf(log.rows(list).at(0));

test('a ring keeps the newest, in their order, and no more than it may', () => {
  const ring = new Ring<number>(3);
  ring.push([1, 2]);
  assert.deepEqual(ring.toArray(), [2, 1]);
  ring.push([3, 4, 5, 6, 7]);
  assert.deepEqual([ring.size, ring.toArray(), ring.newest(0), ring.newest(3)], [3, [7, 6, 5], 7, undefined]);
});

test('good events do not push out errors', () => {
  const log = new Log();
  log.add(entries('refused', 0, 3), 0);
  for (let batch = 0; batch < 20; batch += 1) log.add(entries('received', batch * 1_000, 1_000), 0);
  assert.equal(log.rows('all').size, 5_000, 'the list of all is bounded');
  assert.equal(log.rows('errors').size, 3);
  assert.equal(firstOf(log, 'errors'), 'refused-2');
  assert.deepEqual([log.arrived, log.errors], [20_003, 3]);
});

test('a held view stays as it is, counts what arrives, and follows again when it is let go', () => {
  const log = new Log();
  log.add(entries('received', 0, 10), 0);
  log.hold();
  log.add(entries('failed_delivery', 10, 7), 0);
  log.hold();
  assert.deepEqual([log.rows('all').size, log.rows('errors').size, log.arrivedSinceHeld], [10, 0, 7]);
  assert.equal(firstOf(log, 'all'), 'received-9');
  log.release();
  assert.deepEqual([log.rows('all').size, log.rows('errors').size, log.arrivedSinceHeld], [17, 7, 0]);
  assert.equal(firstOf(log, 'all'), 'failed_delivery-16');
});

test('older errors come behind those that are there, each once, and what is no error does not', () => {
  const log = new Log();
  log.add(entries('refused', 5, 2), 0);
  log.addOlderErrors([...entries('refused', 3, 4), ...entries('received', 0, 2)]);
  const rows = log.rows('errors');
  const shown = Array.from({ length: rows.size }, (_, index) => textOf(rows.at(index)));
  assert.deepEqual(shown, ['refused-6', 'refused-5', 'refused-4', 'refused-3']);
  assert.equal(log.errors, 4);
});

test('what is missing is said in both lists, at its place', () => {
  const log = new Log();
  log.add(entries('received', 0, 1), 0);
  log.say('3 entries are not shown');
  assert.deepEqual([firstOf(log, 'all'), firstOf(log, 'errors')], Array(2).fill('3 entries are not shown'));
});

test('the rate is of the last five seconds', () => {
  const log = new Log();
  log.add(entries('received', 0, 1_000), 0);
  log.add(entries('received', 1_000, 500), 4_000);
  assert.equal(log.rate(4_500), 300);
  assert.equal(log.rate(6_000), 100, 'the first thousand are over');
  const begun = new Log();
  begun.add(entries('received', 0, 10_000), 0);
  assert.equal(begun.rate(0), 1_000, 'of ten seconds that came at once, the last five');
});

test('only rows that can be seen are drawn, and the others have their room', () => {
  for (const [rows, scrollTop] of [
    [0, 0],
    [3, 0],
    [5_000, 0],
    [5_000, 60_000],
    [5_000, 149_400],
    [100, 149_400],
  ] as const) {
    const { first, end, above, below } = windowOf(rows, 30, scrollTop, 600);
    assert.ok(end - first <= 600 / 30 + 13, `${rows} at ${scrollTop}: ${end - first} rows`);
    assert.ok(first >= 0 && end <= rows && end >= first);
    assert.equal(above + (end - first) * 30 + below, Math.max(rows, first) * 30, 'the frame is as high as all rows');
  }
});

test('a row that can be seen does not scroll the frame; another comes to its edge', () => {
  assert.equal(scrollToRow(5, 30, 100, 300), 100);
  assert.equal(scrollToRow(1, 30, 100, 300), 30);
  assert.equal(scrollToRow(20, 30, 100, 300), 330);
});
