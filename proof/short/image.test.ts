// The image's steps, read out of deploy/Dockerfile, in an empty folder with an empty home; then what they made runs as a container would: no root, a root that is read-only, a volume.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { type Image, makeImage } from '../../testkit/image-steps.js';

const ROOT = new URL('../../../', import.meta.url).pathname;

/** Makes all of the machine read-only for a command, but for one folder; then the command runs as nobody. */
const CONTAINED = `mount --make-rprivate / && mount --bind "$1" "$1" && mount --bind / / && mount -o remount,ro,bind /
shift; exec setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs "$@"`;

/** Whether this machine lets us do that. */
const canContain = spawnSync('unshare', ['-m', 'true']).status === 0 && spawnSync('setpriv', ['--help']).status === 0;

describe('the image', () => {
  let scratch = '';
  let image: Image;
  let child: ChildProcess | undefined;

  before(() => {
    scratch = mkdtempSync(join(tmpdir(), 'image-'));
    chmodSync(scratch, 0o755);
    image = makeImage(join(ROOT, 'deploy/Dockerfile'), ROOT, scratch);
  });
  after(() => {
    child?.kill('SIGKILL');
    rmSync(scratch, { recursive: true, force: true });
  });

  test('holds what serves, and neither sources nor compilers', () => {
    const has = (path: string) => existsSync(join(image.root, image.workdir, path));
    for (const path of [
      'dist/bundle/main.js',
      'dist/console/index.html',
      'bin/statsig-cdp.js',
      'manifest.json',
      'openapi.json',
    ])
      assert.ok(has(path), path);
    for (const path of ['src', 'test', 'dist/src', 'node_modules/typescript', 'node_modules/esbuild'])
      assert.ok(!has(path), path);
    assert.equal(image.user, 'node');
    assert.deepEqual(image.volumes, ['/data']);
    for (const [name, value] of Object.entries(image.environment))
      if (value.startsWith('/')) assert.match(value, /^\/data(?:\/|$)/, `${name} is on the volume`);
  });

  test('serves, is healthy, keeps events on its volume, and stops at a signal', async (context) => {
    if (!canContain)
      context.diagnostic('NOT CHECKED: the read-only root and the user, because unshare is not allowed here');
    const workdir = join(image.root, image.workdir);
    const volume = join(image.root, 'data');
    chmodSync(volume, 0o777);
    const environment = Object.fromEntries(
      Object.entries(image.environment).map(([name, value]) => [
        name,
        value.startsWith('/') ? image.root + value : value,
      ]),
    );
    const [program = '', ...args] = image.command;
    const contained = [
      '-m',
      'sh',
      '-ec',
      CONTAINED,
      'sh',
      volume,
      program === 'node' ? process.execPath : program,
      ...args,
    ];
    const started = canContain
      ? spawn('unshare', contained, { cwd: workdir, env: { PATH: process.env.PATH, ...environment, PORT: '0' } })
      : spawn(process.execPath, args, { cwd: workdir, env: { PATH: process.env.PATH, ...environment, PORT: '0' } });
    child = started;
    const exit = once(started, 'exit');
    const errors: string[] = [];
    createInterface({ input: started.stderr }).on('line', (line) => errors.push(line));
    const port = await new Promise<number>((resolve, reject) => {
      createInterface({ input: started.stdout }).on('line', (line) => {
        const { port } = JSON.parse(line);
        if (port !== undefined) resolve(port);
      });
      exit.then(() => reject(new Error(`it ended: ${errors.join('\n')}`)));
    });

    const health = (at: number) =>
      spawnSync(process.execPath, image.healthcheck.slice(1), { env: { ...process.env, PORT: String(at) } }).status;
    assert.equal(health(port), 0);
    const answer = await fetch(`http://127.0.0.1:${port}/segment/default`, {
      method: 'POST',
      body: JSON.stringify({ type: 'track', event: 'Order Completed', userId: 'user-42', messageId: 'msg-1' }),
    });
    assert.equal(answer.status, 200, await answer.text());
    assert.ok(readdirSync(join(volume, 'outbox')).length > 0);
    if (canContain) {
      const { stderr } = spawnSync('touch', [`/proc/${started.pid}/root${workdir}/new`], { encoding: 'utf8' });
      assert.match(stderr, /Read-only file system/, 'the root is read-only for the process');
    }

    started.kill('SIGTERM');
    assert.deepEqual(await exit, [0, null]);
    assert.equal(health(port), 1, 'what does not answer is not healthy');
  });
});
