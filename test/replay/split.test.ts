// Files are cut into the same values however their bytes come, and no bad one keeps the others from being found.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Format } from '../../src/replay/position.js';
import { createSplitter, MAX_VALUE_BYTES, type Piece } from '../../src/replay/split.js';
import { propertyRuns } from '../../testkit/property-runs.js';

function split(format: Format, bytes: Buffer, cuts: readonly number[] = [], from = { offset: 0, line: 1 }): Piece[] {
  const splitter = createSplitter(format, from);
  const pieces: Piece[] = [];
  let start = from.offset;
  for (const cut of [...cuts.filter((at) => at > start && at < bytes.length).sort((a, b) => a - b), bytes.length]) {
    pieces.push(...splitter.push(bytes.subarray(start, cut)));
    start = cut;
  }
  return [...pieces, ...splitter.end()];
}

const textsOf = (pieces: readonly Piece[]) => pieces.map(({ text, fault }) => text?.trim() ?? fault);

test('lines are values; empty ones are none; the last needs no line feed', () => {
  const pieces = split('lines', Buffer.from('{"a":1}\r\n\n{"b":"ä"}\n{"c"'));
  assert.deepEqual(textsOf(pieces), ['{"a":1}', '{"b":"ä"}', '{"c"']);
  assert.deepEqual(
    pieces.map(({ line }) => line),
    [1, 3, 4],
  );
});

test('the items of a list are values, wherever they stand, and strings hold no brackets', () => {
  const text = '[{"a":"]}\\""},\n {"b":[{}, 1]} , 7, "x,y"\n]\n{"c":{}}';
  const pieces = split('values', Buffer.from(text));
  assert.deepEqual(textsOf(pieces), ['{"a":"]}\\""}', '{"b":[{}, 1]}', '7', '"x,y"', '{"c":{}}']);
  assert.deepEqual(
    pieces.map(({ line }) => line),
    [1, 2, 2, 2, 4],
  );
});

test('a file that ends within a value or its list says so', () => {
  assert.deepEqual(textsOf(split('values', Buffer.from('[{"a":1},{"b":'))), ['{"a":1}', 'VALUE_BROKEN_OFF']);
  assert.deepEqual(textsOf(split('values', Buffer.from('[{"a":1}'))), ['{"a":1}', 'VALUE_BROKEN_OFF']);
});

test('a value that is too large is not held, and what is behind it is found', () => {
  const large = Buffer.alloc(MAX_VALUE_BYTES + 2, 'x');
  large.write('{"');
  const lines = Buffer.concat([Buffer.from('{"a":1}\n'), large, Buffer.from('\n{"b":1}\n')]);
  assert.deepEqual(textsOf(split('lines', lines, [100, 5_000_000])), ['{"a":1}', 'VALUE_TOO_LARGE', '{"b":1}']);
  const list = Buffer.concat([Buffer.from('['), large, Buffer.from('":1},{"b":1}]')]);
  assert.deepEqual(textsOf(split('values', list, [100, 5_000_000])), ['VALUE_TOO_LARGE', '{"b":1}']);
});

const value = fc.oneof(fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue())).map((each) => ({ each }));

for (const format of ['lines', 'values'] as const)
  test(`${format} come out alike however the bytes are cut, and from each place on`, () => {
    fc.assert(
      fc.property(
        fc.array(value, { maxLength: 8 }),
        fc.constantFrom('\n', '\r\n', '\n\n'),
        fc.array(fc.nat(400), { maxLength: 6 }),
        (values, between, cuts) => {
          const texts = values.map((each) => JSON.stringify(each));
          const bytes = Buffer.from(format === 'lines' ? texts.join(between) : `[${texts.join(`,${between}`)}]`);
          const pieces = split(format, bytes, cuts);
          assert.deepEqual(textsOf(pieces), texts);
          for (const [index, { end, endLine }] of pieces.entries()) {
            if (end >= bytes.length) continue;
            const rest = split(format, bytes, cuts, { offset: end, line: endLine });
            assert.deepEqual(
              rest.map(({ text, line, end: restEnd }) => [text?.trim(), line, restEnd]),
              pieces.slice(index + 1).map(({ text, line, end: restEnd }) => [text?.trim(), line, restEnd]),
            );
          }
        },
      ),
      { numRuns: propertyRuns(100) },
    );
  });
