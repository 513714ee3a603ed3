// Runs the commands of README.md and docs/: every `sh` block, and where a `json` block follows it, the output must equal it.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { CLI } from '../../testkit/programs.js';
import { startHere, type TestServer } from '../../testkit/server.js';

const ROOT = new URL('../../../', import.meta.url).pathname;
const SH_BLOCK = /^ *```sh\n([\s\S]*?)^ *```\n(?:\s*```json\n([\s\S]*?)```)?/gm;
const YAML_BLOCK = /^```yaml\n([\s\S]*?)^```\n/m;

/** What a page asks its reader to export, and its processes get. */
function exportedFor(text: string): Readonly<Record<string, string>> {
  return {
    STATSIG_SIGNING_SECRET: 'signing-example',
    ...(text.includes('ADMIN_TOKEN') && { ADMIN_TOKEN: 'admin-example' }),
  };
}

const run = promisify(execFile);
const documents = [
  ...['README.md', 'CONTRIBUTING.md'],
  ...readdirSync(`${ROOT}docs`, { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`),
].filter((name) => name.endsWith('.md'));

/** The first settings document of a page, and how its commands call its workspace. */
function settingsOf(text: string): { readonly yaml: string; readonly route: RegExp } | undefined {
  const [, yaml = ''] = YAML_BLOCK.exec(text) ?? [];
  const [, id] = /^id: (\S+)$/m.exec(yaml) ?? [];
  return id === undefined ? undefined : { yaml, route: new RegExp(`localhost:9090/\\w+/${id}\\b`) };
}

/** The servers of one page, unused so far: one as it comes out of the box, one with the page's settings. */
class Page {
  readonly #scratch = mkdtempSync(`${tmpdir()}/docs-`);
  readonly #settings: ReturnType<typeof settingsOf>;
  readonly #processes = new Map<string, Promise<TestServer>>();
  readonly exported: Readonly<Record<string, string>>;

  constructor(text: string) {
    this.#settings = settingsOf(text);
    this.exported = exportedFor(text);
    // The servers run in this process.
    Object.assign(process.env, this.exported);
  }

  #start(name: string, environment: Readonly<Record<string, string>>): Promise<TestServer> {
    const directory = `${this.#scratch}/${name}`;
    const started =
      this.#processes.get(name) ??
      startHere({ LOG_LEVEL: 'info', OUTBOX_DIRECTORY: `${directory}/outbox`, ...this.exported, ...environment });
    this.#processes.set(name, started);
    return started;
  }

  async #urlFor(script: string): Promise<string> {
    if (this.#settings?.route.test(script) !== true) return (await this.#start('fresh', {})).url;
    const { yaml } = this.#settings;
    assert.doesNotMatch(yaml, /targets|secretKey/, 'a test sends nothing to anybody');
    const file = `${this.#scratch}/settings.yaml`;
    writeFileSync(file, yaml);
    return (await this.#start('settled', { STATSIG_CDP_SETTINGS: file })).url;
  }

  /** What a reader would type, aimed at this page's processes and folders. */
  async adapt(script: string): Promise<string> {
    const aimed = script.includes('localhost:9090')
      ? script.replaceAll(/(?:http:\/\/)?localhost:9090/g, await this.#urlFor(script))
      : script;
    return aimed
      .replaceAll('npx statsig-cdp', `"${process.execPath}" "${CLI}"`)
      .replaceAll('functions segment-functions', `functions "${this.#scratch}/segment-functions"`)
      .replaceAll('--rudderstack definitions', `--rudderstack "${this.#scratch}/definitions"`);
  }

  async close(): Promise<void> {
    for (const started of this.#processes.values()) await (await started).stop();
    rmSync(this.#scratch, { recursive: true });
    for (const name of Object.keys(this.exported)) delete process.env[name];
  }
}

for (const document of documents) {
  const text = readFileSync(`${ROOT}${document}`, 'utf8');
  const blocks = [...text.matchAll(SH_BLOCK)];
  if (blocks.length === 0) continue;
  describe(document, () => {
    let page: Page;
    before(() => {
      page = new Page(text);
    });
    after(() => page.close());
    for (const [, script = '', expected] of blocks) {
      test(script.trim().split('\n')[0] ?? document, async () => {
        const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', await page.adapt(script)], {
          cwd: ROOT,
          env: { ...process.env, ...page.exported },
        });
        assert.notEqual(stdout.trim(), '');
        if (expected !== undefined) assert.deepEqual(JSON.parse(stdout), JSON.parse(expected));
      });
    }
  });
}

test('the files and folders of the project that the documents name are there', () => {
  const named = /`((?:src|test|testkit|proof|bench|e2e|scripts)\/[\w./-]*\w)`/g;
  const missing = [...documents, 'CHANGELOG.md'].flatMap((document) =>
    [...readFileSync(`${ROOT}${document}`, 'utf8').matchAll(named)].flatMap(([, path = '']) =>
      existsSync(`${ROOT}${path}`) ? [] : [`${document}: ${path}`],
    ),
  );
  assert.deepEqual(missing, []);
});

test('the documents name commands at all', () => {
  assert.ok(documents.some((document) => /```sh\n/.test(readFileSync(`${ROOT}${document}`, 'utf8'))));
});
