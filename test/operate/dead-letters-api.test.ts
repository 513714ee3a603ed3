// /api/dead-letters in the process: groups, filters, pages, one letter, deeds by filter, and what has become of what was put back.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type {
  DeadLetterGroups,
  DeadLetterLine,
  DeadLetterPreview,
  RedeliveryReport,
} from '../../src/operate/dead-letters/shapes.js';
import { ACCEPTED, serveLogEvent } from '../../testkit/log-event-stand-in.js';
import { startHere } from '../../testkit/server.js';
import type { StandInAnswer } from '../../testkit/stand-in.js';
import { until } from '../../testkit/until.js';

const TOKENS = { ADMIN_TOKEN: 'open-sesame', ADMIN_READ_TOKEN: 'only-look' };
const WRONG_KEY: StandInAnswer = { status: 401, body: '{"error":"invalid key"}' };
const BAD_EVENT: StandInAnswer = { status: 400, body: '{"error":"bad event"}' };

/** A process whose Statsig answers as the test says, its /api, and a sender. */
async function start(context: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'dead-letters-api-'));
  let answer: (names: readonly string[]) => StandInAnswer = () => WRONG_KEY;
  const statsig = await serveLogEvent(context, (names) => answer(names));
  const settings = join(directory, 'shop.yaml');
  writeFileSync(
    settings,
    `secretKey: secret-example\neventsUrl: ${statsig.url}\ntrackingApi: { writeKeys: [shop-key] }\n`,
  );
  const plugin = await startHere({
    STATSIG_CDP_SETTINGS: settings,
    OUTBOX_DIRECTORY: join(directory, 'outbox'),
    ...TOKENS,
  });
  context.after(async () => {
    await plugin.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const ask = async (path: string, body?: object, token = TOKENS.ADMIN_TOKEN) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const request = body === undefined ? { headers } : { headers, method: 'POST', body: JSON.stringify(body) };
    const response = await fetch(`${plugin.url}/api/dead-letters${path}`, request);
    return { status: response.status, text: await response.text() };
  };
  const json = async (path: string, body?: object) => JSON.parse((await ask(path, body)).text);
  const list = async (query: string): Promise<DeadLetterLine[]> =>
    (await ask(query.replaceAll('%2F', '%252F'))).text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  const groups = (query = ''): Promise<DeadLetterGroups> => json(`/groups${query}`);
  let sent = 0;
  return {
    statsig,
    plugin,
    ask,
    json,
    list,
    groups,
    answerWith(how: typeof answer) {
      answer = how;
    },
    async track(event: string, userId = 'user-42') {
      sent += 1;
      const body = JSON.stringify({ writeKey: 'shop-key', userId, event, messageId: `${event}-${sent}` });
      assert.equal((await fetch(`${plugin.url}/v1/track`, { method: 'POST', body })).status, 200);
    },
    async dead(count: number) {
      await until(async () => (await groups()).total === count, `${count} dead letters`);
    },
  };
}

