// Bodies of tiny values, which take up to a hundred times their bytes in memory.

import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { PluginError } from '../../src/base/errors.js';
import { JsonBytes, usePart } from '../../src/http/body.js';
import { BytesInFlight } from '../../src/http/in-flight.js';
import { heapBound, heapOf, measureJson } from '../../src/http/json-values.js';
import type { RequestStream } from '../../src/http/raw-body.js';
import { createRequestReader } from '../../src/http/request-reader.js';
import { element } from '../../testkit/rudderstack.js';

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

test('values are counted as they stand, and what looks like one inside of a string is none', () => {
  for (const [text, values, depth] of [
    ['0', 1, 0],
    ['[1,2,3]', 4, 1],
    ['{"a":{"b":1,"c":2}}', 6, 2],
    ['["a,b,[{","\\",,[","\\\\",1]', 5, 1],
    ['[[],{}]', 6, 2],
    ['["never ends,[,', 2, 1],
  ] as const)
    assert.deepEqual(measureJson(Buffer.from(text)), { values, depth }, text);
});

test('no text takes more heap than is said of it before it is counted', () => {
  const texts = ['0', '[]', '{}', '{"32":{"32":{}}}', '["é"]', '"\\""', '[0,0,0]', '{"a":{"a":{"a":[]}}}', '日'];
  for (const text of texts) {
    const bytes = Buffer.from(`[${Array.from({ length: 1_000 }, () => text).join()}]`);
    assert.ok(heapOf(bytes, measureJson(bytes)) <= heapBound(bytes), text);
  }
});

/** What a request may take of so many bytes of heap. */
const heapOfLimit = (limit: number) => new BytesInFlight(1, limit).admit(0).heap;

test('a body of more values than fit into the memory is refused before it is parsed', () => {
  const read = (item: string) => JsonBytes.of(listOf(100_000, item), heapOfLimit(30_000_000)).parse();
  for (const item of ['1000,2000', '[100]', '{"k":1}', '{"30":0}', '{"32":{"32":0}}'])
    assert.throws(() => read(item), isError('BODY_TOO_MANY_VALUES'), item);
  for (const item of ['0', '"a string is one value, however long it is"'])
    assert.equal(Object(read(item)).length, 100_000);
});

test('while there is plenty of room nothing is counted; then each takes what it needs, and gives it back', () => {
  const inFlight = new BytesInFlight(1, 1_000_000);
  const body = listOf(1_000, '0');
  const needs = heapOf(body, measureJson(body));
  const open = () => {
    const held = inFlight.admit(0);
    return { held, json: JsonBytes.of(body, held.heap) };
  };
  const first = open();
  assert.equal(inFlight.heapBytes, heapBound(body), 'not counted');
  const others = Array.from({ length: 4 }, open);
  assert.ok(inFlight.heapBytes <= 1_000_000);
  const full = [];
  while (inFlight.heapBytes + needs <= 1_000_000) full.push(open());
  assert.throws(open, isError('OVERLOADED'));
  first.held.release();
  assert.deepEqual(open().json.parse(), JSON.parse(body.toString()));
  for (const { held } of [...others, ...full]) held.release();
});

test('of a part that is parsed nothing is left', () => {
  const { heap } = new BytesInFlight(1, 1_000_000).admit(0);
  assert.equal(
    usePart(listOf(3, '0'), heap, (value) => Object(value).length),
    3,
  );
  assert.equal(heap.taken, 0);
  assert.throws(() => usePart(Buffer.from('{'), heap, () => 0), isError('BODY_NOT_JSON'));
  assert.equal(heap.taken, 0);
});

test('events pass whatever the size of the batch: with 2 GB of heap a hundred million bytes of them', () => {
  const properties = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [`property_${i}`, i % 3 ? `value ${i}` : i]),
  );
  const batch = Buffer.from(
    JSON.stringify(Array.from({ length: 500 }, (_, i) => element(i, { message: { properties } }))),
  );
  const { values } = measureJson(batch);
  const bytes = (heapOf(batch, { values }) / batch.length) * 100_000_000;
  assert.ok(bytes < (2 ** 31 * 5) / 8, `${bytes} bytes of heap, ${batch.length / values} bytes per value`);
});

test('bodies of tiny values count in flight with the memory that they take', async () => {
  const inFlight = new BytesInFlight(250_000_000, 50_000_000);
  const reader = createRequestReader(10_000_000, inFlight);
  const tiny = listOf(250_000, '{}');
  const packed = () => incoming(gzipSync(tiny), { 'content-encoding': 'gzip' });
  await reader.withBody(packed(), async (first) => {
    await first.parse();
    assert.ok(inFlight.heapBytes > 250_000 * 60, String(inFlight.heapBytes));
    await reader.withBody(packed(), async (second) => {
      assert.equal((await second.bytes()).length, tiny.length);
      await assert.rejects(second.json(), isError('OVERLOADED'));
    });
  });
  assert.equal(inFlight.bytes, 0);
  assert.equal(inFlight.heapBytes, 0);
});
