// /api/audiences: lists, sizes, changes that wait, what is left of Statsig's limit, the last calls and what is wrong.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createStatsigStandIn } from '../../src/contract/stand-ins/statsig-stand-in.js';
import { reportAudiences } from '../../src/operate/audiences/report.js';
import type { AudiencesAnswer, AudienceWorkspace } from '../../src/operate/audiences/shapes.js';
import { createRateBudget } from '../../src/targets/statsig-lists/rate-budget.js';
import { audiencesOf } from '../../testkit/id-list-rig.js';
import { startHere } from '../../testkit/server.js';
import { until } from '../../testkit/until.js';

const HEADER_SECRET = 'header-secret';
const TOKENS = { ADMIN_TOKEN: 'open-sesame', ADMIN_READ_TOKEN: 'only-look' };

async function start(context: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'audiences-api-'));
  const statsig = await createStatsigStandIn({ keys: ['console-example'] });
  const document = {
    consoleKey: 'console-example',
    consoleUrl: statsig.url,
    segment: { headerSecrets: [HEADER_SECRET] },
    audiences: { windowMs: 50, lists: [{ key: 'vip_customers', id: 'vip', idType: 'userID' }] },
  };
  const settings = join(directory, 'settings');
  writeFileSync(`${settings}.json`, JSON.stringify({ id: 'shop', ...document }));
  const plugin = await startHere({
    STATSIG_CDP_SETTINGS: `${settings}.json`,
    OUTBOX_DIRECTORY: join(directory, 'outbox'),
    ...TOKENS,
  });
  context.after(async () => {
    await plugin.stop();
    await statsig.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const audiences = async (token = TOKENS.ADMIN_READ_TOKEN): Promise<AudiencesAnswer> => {
    const response = await fetch(`${plugin.url}/api/audiences`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(response.status, 200);
    return (await response.json()) as AudiencesAnswer;
  };
  async function enter(userId: string, key: string, member = true): Promise<void> {
    const body = {
      type: 'identify',
      userId,
      messageId: `${key}-${userId}-${member}`,
      timestamp: new Date().toISOString(),
      traits: { [key]: member },
      context: { personas: { computation_class: 'audience', computation_key: key } },
    };
    const headers = { authorization: `Bearer ${HEADER_SECRET}`, 'content-type': 'application/json' };
    const response = await fetch(`${plugin.publicUrl}/segment/shop`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    assert.equal(response.status, 200, await response.text());
  }
  return { plugin, statsig, audiences, enter };
}

function only({ workspaces }: AudiencesAnswer): AudienceWorkspace {
  const [workspace, ...others] = workspaces;
  assert.deepEqual(others, []);
  assert.ok(workspace);
  return workspace;
}

test('lists have size, changes that wait, their last calls and what is wrong; the key has what is left of its limit', async (context) => {
  const { statsig, audiences, enter } = await start(context);
  const before = only(await audiences());
  assert.deepEqual(
    before.lists.map(({ listId, audience, pending, calls }) => [listId, audience, pending, calls]),
    [['vip', 'vip_customers', 0, []]],
  );
  assert.deepEqual(before.budget, {
    limits: [
      { calls: 12, windowMs: 10_000, left: 12 },
      { calls: 900, windowMs: 900_000, left: 900 },
    ],
    sharedWith: [],
    drainMs: 0,
  });

  statsig.makeList('vip');
  for (const userId of ['user-1', 'user-2']) await enter(userId, 'vip_customers');
  await enter('user-3', 'no_such_list');
  const of = async (listId: string) => only(await audiences()).lists.find((list) => list.listId === listId);
  await until(async () => (await of('vip'))?.size === 2, 'both are on the list');
  await until(async () => (await of('no_such_list'))?.deadLetters === 1, 'the other list is not there');
  const vip = await of('vip');
  const made = vip?.calls.filter(({ what }) => what === 'add').reduce((sum, { ids }) => sum + ids, 0);
  assert.equal(made, 2);
  assert.equal(vip?.calls.at(-1)?.what, 'look');
  assert.ok(vip?.calls.every(({ status, at }) => status !== undefined && status < 300 && at > 0));
  assert.doesNotMatch(JSON.stringify(vip?.calls), /user-1/, 'no ids are kept');
  const missing = await of('no_such_list');
  assert.match(missing?.problem ?? '', /does not exist in Statsig/);
  assert.deepEqual([missing?.circuit, missing?.calls[0]?.what, missing?.calls[0]?.status], ['open', 'look', 404]);
  const after = only(await audiences());
  assert.equal(after.lists[0]?.listId, 'no_such_list', 'what is in trouble comes first');
  assert.ok((after.budget?.limits[0]?.left ?? 12) < 12);
});

test('the time to drain counts all that waits for the key, of whatever workspace, and each limit', async () => {
  let now = 1_000_000;
  const budget = createRateBudget(() => now);
  const waiting = { one: 30_000, two: 5_000 };
  const workspaces = Object.fromEntries(
    Object.keys(waiting).map((id) => [id, audiencesOf('http://127.0.0.1:9', { workspaceId: id })]),
  );
  const lanes = Object.entries(waiting).map(([workspaceId, count]) => ({
    lane: `${workspaceId}/statsig-list-vip` as const,
    ...{ workspaceId, target: 'statsig-list-vip', waiting: count, deadLetters: 0 },
  }));
  const deps = {
    delivery: {
      status: () => ({
        outbox: { at: 0, ok: true, bytes: 0, lanes },
        dispatcher: { running: true, inFlight: 0, hosts: [], lanes: [] },
      }),
    },
    idLists: {
      known: async () => [],
      sizes: () => [],
      calls: () => [],
      budgetOf: () => ({ id: 'shared', left: budget.left(), readyAt: budget.readyAt() }),
    },
    audiencesOf: (id: string) => workspaces[id],
    now: () => now,
  };
  const report = async () => (await reportAudiences(deps, ['one', 'two', 'none'], 'two')).workspaces;
  const [two, ...others] = await report();
  assert.deepEqual(others, []);
  assert.deepEqual([two?.lists[0]?.pending, two?.budget?.sharedWith], [5_000, ['one']]);
  assert.equal(two?.budget?.drainMs, 20_000, '35 calls: 12 at once, 12 after 10 s, 11 after 20 s');
  for (let call = 0; call < 12; call += 1) (await budget.take())?.();
  assert.equal((await report())[0]?.budget?.drainMs, 30_000);
  assert.ok(((await report())[0]?.budget?.readyAt ?? 0) > now);
  now += 20_000;
  assert.equal((await report())[0]?.budget?.drainMs, 20_000);
});
