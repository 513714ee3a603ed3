// Operators of several replicas: a session, a sign-in link and an earlier version of settings are good at each of them.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createLogger } from '../../src/base/logger.js';
import { createSharedEnded } from '../../src/operate/access/shared-sessions.js';
import { type MigratedSchema, migratedSchema } from '../../testkit/postgres-replicas.js';
import { type SettingsRig, startSettings } from '../../testkit/settings-desk.js';
import { until } from '../../testkit/until.js';

const SHOP = `id: shop
secretKey: "literal-key-of-the-shop"
segment: { sharedSecrets: [shared-secret-of-the-shop] }
`;

const CHANGE = { path: ['audiences', 'windowMs'], value: 5_000 };

const WRITE_TOKEN = 'write-token-of-tests';

interface Replicas {
  readonly schema: MigratedSchema;
  readonly one: SettingsRig;
  readonly two: SettingsRig;
}

/** Two replicas that read the same settings. */
async function start(context: TestContext): Promise<Replicas | undefined> {
  const schema = await migratedSchema(context);
  if (schema === undefined) return undefined;
  const environment = { PUBLIC_PORT: '0', OUTBOX_URL: schema.url, OUTBOX_SCHEMA: schema.schema };
  const one = await startSettings(context, { 'shop.yaml': SHOP }, environment);
  return { schema, one, two: await one.again() };
}

const post = ({ server }: SettingsRig, path: string, headers: Readonly<Record<string, string>>, body: object) =>
  fetch(server.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

/** A cookie as a browser sends it to another replica behind the same address. */
function cookieFor({ server }: SettingsRig, response: Response): Readonly<Record<string, string>> {
  const [cookie = ''] = (response.headers.get('set-cookie') ?? '').split(';');
  const name = `statsig_cdp_${new URL(server.url).port}`;
  return { cookie: cookie.replace(/^[^=]+/, name), 'sec-fetch-site': 'same-origin' };
}

const statusOf = async ({ server }: SettingsRig, headers: Readonly<Record<string, string>>) =>
  (await fetch(`${server.url}/api/session`, { headers })).status;

test('a session that began at one replica goes on at another, and one that is ended there is over at all', async (context) => {
  const replicas = await start(context);
  if (replicas === undefined) return;
  const { one, two } = replicas;
  const [ended, other] = [
    await post(one, '/api/session', {}, { token: WRITE_TOKEN }),
    await post(one, '/api/session', {}, { token: WRITE_TOKEN }),
  ];
  assert.equal(await statusOf(two, cookieFor(two, ended)), 200);
  assert.equal((await post(two, '/api/session/end', cookieFor(two, ended), {})).status, 200);
  assert.equal(await statusOf(one, cookieFor(one, ended)), 401);
  assert.equal(await statusOf(two, cookieFor(two, ended)), 401);
  assert.equal(await statusOf(one, cookieFor(one, other)), 200);
});

test('a sign-in link that one replica made works at another, once', async (context) => {
  const replicas = await start(context);
  if (replicas === undefined) return;
  const { one, two, schema } = replicas;
  const made = await post(one, '/api/session/link', { authorization: `Bearer ${WRITE_TOKEN}` }, {});
  const { link, expiresAt } = JSON.parse(await made.text());
  const code = link.split('#link=')[1];
  assert.ok(expiresAt > Date.now() + 30_000);
  assert.doesNotMatch(JSON.stringify(await schema.run('select * from console_link')), new RegExp(code));
  const answers = await Promise.all(
    [two, one, two].map((replica) => post(replica, '/api/session', {}, { link: code })),
  );
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 401, 401]);
});

test('a change of settings that was saved at one replica is shown and undone at another; no key is in the database', async (context) => {
  const replicas = await start(context);
  if (replicas === undefined) return;
  const { one, two, schema } = replicas;
  const { version, workspace } = await one.document();
  const changes = [CHANGE];
  const saved = await one.save({ workspace, version, changes });
  assert.equal(saved.status, 200, saved.text);
  await until(() => /windowMs/.test(readFileSync(join(two.settings, 'shop.yaml'), 'utf8')), 'it is written');
  const [last] = (await two.history()).body.versions;
  assert.equal(last?.by, 'console');
  const details = await two.history(`?id=${last?.id}`);
  assert.match(details.body.details?.diff ?? '', /windowMs/);
  assert.doesNotMatch(details.text, /literal-key|shared-secret/);
  assert.doesNotMatch(
    JSON.stringify(await schema.run("select *, encode(texts, 'escape') from settings_change")),
    /literal-key|shared-secret/,
  );
  const undone = await two.undo({ id: last?.id, version: details.body.details?.version });
  assert.equal(undone.status, 200, undone.text);
  assert.equal(readFileSync(join(one.settings, 'shop.yaml'), 'utf8'), SHOP);
  assert.deepEqual(
    (await one.history()).body.versions.map(({ by }) => by),
    ['undo', 'console'],
  );
  assert.ok(
    !readdirSync(join(one.directory)).includes('data') ||
      !readdirSync(join(one.directory, 'data')).includes('settings-history'),
  );
});

test('an edit by hand that all replicas see is in the history once', async (context) => {
  const replicas = await start(context);
  if (replicas === undefined) return;
  const { one, two } = replicas;
  const { version, workspace } = await one.document();
  assert.equal((await one.save({ workspace, version, changes: [CHANGE] })).status, 200);
  const edits = [3_000, 4_000, 6_000];
  for (const [index, windowMs] of edits.entries()) {
    writeFileSync(join(one.settings, 'shop.yaml'), `${SHOP}audiences: { windowMs: ${windowMs} }\n`);
    for (const replica of [one, two])
      await until(async () => (await replica.document()).text.includes(String(windowMs)), 'each replica has read it');
    await until(async () => (await two.history()).body.versions.length >= index + 2, 'the edit is kept');
  }
  assert.deepEqual(
    (await one.history()).body.versions.map(({ by }) => by),
    ['outside', 'outside', 'outside', 'console'],
  );
});

test('while the database does not answer, sessions go on, and one that is ended then is ended for all once it answers', async (context) => {
  const schema = await migratedSchema(context);
  if (schema === undefined) return;
  const open = () =>
    createSharedEnded({ database: schema.connect(context), now: Date.now, log: createLogger('silent') });
  const [one, two] = [open(), open()];
  const session = { role: 'write', id: 'session-1', expiresAt: await one.expiryFor('write') } as const;
  await schema.run('alter table console_session_ended rename to away');
  assert.equal(await one.has(session), false);
  await one.end(session);
  assert.equal(await one.has(session), true);
  await schema.run('alter table away rename to console_session_ended');
  assert.equal(await one.has({ ...session, id: 'another' }), false);
  assert.equal(await two.has(session), true);
});

test('where more sessions were ended than are remembered, all of that role until then are, at each replica', async (context) => {
  const schema = await migratedSchema(context);
  if (schema === undefined) return;
  const open = () =>
    createSharedEnded({ database: schema.connect(context), now: Date.now, log: createLogger('silent'), max: 3 });
  const [one, two] = [open(), open()];
  const session = async (id: string, role: 'read' | 'write') => ({ role, id, expiresAt: await one.expiryFor(role) });
  const [kept, other] = [await session('kept', 'read'), await session('other', 'write')];
  for (let each = 0; each < 4; each += 1) await two.end(await session(`read-${each}`, 'read'));
  assert.deepEqual([await one.has(kept), await one.has(other)], [true, false]);
  assert.equal(await two.has(await session('new', 'read')), false, 'who signs in again is in');
});
