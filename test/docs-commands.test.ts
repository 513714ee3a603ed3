// Runs the commands of README.md and docs/: every `sh` block, and where a `json` block follows it, the output must equal it.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { startProcess, type TestProcess } from './support/server.js';

const ROOT = new URL('../../', import.meta.url).pathname;
const CLI = new URL('../src/cli/index.js', import.meta.url).pathname;
const SH_BLOCK = /^ *```sh\n([\s\S]*?)^ *```\n(?:\s*```json\n([\s\S]*?)```)?/gm;

const run = promisify(execFile);
const documents = ['README.md', 'CONTRIBUTING.md', ...readdirSync(`${ROOT}docs`).map((name) => `docs/${name}`)].filter(
  (name) => name.endsWith('.md'),
);

let server: TestProcess;
let scratch: string;
before(async () => {
  server = await startProcess({ LOG_LEVEL: 'info' });
  scratch = mkdtempSync(`${tmpdir()}/docs-`);
});
after(async () => {
  await server.stop();
  rmSync(scratch, { recursive: true });
});

/** What a reader would type, aimed at this test's server and folders. */
function adapt(script: string): string {
  return script
    .replaceAll('localhost:9090', server.url)
    .replaceAll('npx statsig-cdp', `"${process.execPath}" "${CLI}"`)
    .replaceAll('--rudderstack definitions', `--rudderstack "${scratch}/definitions"`);
}

for (const document of documents) {
  const text = readFileSync(`${ROOT}${document}`, 'utf8');
  for (const [, script = '', expected] of text.matchAll(SH_BLOCK)) {
    test(`${document}: ${script.trim().split('\n')[0]}`, async () => {
      const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', adapt(script)], { cwd: ROOT });
      assert.notEqual(stdout.trim(), '');
      if (expected !== undefined) assert.deepEqual(JSON.parse(stdout), JSON.parse(expected));
    });
  }
}

test('the documents name commands at all', () => {
  assert.ok(documents.some((document) => /```sh\n/.test(readFileSync(`${ROOT}${document}`, 'utf8'))));
});
