// The demo shows what the plugin does, between stand-ins that hold it against the published rules, and leaves nothing.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { CLI } from '../../testkit/programs.js';
import { temporaryDirectory } from '../../testkit/settings.js';
import { until } from '../../testkit/until.js';

test('the demo plays both ways, takes events of others, and leaves nothing after Ctrl-C', async (context) => {
  const folder = temporaryDirectory(context);
  const child = spawn(process.execPath, [CLI, 'demo', '--pace', '0'], {
    env: { PATH: process.env.PATH, TMPDIR: folder },
  });
  context.after(() => child.kill('SIGKILL'));
  const exit = once(child, 'exit');
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line.trim()));
  const errors: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  const says = (pattern: RegExp) => lines.some((line) => pattern.test(line));
  await until(() => says(/^curl /) || child.exitCode !== null, 'the last scene is over');
  assert.deepEqual(errors, []);

  const arrived = lines.filter((line) => line.startsWith('=> '));
  const at = (name: string) => arrived.filter((line) => line.startsWith(`=> ${name} `)).length;
  assert.deepEqual(['Statsig', 'Segment', 'RudderStack', 'transformer'].map(at), [6, 1, 1, 1]);
  assert.equal(arrived.filter((line) => line.endsWith('answered 503')).length, 1, 'the outage is shown');
  assert.deepEqual(
    arrived.filter((line) => line.includes('   ! ')),
    [],
    'no rule of the targets is broken',
  );
  assert.ok(says(/^Segment +-> POST \/segment\/demo {3}track Order Completed of user-42$/));
  assert.ok(
    says(/^=> Segment +POST \/v1\/batch {3}track statsig::experiment_exposure of user-42; track Checkout Completed/),
  );
  assert.ok(says(/^<- 200 .*"duplicate"/));

  const [, url = '', writeKey = ''] = /^curl -s (\S+) -u (\S+):/.exec(lines.at(-1) ?? '') ?? [];
  const authorization = `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`;
  const body = JSON.stringify({ event: 'Signed Up', userId: 'user-1' });
  const answer = await fetch(url, { method: 'POST', headers: { authorization }, body });
  assert.equal(answer.status, 200);
  await until(() => says(/^=> Statsig +POST \/v1\/log_event {3}segment::Signed Up of user-1$/), 'the event arrives');

  assert.equal(readdirSync(folder).length, 1);
  child.kill('SIGINT');
  assert.deepEqual(await exit, [0, null]);
  assert.deepEqual(readdirSync(folder), []);
});

test('it can be left in the middle of a scene', async (context) => {
  const folder = temporaryDirectory(context);
  const child = spawn(process.execPath, [CLI, 'demo'], { env: { PATH: process.env.PATH, TMPDIR: folder } });
  context.after(() => child.kill('SIGKILL'));
  const exit = once(child, 'exit');
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  assert.deepEqual(await exit, [0, null]);
  assert.deepEqual(readdirSync(folder), []);
});

test('it ends when npx is ended, whose shell passes no signal on', async (context) => {
  const folder = temporaryDirectory(context);
  const env = { PATH: process.env.PATH, TMPDIR: folder, npm_command: 'exec' };
  const shell = spawn('sh', ['-c', '"$@"; true', 'sh', process.execPath, CLI, 'demo'], { env });
  await once(shell.stdout, 'data');
  const demo = Number(readFileSync(`/proc/${shell.pid}/task/${shell.pid}/children`, 'utf8'));
  context.after(() => {
    if (existsSync(`/proc/${demo}`)) process.kill(demo, 'SIGKILL');
  });
  let hasEnded = false;
  shell.stdout.resume().once('close', () => {
    hasEnded = true;
  });
  shell.kill('SIGTERM');
  await until(() => hasEnded, 'the demo ends');
  assert.deepEqual(readdirSync(folder), []);
});
