// The command that connects Segment, killed at each of its calls, and refused in each way: it ends well, and the next run goes on where it was.

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { assertConnected, type Connect, startConnect } from '../../testkit/connect-command.js';
import {
  PUBLIC_API_TOKEN,
  type SegmentOptions,
  type Trouble,
  tooMany,
} from '../../testkit/segment-public-api/stand-in.js';

/** All of a list at once: a call more says nothing more here. */
const WHOLE_PAGES = { pageSize: 1000 };

const CONNECT = ['--no-test'];
const UNDO = ['--undo', '--yes'];

/** No secret that the run knows of is in what it says. */
function assertSilent({ disk }: Connect, ...said: readonly string[]): void {
  const secrets = Object.entries(disk()).filter(([name]) => name.startsWith('secrets/'));
  for (const secret of [PUBLIC_API_TOKEN, ...secrets.map(([, text]) => text.trim())])
    assert.ok(!said.join('\n').includes(secret), 'a secret was said');
}

/** Runs a command and kills it: before its n-th call, or after the n-th that changes something. @returns false where it ended before */
async function runKilled(connect: Connect, args: readonly string[], count: number, isDone: boolean): Promise<boolean> {
  const { segment, run, kill } = connect;
  let left = count;
  segment.trouble(({ method }) => {
    // A kill after a call that only reads is one before the next call.
    if (isDone && method === 'GET') return undefined;
    left -= 1;
    return left === 0 ? { isDone, meanwhile: kill } : undefined;
  });
  const { signal, code, stderr } = await run(args);
  segment.trouble();
  if (signal === 'SIGKILL') return true;
  assert.equal(code, 0, stderr);
  return false;
}

for (const isDone of [false, true]) {
  const when = isDone ? 'after Segment carried it out' : 'before Segment carried it out';
  test(`SIGKILL at each call, ${when}: the next run ends as one that was not killed, and the undoing too`, async (context) => {
    const connect = await startConnect(context, WHOLE_PAGES);
    const { segment, run, disk } = connect;
    const before = { state: segment.workspace.state(), disk: disk() };
    const kinds = new Set<string>();
    for (const args of [CONNECT, UNDO])
      for (let count = 1; ; count += 1) {
        if (args === UNDO) {
          const made = await run(CONNECT);
          assert.equal(made.code, 0, made.stderr);
        }
        const isKilled = await runKilled(connect, args, count, isDone);
        if (isKilled) kinds.add(segment.calls.at(-1)?.id ?? '');
        if (args === CONNECT) {
          const next = await run(CONNECT);
          assert.equal(next.code, 0, `after call ${count}: ${next.stdout}${next.stderr}`);
          assertConnected(connect, before.state);
        }
        const undone = await run(UNDO);
        assert.equal(undone.code, 0, `after call ${count}: ${undone.stderr}`);
        assert.deepEqual([segment.workspace.state(), disk()], [before.state, before.disk], `after call ${count}`);
        if (!isKilled) break;
      }
    for (const id of [
      'createSource',
      'createDestination',
      'createDestinationSubscription',
      'deleteDestination',
      'deleteSource',
    ])
      assert.ok(kinds.has(id), `killed at ${id}`);
  });
}

async function begin(context: TestContext, options: SegmentOptions = {}) {
  const connect = await startConnect(context, { ...WHOLE_PAGES, ...options });
  return { ...connect, connect, before: { state: connect.segment.workspace.state(), disk: connect.disk() } };
}

test('an answer that is lost, or a failure of Segment after it did what was asked: nothing is made twice', async (context) => {
  const { connect, segment, run, before } = await begin(context);
  const troubles: Trouble[] = [
    { connection: 'cut', isDone: true },
    { status: 502, isDone: true },
    { connection: 'cut', isDone: false },
  ];
  // Each of the three that make something meets another trouble, once.
  const met = new Set<string>();
  segment.trouble(({ id, method }) => {
    if (method === 'GET' || met.has(id)) return undefined;
    met.add(id);
    return troubles[met.size - 1];
  });
  const { code, stdout, stderr } = await run();
  assert.equal(code, 0, stderr);
  assert.equal(met.size, 3);
  assertConnected(connect, before.state);
  assertSilent(connect, stdout, stderr);
});

test('too many requests: it waits as long as Segment says, by the header or by the body, and asks again', async (context) => {
  const { connect, segment, run, before } = await begin(context);
  const asked = new Map<string, number>();
  const gaps: number[] = [];
  let since = 0;
  segment.trouble(({ id }) => {
    const count = (asked.get(id) ?? 0) + 1;
    asked.set(id, count);
    if (count === 2 && since > 0) gaps.push(performance.now() - since);
    since = 0;
    const isFirst = count === 1;
    if (!isFirst || (id !== 'createSource' && id !== 'createDestination')) return undefined;
    since = performance.now();
    return id === 'createSource' ? tooMany(0, { 'retry-after': '1' }) : tooMany(1200);
  });
  const { code, stderr } = await run();
  assert.equal(code, 0, stderr);
  assert.equal(gaps.length, 2);
  assert.ok((gaps[0] ?? 0) >= 990 && (gaps[1] ?? 0) >= 1190, `waited ${gaps.join(' and ')} ms`);
  assertConnected(connect, before.state);

  // A window that is longer than anybody waits for is said.
  segment.trouble(() => tooMany(3_600_000));
  const late = await run();
  assert.equal(late.code, 1);
  assert.match(late.stderr, /wants no request for 3600 seconds/);
});

