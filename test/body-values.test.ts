// Bodies of tiny values, which take up to a hundred times their bytes in memory.

import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { PluginError } from '../src/errors.js';
import { parseJson } from '../src/http/body.js';
import { BytesInFlight } from '../src/http/in-flight.js';
import { countValues, MAX_VALUES, uncommonBytes } from '../src/http/json-values.js';
import type { RequestStream } from '../src/http/raw-body.js';
import { createRequestReader } from '../src/http/request-reader.js';
import { element } from './support/rudderstack.js';
import { startProcess } from './support/server.js';

const isError = (code: string) => (error: unknown) => error instanceof PluginError && error.code === code;

function incoming(body: Buffer, headers: Readonly<Record<string, string>> = {}): RequestStream {
  const stream = Object.assign(new PassThrough(), { headers });
  stream.end(body);
  return stream;
}

/** A list of so many values. */
function listOf(count: number, item: string): Buffer {
  return Buffer.from(`[${`${item},`.repeat(count - 1)}${item}]`);
}

test('values are counted as they stand, and what looks like one inside of a text is none', () => {
  for (const [text, values] of [
    ['0', 1],
    ['[1,2,3]', 4],
    ['{"a":{"b":1,"c":2}}', 4],
    ['["a,b,[{","\\",,[","\\\\",1]', 5],
    ['[[],{}]', 5],
    ['["never ends,[,', 2],
  ] as const)
    assert.equal(countValues(Buffer.from(text)), values, text);
});

test('a body of more values than fit into the memory is refused before it is parsed', () => {
  assert.throws(() => parseJson(listOf(MAX_VALUES, '0')), isError('BODY_TOO_MANY_VALUES'));
  assert.throws(
    () => parseJson(listOf(Math.ceil(MAX_VALUES / 2), '[]')),
    isError('BODY_TOO_MANY_VALUES'),
    'each of these is counted twice: they cost more',
  );
  assert.equal((parseJson(listOf(600_000, '0')) as unknown[]).length, 600_000);
});

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
    const answer: unknown = await response.json();
    assert.equal(Object(answer).error, 'BODY_TOO_MANY_VALUES', path);
  }
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
});

test('events pass whatever the size of the batch: with 2 GB of heap a hundred million bytes of them', () => {
  const properties = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [`property_${i}`, i % 3 ? `value ${i}` : i]),
  );
  const batch = Buffer.from(
    JSON.stringify(Array.from({ length: 500 }, (_, i) => element(i, { message: { properties } }))),
  );
  const values = countValues(batch);
  const limitAt2Gb = 2 ** 31 / 2 / 200;
  assert.ok((values / batch.length) * 100_000_000 < limitAt2Gb, `${batch.length / values} bytes per value`);
  assert.equal(uncommonBytes(values, batch.length), 0);
});

test('bodies of tiny values count in flight with the memory that they take', async () => {
  const inFlight = new BytesInFlight(250_000_000);
  const reader = createRequestReader(10_000_000, inFlight);
  const tiny = listOf(400_000, '{}');
  const packed = () => incoming(gzipSync(tiny), { 'content-encoding': 'gzip' });
  await reader.withBody(packed(), async (first) => {
    await first.parse();
    assert.ok(inFlight.bytes > 400_000 * 60, String(inFlight.bytes));
    await reader.withBody(packed(), async (second) => {
      assert.equal((await second.bytes()).length, tiny.length);
      await assert.rejects(second.parse(), isError('OVERLOADED'));
    });
  });
  assert.equal(inFlight.bytes, 0);
});
