// Runs every test file through Node's own test runner, which takes directories differently from version to version.

import { readdirSync } from 'node:fs';
import { run } from 'node:test';
import { spec as Spec } from 'node:test/reporters';

/** For one file: a test that hangs fails. */
const TIMEOUT_MS = 180_000;

const files = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.test.js'))
  .map((name) => `${import.meta.dirname}/${name}`);

run({ files, concurrency: true, timeout: TIMEOUT_MS })
  .on('test:fail', () => {
    process.exitCode = 1;
  })
  .compose(new Spec())
  .pipe(process.stdout);
