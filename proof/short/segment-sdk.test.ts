// That the tests notice when Segment's SDK no longer forwards: they fail with a stand-in that sends what Segment takes.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';

const TESTS = new URL('../../test/targets/segment/segment-sdk.test.js', import.meta.url).pathname;
const STAND_IN = new URL('../segment-sdk/stand-in.js', import.meta.url).href;

const HOOK = `export async function resolve(name, context, next) {
  return name === '@segment/analytics-node' ? { url: '${STAND_IN}', shortCircuit: true } : next(name, context);
}`;

const dataUrl = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;
const SWAP = dataUrl(`import { register } from 'node:module'; register(${JSON.stringify(dataUrl(HOOK))});`);

/** Names of the tests that passed and failed. */
async function runTests(options: readonly string[]) {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, [...options, '--test-reporter=tap', TESTS], { env });
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
  const namesOf = (word: string) =>
    [...output.matchAll(new RegExp(`^${word} \\d+ - (.*)$`, 'gm'))].map(([, name]) => name);
  return { passed: namesOf('ok'), failed: namesOf('not ok') };
}

test("with 20 lines in place of Segment's SDK its tests fail, and with the SDK they pass", async () => {
  const usual = await runTests([]);
  assert.deepEqual(usual.failed, []);
  assert.ok(usual.passed.length > 0);
  const swapped = await runTests(['--import', SWAP]);
  for (const name of [
    /^the SDK is given each call whole/,
    /^the SDK is told what was answered/,
    /^what the SDK refuses/,
  ])
    assert.ok(
      swapped.failed.some((each) => name.test(each ?? '')),
      `${name} fails`,
    );
});
