// Runs every test file below folders of dist through Node's own test runner, which takes directories differently from version to version.
//
//   node dist/testkit/run-tests.js test

import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec as Spec } from 'node:test/reporters';

/** For one file: a test that hangs fails. */
const TIMEOUT_MS = 180_000;

const DIST = join(import.meta.dirname, '..');

const files = process.argv
  .slice(2)
  .flatMap((folder) =>
    readdirSync(join(DIST, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(DIST, folder, name)),
  )
  .filter((file) => file.endsWith('.test.js'))
  .sort();

// As many files at once as there are cores: many spend half of their time waiting, and Node's own choice would be one less.
run({ files, concurrency: availableParallelism(), timeout: TIMEOUT_MS })
  .on('test:fail', () => {
    process.exitCode = 1;
  })
  .compose(new Spec())
  .pipe(process.stdout);
