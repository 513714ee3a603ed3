// The package as other programs import it: its entries, types and examples, built anew and used from an empty project.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { checkPackage, Package } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { bundleConvert } from '../../scripts/library/convert-bundle.js';
import { ENTRIES } from '../../scripts/library/entries.js';
import { bundleLibrary } from '../../scripts/library/library-bundle.js';
import { checkTypes } from '../../scripts/library/types.js';
import { readManifest } from '../../src/settings/manifest/check.js';
import { freePort } from '../../testkit/free-port.js';
import { createProject, examplesOf, type Project, textsIn } from '../../testkit/packed-library.js';
import { temporaryDirectory } from '../../testkit/settings.js';

const ROOT = new URL('../../../', import.meta.url).pathname;
const SOURCE = join(ROOT, 'dist', 'src');
const TSC = join(ROOT, 'node_modules', '.bin', 'tsc');

const run = promisify(execFile);

/** The end of a bundle, which says what it exports: reading megabytes before it takes seconds. */
function exportsOf(text: string): string {
  const end = Math.max(text.lastIndexOf('export{'), text.lastIndexOf('0&&(module.exports='));
  return end === -1 ? text : text.slice(end);
}

describe('the package', () => {
  const project: Project = createProject(temporaryDirectory({ after }));
  const changed: string[] = [];

  before(async () => {
    const manifest = readManifest(join(ROOT, 'manifest.json'));
    await Promise.all([
      bundleLibrary(ROOT, SOURCE, project.library, manifest),
      bundleConvert(SOURCE, project.library, manifest),
    ]);
    for (const name of Object.keys(ENTRIES) as (keyof typeof ENTRIES)[])
      if (checkTypes({ name, root: ROOT, target: project.library })) changed.push(name);
  });

  test('has the interface that etc/ writes down', () => {
    assert.deepEqual(changed, [], 'run `npm run build:library`');
  });

  test('has exports and types that every way of importing finds', async () => {
    const { messages, pkg } = await publint({ pkgDir: project.packageDirectory, strict: true, pack: false });
    assert.deepEqual(
      messages.map((message) => formatMessage(message, pkg)),
      [],
    );
    const files = Object.fromEntries(
      [...textsIn(project.packageDirectory)]
        .filter(([name]) => !name.startsWith('fixtures'))
        .map(([name, text]) => [`/node_modules/statsig-cdp/${name}`, exportsOf(text)]),
    );
    const entrypoints = ['.', './convert', './testing'];
    const result = await checkPackage(new Package(files, 'statsig-cdp', '0.1.0'), { entrypoints });
    // TypeScript's oldest way to resolve knows no `exports`, and the Node.js of its days cannot run this.
    const problems = 'problems' in result ? result.problems : [result];
    assert.deepEqual(
      problems.filter((problem) => !('resolutionKind' in problem && problem.resolutionKind === 'node10')),
      [],
    );
  });

  test('names no source map, and no file of a machine that built it', () => {
    for (const [name, text] of textsIn(project.library)) {
      assert.doesNotMatch(text, /sourceMappingURL=(?!data:)/, name);
      assert.ok(!text.includes(ROOT), `${name} names ${ROOT}`);
    }
  });

  test('has examples that compile, without skipLibCheck, as ES modules and CommonJS', async () => {
    for (const [name, code] of examplesOf('docs/library.md')) if (name.endsWith('.ts')) project.write(name, code);
    project.write(
      'typed.cts',
      `import { Registry } from 'prom-client';
       import { pino } from 'pino';
       import { createStatsigCdp, type DeadNotice } from 'statsig-cdp';
       import { parseSettings } from 'statsig-cdp/convert';
       import { createStatsigStandIn } from 'statsig-cdp/testing';
       const cdp = createStatsigCdp({ registry: new Registry(), logger: pino() });
       const stop: () => void = cdp.on('dead', (notice: DeadNotice) => notice.reason);
       // @ts-expect-error: no such hook
       cdp.on('lost', stop);
       export const all = [parseSettings({}).id, createStatsigStandIn];`,
    );
    const compilerOptions = {
      target: 'es2023',
      module: 'nodenext',
      types: ['node'],
      strict: true,
      skipLibCheck: false,
    };
    project.write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['*.ts', '*.cts'] }));
    await run(process.execPath, [TSC, '-p', project.directory]).catch(({ stdout }) => assert.fail(stdout));
  });

  test('mounted in the host of the page it serves, and the process ends by itself when it is closed', async () => {
    const port = await freePort();
    const env = { PORT: String(port), STATSIG_KEY: 'secret-example', OUTBOX_DIRECTORY: join(project.directory, 'a') };
    const child = spawn(process.execPath, ['host.js'], {
      cwd: project.directory,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exit = once(child, 'exit');
    await once(createInterface({ input: child.stdout }), 'line');
    const at = `http://127.0.0.1:${port}`;
    assert.deepEqual(await (await fetch(`${at}/hello`)).json(), { hello: 'host' });
    assert.equal((await fetch(`${at}/cdp/healthz`)).status, 200);
    const refused = await fetch(`${at}/cdp/segment/shop`, { method: 'POST', body: '{}' });
    assert.equal(refused.status, 401);
    child.kill('SIGTERM');
    assert.deepEqual(await exit, [0, null]);
  });

  test('without Express it serves, and ends', async () => {
    const env = { OUTBOX_DIRECTORY: join(project.directory, 'b') };
    const { stdout } = await run(process.execPath, ['plain.js'], { cwd: project.directory, env });
    assert.equal(stdout, '200\n');
  });

  test('in CommonJS it is whole, too', async () => {
    project.write('old.cjs', examplesOf('docs/library.md').get('old.cjs') ?? '');
    const { stdout } = await run(process.execPath, ['old.cjs'], { cwd: project.directory, env: {} });
    assert.equal(stdout, 'statsig::gate_exposure\n');
    project.write(
      'whole.cjs',
      `const { createStatsigCdp } = require('statsig-cdp');
       const { createStatsigStandIn } = require('statsig-cdp/testing');
       const { name } = require('statsig-cdp/manifest.json');
       const sample = require('statsig-cdp/fixtures/samples/segment-order.json');
       const { createServer } = require('node:http');
       (async () => {
         const statsig = await createStatsigStandIn();
         const settings = [{ id: 'shop', secretKey: 'secret-example', eventsUrl: statsig.url, segment: { apiKeys: ['api-example'] } }];
         const cdp = createStatsigCdp({ settings, environment: { OUTBOX_DIRECTORY: process.argv[2] } });
         await cdp.start();
         const server = createServer(cdp.handler).listen(0);
         const headers = { authorization: 'Basic ' + btoa('api-example:'), 'content-type': 'application/json' };
         const url = 'http://127.0.0.1:' + server.address().port + '/segment/shop';
         const delivered = new Promise((resolve) => cdp.on('delivered', resolve));
         const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(sample) });
         const { events } = await delivered;
         console.log(name, answer.status, events, statsig.requests.length);
         server.close();
         await cdp.close();
         await statsig.close();
       })();`,
    );
    const whole = await run(process.execPath, ['whole.cjs', join(project.directory, 'c')], {
      cwd: project.directory,
      env: {},
    });
    assert.equal(whole.stdout, 'STATSIG 200 1 1\n');
    assert.equal(whole.stderr, '');
  });

  test('the examples for where there is no disk do what they say', async () => {
    const event = { type: 'track', event: 'Order Completed', userId: 'user-42', messageId: 'message-1' };
    project.write(
      'call-lambda.js',
      `import { createHmac } from 'node:crypto';
       globalThis.fetch = async () => ({ ok: true });
       const { handler } = await import('./lambda.js');
       const body = JSON.stringify(${JSON.stringify(event)});
       const headers = { 'x-signature': createHmac('sha1', 'shared-example').update(body).digest('hex') };
       const wrong = await handler({ body, headers: {} });
       console.log(JSON.stringify([await handler({ body, headers }), wrong]));`,
    );
    const env = { STATSIG_KEY: 'secret-example' };
    const { stdout } = await run(process.execPath, ['call-lambda.js'], { cwd: project.directory, env });
    assert.deepEqual(JSON.parse(stdout), [
      { statusCode: 200, body: 'segment::Order Completed' },
      { statusCode: 401, body: 'X-Signature is missing' },
    ]);
  });
});
