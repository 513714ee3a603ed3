// The log of deletions: bounded, and none the worse for a restart, a torn line or a disk that takes nothing.

import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import { sealJson } from '../../../src/level/sealed-json.js';
import { createRequestLog, type RequestLog } from '../../../src/targets/statsig-deletions/request-log.js';
import { awaitableLog } from '../../../testkit/outbox.js';

function temporaryFile(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'requests-'));
  context.after(() => rmSync(directory, { recursive: true }));
  return join(directory, 'below', 'requests.jsonl');
}

const request = (number: number) => ({ requestId: `request-${number}`, workspaceId: 'shop', ids: number, at: number });
/** The oldest first. */
const keptBy = async (log: RequestLog) => (await log.newest(100)).requests.toReversed();
const numbersOf = (requests: readonly { readonly ids: number }[]) => requests.map(({ ids }) => ids);

test('it keeps the newest, over restarts, in a file that does not grow for ever', async (context) => {
  const file = temporaryFile(context);
  const log = awaitableLog();
  const before = createRequestLog({ file, max: 3, log });
  assert.deepEqual(await keptBy(before), []);
  for (let number = 1; number <= 20; number += 1) await before.add(request(number));
  assert.deepEqual(numbersOf(await keptBy(before)), [18, 19, 20]);
  await before.close();
  assert.ok(readFileSync(file, 'utf8').trim().split('\n').length <= 6);

  const after = createRequestLog({ file, max: 3, log });
  await after.add(request(20));
  await after.add(request(21));
  assert.deepEqual(await keptBy(after), [19, 20, 21].map(request));
});

test('a line that was torn off takes no other with it', async (context) => {
  const file = temporaryFile(context);
  const log = awaitableLog();
  const before = createRequestLog({ file, log });
  await before.add(request(1));
  appendFileSync(file, '{"requestId":"request-2","workspa');
  const torn = createRequestLog({ file, log });
  await torn.add(request(3));
  const after = createRequestLog({ file, log });
  assert.deepEqual(numbersOf(await keptBy(after)), [1, 3]);
});

test('lines that no such log has written are passed over', async (context) => {
  const file = temporaryFile(context);
  mkdirSync(join(file, '..'));
  const lines = [
    request(1),
    { ...request(2), requestId: 2 },
    { ...request(3), workspaceId: null },
    { ...request(4), ids: '4' },
    { ...request(5), at: '5' },
    [],
    'text',
    { ...request(6), more: 'dropped' },
  ];
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const requests = createRequestLog({ file, log: awaitableLog() });
  assert.deepEqual(await keptBy(requests), [request(1), request(6)]);
});

test('a line with a byte that is not what was written is said to be damaged, at each start', async (context) => {
  const file = temporaryFile(context);
  const before = createRequestLog({ file, log: awaitableLog() });
  for (const number of [1, 2, 3]) await before.add(request(number));
  await before.close();
  writeFileSync(file, readFileSync(file, 'utf8').replace('"ids":2', '"ids":7'));
  for (const _ of ['first start', 'second start']) {
    const log = awaitableLog();
    assert.deepEqual(numbersOf(await keptBy(createRequestLog({ file, log }))), [1, 3]);
    assert.match(log.errors.join(), /The log of deletions is damaged.*"lines":1/);
  }
});

test('a log of a newer version is said to be one, and left as it is', async (context) => {
  const file = temporaryFile(context);
  const { format: _, sum, ...content } = JSON.parse(sealJson({ ...request(1) }));
  mkdirSync(join(file, '..'));
  const text = `${JSON.stringify({ ...content, format: 2, sum })}\n`;
  writeFileSync(file, text);
  const warnings: string[] = [];
  const log = { ...awaitableLog(), warn: (fields: object) => warnings.push(inspect(fields)) };
  const requests = createRequestLog({ file, log });
  await requests.add(request(2));
  assert.match(warnings.join(), /written by a newer version of statsig-cdp \(format 2; this one reads up to 1\)/);
  assert.equal(readFileSync(file, 'utf8'), text);
});

test('while the disk takes nothing it remembers, complains once, and writes all of it when it can', async (context) => {
  const file = temporaryFile(context);
  const obstacle = join(file, '..');
  writeFileSync(obstacle, '');
  const warnings: string[] = [];
  const log = { ...awaitableLog(), warn: (_fields: object, message: string) => warnings.push(message) };
  const requests = createRequestLog({ file, log });
  await Promise.all([requests.add(request(1)), requests.add(request(2))]);
  assert.deepEqual(warnings, ['The log of deletions cannot be read.']);
  rmSync(obstacle);
  mkdirSync(obstacle);
  await requests.add(request(3));
  assert.deepEqual(numbersOf(await keptBy(createRequestLog({ file, log }))), [1, 2, 3]);
});

test('a file that is deleted or moved under the running process is written anew, with all of it', async (context) => {
  const file = temporaryFile(context);
  const log = awaitableLog();
  const requests = createRequestLog({ file, log });
  for (const number of [1, 2]) await requests.add(request(number));
  rmSync(join(file, '..'), { recursive: true });
  await requests.add(request(3));
  assert.deepEqual(numbersOf(await keptBy(createRequestLog({ file, log }))), [1, 2, 3]);
  writeFileSync(file, '');
  await requests.add(request(4));
  assert.deepEqual(numbersOf(await keptBy(createRequestLog({ file, log }))), [1, 2, 3, 4]);
});
