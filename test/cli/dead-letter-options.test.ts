// The options of `dead-letters`: what they take, and what they refuse.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command } from 'commander';
import { addFilterOptions, describeFilter, type FilterOptions, filterOf } from '../../src/cli/dead-letters/filter.js';

function parse(...args: string[]): FilterOptions {
  const command = addFilterOptions(new Command())
    .exitOverride()
    .configureOutput({ writeErr() {} });
  return command.parse(args, { from: 'user' }).opts();
}

test('times are so long ago, a day or a moment', () => {
  for (const [text, ms] of [
    ['90s', 90_000],
    ['30m', 1_800_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
  ] as const) {
    const before = Date.now() - ms;
    const { since = 0 } = parse('--since', text);
    assert.ok(since >= before && since <= Date.now() - ms, text);
  }
  assert.equal(parse('--until', '2026-01-02').until, Date.UTC(2026, 0, 2));
  assert.equal(parse('--until', '2026-01-02T03:04:05Z').until, Date.UTC(2026, 0, 2, 3, 4, 5));
  for (const wrong of ['yesterday', '2 hours', '-2h', 'h', ''])
    assert.throws(() => parse('--since', wrong), /It is no time: write 2h/, wrong);
});

test('a status is one of HTTP, or none', () => {
  assert.deepEqual([parse('--status', '401').status, parse('--status', 'none').status], [401, 'none']);
  for (const wrong of ['many', '99', '600', '4010'])
    assert.throws(() => parse('--status', wrong), /It is no HTTP status/);
});

test('what is said is the filter, and is told in words', () => {
  const filter = filterOf(parse('--workspace', 'shop', '--event', 'Order *', '--until', '2026-01-02'));
  assert.deepEqual(filter, { workspace: 'shop', event: 'Order *', until: Date.UTC(2026, 0, 2) });
  assert.equal(describeFilter(filter), 'dead letters of workspace shop, event Order *, until 2026-01-02T00:00:00.000Z');
  assert.equal(describeFilter({}), 'dead letters');
});
