// The package as somebody installs it: packed, installed into an empty project without install scripts and without what only tests need, and used from there.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';

const ROOT = new URL('../../../', import.meta.url).pathname;

const LIBRARY = 'dist/library';

/** Of node_modules, as npm counts: the bytes of the files. A disk needs more, because there are thousands of small ones. */
const MAX_MEGABYTES = 45;

const scratch = mkdtempSync(join(tmpdir(), 'package-'));
const project = join(scratch, 'project');
const installed = join(project, 'node_modules/statsig-cdp');
const home = join(scratch, 'home');
const env = { PATH: process.env.PATH, HOME: home, npm_config_cache: npmCache(), npm_config_prefer_offline: 'true' };

/** What was downloaded for this project need not be downloaded again. */
function npmCache(): string {
  return spawnSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8' }).stdout.trim();
}

function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8' });
  assert.equal(status, 0, `${command} ${args.join(' ')}:\n${stdout}${stderr}`);
  return stdout;
}

/** Starts a process, asks it how it is, and stops it. It has nothing to complain of. */
async function startsAndStops(program: string, args: readonly string[], cwd: string): Promise<void> {
  const child = spawn(program, args, { cwd, env: { ...env, PORT: '0', OUTBOX_DIRECTORY: join(scratch, 'outbox') } });
  const closed = once(child, 'close');
  const errors: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  const port = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { port } = JSON.parse(line);
      if (port !== undefined) resolve(port);
    });
    closed.then(() => reject(new Error(errors.join('\n'))));
  });
  const health = await fetch(`http://127.0.0.1:${port}/health`);
  assert.equal(health.status, 200);
  child.kill('SIGTERM');
  await closed;
  assert.deepEqual(errors, []);
}

/** The command, as npx runs it. */
const command = (...args: readonly string[]) => run(join(project, 'node_modules/.bin/statsig-cdp'), args, project);

const filesBelow = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(folder, name)).isFile());

/** The strings in a JSON value. */
function leavesOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leavesOf) : [];
}

describe('the package, installed into an empty project', () => {
  before(() => {
    for (const folder of [project, home]) mkdirSync(folder);
    // A folder like this one's: prepack would build anew what other tests run meanwhile.
    const stage = join(scratch, 'stage');
    const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { files: string[] };
    mkdirSync(join(stage, 'dist'), { recursive: true });
    for (const name of [
      'package.json',
      'README.md',
      'LICENSE',
      ...files.filter((each) => each !== LIBRARY && !each.startsWith('!')),
    ])
      run('cp', ['-a', join(ROOT, name), join(stage, name)], scratch);
    run(process.execPath, [join(ROOT, 'dist/scripts/library.js'), join(stage, LIBRARY)], ROOT);
    run('npm', ['pack', '--ignore-scripts', '--pack-destination', scratch], stage);
    const [tarball = ''] = readdirSync(scratch).filter((name) => name.endsWith('.tgz'));
    writeFileSync(join(project, 'package.json'), '{ "private": true }');
    run('npm', ['install', '--ignore-scripts', '--omit=dev', join(scratch, tarball)], project);
  });
  after(() => rmSync(scratch, { recursive: true, force: true }));

  test(`takes less than ${MAX_MEGABYTES} MB with all that it depends on`, (context) => {
    const size = (...options: readonly string[]) =>
      Number(run('du', ['-s', ...options, join(project, 'node_modules')], project).split('\t')[0]);
    const bytes = size('-b');
    context.diagnostic(`${Math.ceil(bytes / 1e6)} MB; on this disk ${Math.ceil((size('-k') * 1024) / 1e6)} MB`);
    assert.ok(bytes < MAX_MEGABYTES * 1e6, `${bytes} bytes`);
  });

  test('holds what it names, and no source map or mention of one', () => {
    const files = filesBelow(installed);
    const { bin, exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    const named = leavesOf([bin, exports]).filter((path) => !path.includes('*'));
    assert.ok(named.length > 10);
    assert.deepEqual(
      named.filter((path) => !existsSync(join(installed, path))),
      [],
    );
    assert.deepEqual(
      files.filter((name) => name.endsWith('.map')),
      [],
    );
    const code = files.filter((name) => /\.(?:js|cjs|ts|cts)$/.test(name));
    assert.ok(code.length > 10);
    assert.deepEqual(
      code.filter((name) => /^\/\/# sourceMappingURL=/m.test(readFileSync(join(installed, name), 'utf8'))),
      [],
    );
    for (const folder of ['src', 'test', 'dist/test', 'dist/testkit'])
      assert.ok(!existsSync(join(installed, folder)), folder);
  });

  test('serves, by its command and by npm start in its folder', async () => {
    await startsAndStops(join(project, 'node_modules/.bin/statsig-cdp'), ['serve'], project);
    await startsAndStops('npm', ['start', '--silent'], installed);
  });

  test('a folder of the project that was built starts without what builds it', async () => {
    const folder = join(scratch, 'built');
    mkdirSync(join(folder, 'dist'), { recursive: true });
    for (const path of [
      'package.json',
      'package-lock.json',
      '.npmrc',
      'manifest.json',
      'openapi.json',
      'bin',
      'src',
      'dist/bundle',
      'dist/console',
    ])
      run('cp', ['-a', join(ROOT, path), join(folder, path)], scratch);
    run('npm', ['ci', '--ignore-scripts', '--omit=dev'], folder);
    assert.ok(!existsSync(join(folder, 'node_modules/typescript')));
    await startsAndStops('npm', ['start', '--silent'], folder);
  });

  test('is imported and required, without a package that it does not bring', () => {
    const use = (load: string) => `
      const { createStatsigCdp } = ${load}('statsig-cdp');
      const { convertInbound } = ${load}('statsig-cdp/convert');
      const { contractTests, createStatsigStandIn } = ${load}('statsig-cdp/testing');
      const plugin = createStatsigCdp({ settings: [{ id: 'shop' }], environment: { OUTBOX_DIRECTORY: 'library' } });
      await plugin.start();
      await plugin.close();
      console.log([createStatsigCdp, convertInbound, contractTests, createStatsigStandIn].map((each) => typeof each).join());
    `;
    const types = 'function,function,function,function\n';
    writeFileSync(join(project, 'imports.mjs'), use('await import'));
    writeFileSync(join(project, 'requires.cjs'), `(async () => {${use('require')}})();`);
    assert.equal(run(process.execPath, ['imports.mjs'], project), types);
    assert.equal(run(process.execPath, ['requires.cjs'], project), types);
  });

  test('plays its demo', () => {
    assert.match(command('demo', '--pace', '0', '--exit'), /=> RudderStack +POST \/v1\/batch/);
  });

  test('checks itself by its fixtures', () => {
    assert.match(command('conformance', '--protocol', 'rudderstack'), /rudderstack: \d+ hold, 0 fail/);
  });

  test('replays an archive', () => {
    const settings = join(scratch, 'settings.yaml');
    writeFileSync(settings, 'id: shop\n');
    const archive = join(scratch, 'archive.ndjson');
    const event = { type: 'track', event: 'Order Completed', userId: 'user-42', timestamp: '2026-01-02T03:04:05.000Z' };
    writeFileSync(archive, JSON.stringify(event));
    const said = command('replay', archive, '--settings', settings, '--allow-older', '--dry-run', '--json');
    assert.equal(JSON.parse(said).accepted, 1, said);
  });
});
