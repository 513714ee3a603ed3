// Runs every test file through Node's own test runner, which takes directories differently from version to version.

import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { run } from 'node:test';
import { spec as Spec } from 'node:test/reporters';

/** For one file: a test that hangs fails. */
const TIMEOUT_MS = 180_000;

const files = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.test.js'))
  .map((name) => `${import.meta.dirname}/${name}`);

// As many files at once as there are cores: many spend half of their time waiting, and Node's own choice would be one less.
run({ files, concurrency: availableParallelism(), timeout: TIMEOUT_MS })
  .on('test:fail', () => {
    process.exitCode = 1;
  })
  .compose(new Spec())
  .pipe(process.stdout);