test('a wrong key is one group that says what to do; put right, all of it is delivered, and that is told', async (context) => {
  const { ask, groups, json, list, track, dead, answerWith, statsig } = await start(context);
  assert.deepEqual(await groups(), { groups: [], read: 0, total: 0, isPartial: false, omitted: 0 });
  await Promise.all([track('Order Completed'), track('Order Completed', 'user-7')]);
  await dead(2);
  const {
    groups: [group, ...others],
  } = await groups();
  assert.deepEqual(others, []);
  assert.deepEqual(
    [group?.workspaceId, group?.target, group?.reason, group?.status, group?.count],
    ['shop', 'statsig', 'unauthorized', 401, 2],
  );
  assert.match(group?.fix ?? '', /Correct the workspace's `secretKey` in the settings, then redeliver/);
  assert.equal(group?.sample.event, 'segment::Order Completed');
  assert.ok((group?.oldest ?? 0) <= (group?.newest ?? -1));

  const [first] = await list('?status=401&user=user-7');
  assert.equal(first?.user, 'user-7');
  const preview: DeadLetterPreview = await json('/preview', { key: first?.key });
  assert.equal(preview.letter.key, first?.key);
  assert.ok(preview.redelivery.kind === 'sends');
  const [request] = preview.redelivery.requests;
  assert.match(request?.url ?? '', new RegExp(`^${statsig.url}`));
  assert.match(JSON.stringify(request?.body), /user-7/);
  assert.doesNotMatch(JSON.stringify(preview), /secret-example/);
  assert.ok(preview.original.known, 'a moment ago, so it is in the memory of the live log');
  assert.match(JSON.stringify(preview.original.event), /"event":"Order Completed"/);

  // What is still wrong costs no more than one try, and is told.
  const again = await json('/redeliver', { keys: [first?.key] });
  assert.equal(again.changed, 1);
  const reportOf = (id: string): Promise<RedeliveryReport> => json(`/redelivery?id=${id}`);
  await until(async () => (await reportOf(again.redelivery)).failedAgain.length > 0, 'it failed again');
  const failed = await reportOf(again.redelivery);
  assert.deepEqual(
    [failed.redelivered, failed.delivered, failed.failedAgain[0]?.reason, failed.failedAgain[0]?.count, failed.waiting],
    [1, 0, 'unauthorized', 1, 0],
  );
  await dead(2);

  answerWith(() => ACCEPTED);
  const done = await json('/redeliver', { workspace: 'shop', target: 'statsig', status: 401 });
  assert.equal(done.changed, 2);
  await until(async () => (await reportOf(done.redelivery)).delivered === 2, 'both are delivered');
  assert.equal(statsig.accepted().length, 2);
  assert.equal((await reportOf(done.redelivery)).waiting, 0);
  assert.deepEqual((await groups()).groups, []);
  const unknown = await ask('/redelivery?id=unknown');
  assert.equal(unknown.status, 404);
  assert.match(unknown.text, /REDELIVERY_UNKNOWN/);
});

test('filters name target, reason, status, time, event and user; pages go on behind a key', async (context) => {
  const { ask, groups, list, json, track, dead, answerWith, plugin } = await start(context);
  answerWith((names) => (names.some((name) => name.includes('Page')) ? { status: 413 } : BAD_EVENT));
  const names = ['One', 'Two', 'Three', 'Page:Home'];
  for (const [at, name] of names.entries()) {
    await track(name, `user-${at}`);
    await dead(at + 1);
  }
  const all = await list('');
  assert.deepEqual(
    all.map(({ event, reason, status }) => [event, reason, status]),
    [
      ...names.slice(0, 3).map((name) => [`segment::${name}`, 'rejected', 400]),
      ['segment::Page:Home', 'too_large', 413],
    ],
  );
  const found = async (query: string) => (await list(`?${query}`)).map(({ event }) => event?.replace('segment::', ''));
  assert.deepEqual(await found('reason=rejected'), ['One', 'Two', 'Three']);
  assert.deepEqual(await found('status=413'), ['Page:Home']);
  assert.deepEqual(await found('status=none'), []);
  assert.deepEqual(await found('event=T*'), ['Two', 'Three']);
  assert.deepEqual(await found('event=segment::One'), ['One']);
  assert.deepEqual(await found('user=user-2'), ['Three']);
  assert.deepEqual(await found('workspace=other'), []);
  assert.deepEqual(await found('target=segment'), []);
  assert.deepEqual(await found('target=statsig&limit=2'), ['One', 'Two']);
  const [one, two, three] = all;
  assert.deepEqual(await found(`limit=2&after=${two?.key}`), ['Three', 'Page:Home']);
  assert.deepEqual(await found(`order=newest&limit=2&after=${three?.key}`), ['Two', 'One']);
  assert.deepEqual(await found(`since=${two?.diedAt}&until=${new Date(three?.diedAt ?? 0).toISOString()}`), [
    'Two',
    'Three',
  ]);
  assert.deepEqual(await found(`key=${two?.key}`), ['Two']);
  assert.deepEqual(
    (await groups('?event=T*')).groups.map(({ count, reason }) => [count, reason]),
    [[2, 'rejected']],
  );
  for (const wrong of ['since=yesterday', 'status=many', 'limit=0', 'limit=-1']) {
    const { status, text } = await ask(`?${wrong}`);
    assert.equal(status, 400, wrong);
    assert.match(text, /REQUEST_INVALID/);
  }
  const missing = await ask('/preview', { key: 'no-such-key' });
  assert.equal(missing.status, 404);
  assert.match(missing.text, /DEAD_LETTER_UNKNOWN/);
  assert.match((await ask('/drop', { reason: 'rejected' })).text, /DEAD_LETTERS_NOT_NAMED/);

  // By filter and in pieces: each says where the next one goes on.
  const dropped = await json('/drop', { workspace: 'shop', reason: 'rejected', limit: 2 });
  assert.equal(dropped.changed, 2);
  const rest = await json('/drop', { workspace: 'shop', reason: 'rejected', limit: 2, ...dropped.next });
  assert.deepEqual(rest, { changed: 1 });
  assert.deepEqual(await found(''), ['Page:Home']);
  assert.deepEqual(await json('/drop', { keys: [one?.key, 'no-such-key'] }), {
    changed: 0,
    unknown: [one?.key, 'no-such-key'],
  });
  assert.deepEqual(await json('/drop', { workspace: 'shop', user: 'user-0' }), { changed: 0 });

  // A deed is logged with its number, and without whose events they were.
  assert.equal((await json('/drop', { workspace: 'shop', user: 'user-3' })).changed, 1);
  const logged = plugin.lines.filter((line) => line.includes('Dead letters were dropped'));
  assert.deepEqual(
    logged.map((line) => JSON.parse(line).changed),
    [2, 1, 1],
  );
  assert.match(logged.at(-1) ?? '', /"workspace":"shop".*"ofOneUser":true/);
  assert.doesNotMatch(logged.join('\n'), /user-\d|Page:Home/);
});

test('who may only look sees dead letters and changes none', async (context) => {
  const { ask, groups, track, dead } = await start(context);
  await track('Refused');
  await dead(1);
  const read = TOKENS.ADMIN_READ_TOKEN;
  const { text } = await ask('', undefined, read);
  const { key } = JSON.parse(text);
  for (const path of ['', '/groups', '/redelivery?id=x'])
    assert.notEqual((await ask(path, undefined, read)).status, 403, path);
  assert.equal((await ask('/preview', { key }, read)).status, 200);
  for (const path of ['/redeliver', '/drop']) {
    assert.equal((await ask(path, { keys: [key] }, read)).status, 403, path);
    assert.equal((await ask(path, { keys: [key] }, 'wrong')).status, 401, path);
  }
  assert.equal((await groups()).total, 1);
});
