// A large call is parsed in pieces: it says what the whole would say, and others get their turn in between.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PluginError } from '../../../src/base/errors.js';
import { JsonBytes } from '../../../src/http/body.js';
import { BytesInFlight } from '../../../src/http/in-flight.js';
import { ORDINARY_CALL_BYTES } from '../../../src/sources/tracking-api/limits.js';
import { readCall } from '../../../src/sources/tracking-api/read-call.js';

const FILLING = `"filling":"${'a'.repeat(ORDINARY_CALL_BYTES)}"`;

async function read(text: string): Promise<unknown> {
  const heap = new BytesInFlight(Number.MAX_SAFE_INTEGER).admit(0).heap;
  return readCall(JsonBytes.of(Buffer.from(text), heap));
}

const BATCHES = [
  '[]',
  '[ ]',
  '[1]',
  '[{"a":"],[{,\\\\"},{"batch":[2]}]',
  ' [ {"a" : [1,[2,{}]]} , null , "x,]" , -1.5e3 ] ',
  '[[],[[]],{}]',
  '["ä中😀","\\u0041"]',
];

const FORMS: readonly ((batch: string) => string)[] = [
  (batch) => `{"batch":${batch},${FILLING}}`,
  (batch) => `{${FILLING},"context":{"batch":[9]},"batch" : ${batch} , "sentAt":"x"}`,
  (batch) => `\ufeff{"b\\u0061tch":${batch},${FILLING}}`,
  // The last one counts, as for any parser.
  (batch) => `{"batch":[{"old":1}],${FILLING},"batch":${batch}}`,
  (batch) => `{"batch":"none","x":{"batch":${batch}},${FILLING}}`,
  (batch) => `[{"batch":${batch},${FILLING}}]`,
];

test('a call in pieces is what the whole would be, in whatever form', async () => {
  for (const batch of BATCHES)
    for (const form of FORMS) {
      const text = form(batch);
      assert.deepEqual(await read(text), JSON.parse(text.replace(/^\ufeff/, '')), text.slice(0, 80));
    }
});

const BROKEN = ['[,]', '[1,]', '[1,,2]', '[1 2]', '[{]}', '[{"a":1}', '[1]]', '["a]', '[01]', '[{"a":1},{"b"}]'];

test('what is no JSON as a whole is none in pieces', async () => {
  for (const batch of BROKEN)
    for (const form of FORMS) {
      const text = form(batch);
      assert.throws(() => JSON.parse(text));
      await assert.rejects(
        read(text),
        (error) => error instanceof PluginError && error.code === 'BODY_NOT_JSON',
        text.slice(0, 80),
      );
    }
});

test('too many events are refused before any of them is parsed', async () => {
  const text = `{"batch":[${'x,'.repeat(2_500)}x],${FILLING}}`;
  await assert.rejects(read(text), (error) => error instanceof PluginError && error.code === 'BATCH_TOO_LONG');
});

test('others get their turn while a large call is parsed', async () => {
  const event = `{"type":"track","properties":{"x":[${'{"30":0},'.repeat(10_000)}0]}}`;
  const text = `{"batch":[${`${event},`.repeat(99)}${event}]}`;
  let turns = 0;
  let isRead = false;
  const turn = () => {
    turns += 1;
    if (!isRead) setImmediate(turn);
  };
  setImmediate(turn);
  await read(text);
  isRead = true;
  assert.ok(turns > 3, `${turns} turns`);
});
