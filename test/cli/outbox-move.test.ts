// `outbox move`: what a process accepted in a directory is delivered by one that shares a database, and back; what cannot be done is said, without a password.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli, says } from '../../testkit/command-line.js';
import { ACCEPTED, serveLogEvent } from '../../testkit/log-event-stand-in.js';
import { testSchema } from '../../testkit/postgres.js';
import { startHere } from '../../testkit/server.js';
import { temporaryDirectory } from '../../testkit/settings.js';
import { until } from '../../testkit/until.js';

const PASSWORD = 'made-up-password';

test('what waits is moved to a database, and delivered from there; a second time there is nothing', async (context) => {
  const schema = await testSchema(context);
  if (schema === undefined) return;
  const statsig = await serveLogEvent(context, () => ACCEPTED);
  const folder = temporaryDirectory(context);
  const settings = join(folder, 'settings.json');
  const say = (paused: boolean) =>
    writeFileSync(
      settings,
      JSON.stringify({
        id: 'shop',
        secretKey: 'secret-example',
        eventsUrl: statsig.url,
        paused,
        trackingApi: { writeKeys: ['shop-web'] },
      }),
    );
  say(true);
  const directory = join(folder, 'data', 'outbox');
  mkdirSync(join(folder, 'data'));
  const url = new URL(schema.url);
  url.password = PASSWORD;
  const env = { PATH: process.env.PATH, TO: url.href, OUTBOX_SCHEMA: schema.schema };
  const move = (...args: readonly string[]) => runCli(['outbox', 'move', ...args], { env });
  const forth = ['--from', directory, '--to', 'env:TO', '--json'];

  const embedded = await startHere({ STATSIG_CDP_SETTINGS: settings, OUTBOX_DIRECTORY: directory });
  const batch = [0, 1, 2].map((each) => ({
    type: 'track',
    event: `Event ${each}`,
    userId: 'ada',
    messageId: `m-${each}`,
  }));
  const push = (to: string) =>
    fetch(`${to}/v1/batch`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa('shop-web:')}`, 'content-type': 'application/json' },
      body: JSON.stringify({ batch }),
    });
  assert.equal((await push(embedded.publicUrl)).status, 200);
  await assert.rejects(move(...forth), says(/^A process uses the outbox in \S+: stop it first\.$/));
  await embedded.stop();

  const counted = JSON.parse((await move(...forth, '--dry-run')).stdout);
  assert.deepEqual([counted.waiting, counted.deadLetters], [3, 0]);
  const { stdout, stderr } = await move(...forth);
  assert.equal(JSON.parse(stdout).waiting, 3);
  for (const text of [stdout, stderr]) assert.doesNotMatch(text, new RegExp(PASSWORD));
  assert.equal(JSON.parse((await move(...forth)).stdout).waiting, 0);

  say(false);
  const shared = await startHere({
    ...{ STATSIG_CDP_SETTINGS: settings, OUTBOX_DIRECTORY: join(folder, 'other', 'outbox') },
    ...{ OUTBOX_URL: schema.url, OUTBOX_SCHEMA: schema.schema, ADMIN_TOKEN: 'made-up-admin-token' },
  });
  try {
    assert.equal((await push(shared.publicUrl)).status, 200, 'sent again, they are known');
    await until(() => statsig.accepted().length >= 3, 'Statsig has them');
    await assert.rejects(
      move('--from', 'env:TO', '--to', directory),
      says(/^A replica uses the outbox that is to be moved/),
    );
  } finally {
    await shared.stop();
  }
  assert.deepEqual([...statsig.accepted()].sort(), ['segment::Event 0', 'segment::Event 1', 'segment::Event 2']);
});

test('what cannot be done is a sentence, without the password', async (context) => {
  const directory = join(temporaryDirectory(context), 'outbox');
  const env = { PATH: process.env.PATH };
  const move = (from: string, to: string) => runCli(['outbox', 'move', '--from', from, '--to', to], { env });
  await assert.rejects(move(directory, directory), says('Both are the same outbox.'));
  await assert.rejects(move(directory, `${directory}-2`), says(`There is no outbox in ${directory}.`));
  await assert.rejects(move(directory, 'env:NOT_SET'), says('NOT_SET is not set.'));
  await assert.rejects(move(directory, ''), says('A place is not set.'));
  await assert.rejects(
    move(`postgres://cdp:${PASSWORD}@127.0.0.1:1/statsig`, directory),
    (error: { stderr: string }) => {
      assert.match(error.stderr, /^The database: .*ECONNREFUSED/);
      assert.doesNotMatch(error.stderr, new RegExp(PASSWORD));
      return true;
    },
  );
});

test('what is no place is not taken for a directory, and not repeated', async (context) => {
  const folder = temporaryDirectory(context);
  const directory = join(folder, 'outbox');
  const env = { PATH: process.env.PATH };
  const move = (to: string) => runCli(['outbox', 'move', '--from', directory, '--to', to], { env, cwd: folder });
  for (const to of [`mysql://cdp:${PASSWORD}@h/d`, `cdp:${PASSWORD}@h/d`, 'env:NO-NAME'])
    await assert.rejects(
      move(to),
      says(/^A place is a directory, postgres:\/\/user:password@host:5432\/database, or env:NAME\./),
    );
  await assert.rejects(move(`POSTGRES://cdp:${PASSWORD}@h`), says(/^The address must name a database/));
  await assert.rejects(
    move('OUTBOX_URL'),
    says(/^There is no directory OUTBOX_URL\. For the variable write env:OUTBOX_URL\.$/),
  );
  assert.deepEqual(readdirSync(folder), []);
});

test('a trial run finds out whether the database can be used, and makes nothing in it; from a schema that is not there nothing is moved', async (context) => {
  const schema = await testSchema(context);
  if (schema === undefined) return;
  const directory = join(temporaryDirectory(context), 'outbox');
  mkdirSync(directory);
  const other = `${schema.schema}_other`.slice(-60);
  const env = { PATH: process.env.PATH, DATABASE: schema.url, CLOSED: 'postgres://cdp@127.0.0.1:1/statsig' };
  const move = (...args: readonly string[]) => runCli(['outbox', 'move', ...args], { env });
  await assert.rejects(
    move('--from', directory, '--to', 'env:CLOSED', '--dry-run'),
    says(/^The database: .*ECONNREFUSED/),
  );
  await move('--from', directory, '--to', 'env:DATABASE', '--schema', other, '--dry-run');
  for (const dry of [['--dry-run'], []])
    await assert.rejects(
      move('--from', 'env:DATABASE', '--to', directory, '--schema', other, ...dry),
      says(/^There is no outbox in postgres:\/\/.*_other\.$/),
    );
  await assert.rejects(
    move('--from', directory, '--to', 'env:DATABASE', '--schema', 'Other one'),
    says(/^OUTBOX_SCHEMA must be a name of small letters/),
  );
});
