// The properties of the tests, with ten times as many cases, and the tables of which the tests try a part, whole.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';

const FACTOR = '10';
const TESTS = new URL('../../test/', import.meta.url).pathname;

const files = readdirSync(TESTS, { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.test.js') && /propertyRuns\(|sampleOf\(/.test(readFileSync(join(TESTS, name), 'utf8')),
);

test('there are files with properties', () => assert.ok(files.length > 5, `${files.length}`));

for (const file of files)
  test(file, async () => {
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const options = { env: { ...env, PROPERTY_FACTOR: FACTOR } };
    const child = spawn(process.execPath, ['--test-reporter=tap', join(TESTS, file)], options);
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
    assert.equal(code, 0, output);
  });
