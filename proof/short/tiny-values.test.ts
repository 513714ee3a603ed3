// Bodies of tens of millions of values, sent to a process with little memory.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startProcess } from '../../testkit/server.js';

/** A list of so many values. */
function listOf(count: number, item: string): Buffer {
  return Buffer.from(`[${`${item},`.repeat(count - 1)}${item}]`);
}

test('a process with little memory outlives lists of tens of millions of values', async (context) => {
  const server = await startProcess({ NODE_OPTIONS: '--max-old-space-size=400' });
  context.after(() => server.stop());
  const list = listOf(20_000_000, '0');
  const empty = listOf(10_000_000, '{}');
  for (const [path, body] of [
    ['/v0/destinations/statsig', list],
    ['/routerTransform', Buffer.from(`{"destType":"statsig","input":${empty}}`)],
    ['/deleteUsers', empty],
    ['/v1/destinations/statsig/proxy', Buffer.from(`{"metadata":${empty}}`)],
    ['/v2/sources/statsig', list],
  ] as const) {
    const response = await fetch(`${server.url}${path}`, { method: 'POST', body });
    assert.equal(response.status, 413, path);
    assert.match(await response.text(), /BODY_TOO_MANY_VALUES: /, path);
  }
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
});