test('what Segment refuses ends the run with what to do; once it is put right the next run goes on', async (context) => {
  const { connect, segment, run, before, disk } = await begin(context);
  const cases: readonly (readonly [string, Trouble, RegExp])[] = [
    ['listSources', { status: 401, message: 'Unauthorized' }, /does not take the token/],
    ['createSource', { status: 403, message: 'Forbidden' }, /The token may not do this/],
    // As Segment documents it: 401 is for a token without the permission, too.
    ['createSource', { status: 401, message: 'Unauthorized' }, /may not do this/],
    ['createDestination', { status: 403, message: 'Forbidden' }, /The token may not do this/],
    [
      'createDestination',
      { status: 422, message: '"settings" is not valid' },
      /refuses it \(422\).*"settings" is not valid/,
    ],
    ['createDestination', { status: 500, message: 'no' }, /fails \(500\).*Run this again/],
  ];
  for (const [id, trouble, said] of cases) {
    segment.trouble((call) => (call.id === id ? trouble : undefined));
    const { code, stdout, stderr } = await run();
    assert.equal(code, 1, `${id} ${trouble.status}: ${stdout}`);
    assert.match(stderr, said);
    assert.equal(stderr.trim().split('\n').length, 1, stderr);
    assertSilent(connect, stdout, stderr);
  }
  segment.trouble();
  assert.equal((await run()).code, 0);
  assertConnected(connect, before.state);
  assert.equal((await run(UNDO)).code, 0);
  assert.deepEqual([segment.workspace.state(), disk()], [before.state, before.disk]);
});

test('Alpha off, or a limit of the plan: the rest is made, and what is left is told click by click', async (context) => {
  const { connect, segment, run, before } = await begin(context, { hasAlpha: false });
  const { code, stdout, stderr } = await run();
  assert.equal(code, 0, stderr);
  const { destinations, subscriptions } = segment.workspace;
  assert.deepEqual([destinations.size, subscriptions.size], [2, 1]);
  for (const click of [
    /^by hand: Make the mapping/m,
    /Mappings > New Mapping > Send\./,
    /^ +https:\/\/cdp\.example\/segment\/shop$/m,
    /^ +Bearer \(the secret in .*shop-segment-header\)$/m,
    /^ +1000$/m,
  ])
    assert.match(stdout, click);
  assertSilent(connect, stdout, stderr);
  // The feature comes: the next run makes the mapping alone.
  segment.setAlpha(true);
  const made = segment.changes().length;
  assert.equal((await run()).code, 0);
  assert.deepEqual(
    segment
      .changes()
      .slice(made)
      .map(({ id }) => id),
    ['createDestinationSubscription'],
  );
  assertConnected(connect, before.state);
  await run(UNDO);

  segment.trouble(({ id }) =>
    id === 'createDestination' ? { status: 402, message: 'Your plan does not allow more destinations' } : undefined,
  );
  const limited = await run();
  assert.equal(limited.code, 0, limited.stderr);
  assert.match(limited.stdout, /Catalog > Webhooks \(Actions\) > Configure, and select the source Web\./);
  assertSilent(connect, limited.stdout, limited.stderr);
});

test('a token that sees no write keys, and the EU, where Segment has no source of Statsig', async (context) => {
  const { connect, segment, run, settings, before } = await begin(context, { region: 'eu', seesWriteKeys: false });
  const { code, stdout, stderr } = await run(['--no-test', '--region', 'eu']);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^done: Make the source "statsig-cdp-shop" \(HTTP API\)/m);
  assert.match(stdout, /Settings > API Keys: copy the Write Key\./);
  assert.doesNotMatch(connect.disk()['shop.yaml'] ?? '', /write-key/, 'a file that is not there is not named');
  assert.equal((await run([...UNDO, '--region', 'eu'])).code, 0);
  rmSync(join(settings, 'secrets'), { recursive: true, force: true });
  assert.deepEqual([segment.workspace.state(), connect.disk()], [before.state, before.disk]);
});

test('what has our names and is of others is left alone, by the run and by the undoing', async (context) => {
  const { segment, run, before } = await begin(context);
  const { workspace } = segment;
  const [web] = workspace.sources.values();
  const theirs = workspace.addDestination({
    sourceId: web?.id,
    metadataId: '614a3c7d791c91c41bae7599',
    name: 'statsig-cdp shop',
    settings: { sharedSecret: 'shared-secret-of-others' },
  });
  workspace.addSubscription(theirs, {
    name: 'statsig-cdp shop',
    actionId: 'nFPnRozhz1mh4Gbx4MLvT5',
    trigger: 'type = "track"',
    enabled: true,
    settings: { url: 'https://other.example/segment/shop', method: 'POST' },
  });
  const state = workspace.state();
  const { code, stderr } = await run();
  assert.equal(code, 1);
  assert.match(stderr, /posts elsewhere than to https:\/\/cdp\.example\/segment\/shop/);
  await run(UNDO);
  assert.deepEqual(workspace.state(), state);
  assert.equal(state.destinations.length, before.state.destinations.length + 1);
});

test('a token of another workspace is refused before anything is made', async (context) => {
  const { run, before, disk, segment } = await begin(context, { token: 'another-token-of-tests' });
  const { code, stderr } = await run();
  assert.deepEqual([code, segment.calls, disk()], [1, [], before.disk]);
  assert.match(stderr, /does not take the token: .*one of another region \(--region\)/);
  assert.ok(!stderr.includes(PUBLIC_API_TOKEN));
});
