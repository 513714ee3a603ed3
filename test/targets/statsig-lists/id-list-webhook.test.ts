// Finding and making lists while Segment waits for the answer.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { PluginError } from '../../../src/base/errors.js';
import { Secret } from '../../../src/base/secret.js';
import { type ConsoleStandInOptions, startConsole } from '../../../testkit/console-stand-in.js';
import { FakeClock } from '../../../testkit/fake-clock.js';
import { audiencesOf, inShort, openIdLists, send } from '../../../testkit/id-list-rig.js';

async function rig(
  context: TestContext,
  faultOf: ConsoleStandInOptions['faultOf'] = () => undefined,
  timeoutMs = 60_000,
) {
  const clock = new FakeClock();
  const statsig = await startConsole(context, { now: clock.now, faultOf });
  return { clock, statsig, audiences: audiencesOf(statsig.url), idLists: openIdLists(context, { clock, timeoutMs }) };
}

const isUnavailable = (detail: RegExp) => (error: unknown) => {
  assert.ok(error instanceof PluginError);
  assert.equal(error.code, 'STATSIG_UNAVAILABLE');
  assert.match(error.message, detail);
  assert.ok(!error.message.includes('console-wrong-example'));
  return true;
};

test('a list is made where there is none, and found where there is one', async (context) => {
  const { statsig, audiences, idLists } = await rig(context);
  assert.equal(await idLists.findOrCreate(audiences, 'High_spenders'), 'High_spenders');
  const { type, idType } = statsig.lists.get('High_spenders') ?? {};
  assert.deepEqual([type, idType], ['id_list', 'userID']);
  assert.equal(await idLists.findOrCreate(audiences, 'High_spenders'), 'High_spenders');
  assert.deepEqual(
    statsig.calls.map(({ method, status }) => `${method} ${status}`),
    ['GET 404', 'POST 201', 'GET 200'],
  );
});

test('a list that is made has the id type that its row says', async (context) => {
  const { statsig, audiences, idLists } = await rig(context);
  const lists = new Map([['j_o_123', { id: 'shops', idType: 'companyID' }]]);
  await idLists.findOrCreate({ ...audiences, lists }, 'shops');
  assert.equal(statsig.lists.get('shops')?.idType, 'companyID');
});

test('a segment of the name that cannot hold the audience is no answer', async (context) => {
  const { statsig, audiences, idLists } = await rig(context);
  statsig.make('rules', { type: 'rule_based' });
  statsig.make('devices', { idType: 'stableID' });
  await assert.rejects(idLists.findOrCreate(audiences, 'rules'), isUnavailable(/not an ID list/));
  await assert.rejects(idLists.findOrCreate(audiences, 'devices'), isUnavailable(/stableID/));
  assert.equal(await idLists.exists(audiences, 'rules'), false);
  assert.equal(await idLists.exists(audiences, 'devices'), true);
});

test('a list is there or not; what cannot be the id of one is not asked for', async (context) => {
  const { statsig, audiences, idLists } = await rig(context);
  statsig.make('vip');
  assert.equal(await idLists.exists(audiences, 'vip'), true);
  assert.equal(await idLists.exists(audiences, 'nobody'), false);
  const asked = statsig.calls.length;
  for (const id of ['', 'ab', 'a/b', '../gates', 'x'.repeat(101)])
    assert.equal(await idLists.exists(audiences, id), false);
  assert.equal(statsig.calls.length, asked);
});

test('any failure is STATSIG_UNAVAILABLE, without the key', async (context) => {
  const faults = [{ status: 500 }, 'reset', 'hang', { status: 403, body: '{"message":"forbidden"}' }] as const;
  let next = 0;
  const { audiences, idLists, statsig } = await rig(context, () => faults[next++], 150);
  await assert.rejects(idLists.exists(audiences, 'vip'), isUnavailable(/answered 500/));
  await assert.rejects(idLists.findOrCreate(audiences, 'vip'), isUnavailable(/did not answer/));
  await assert.rejects(idLists.findOrCreate(audiences, 'vip'), isUnavailable(/no answer within 150 ms/));
  await assert.rejects(idLists.findOrCreate(audiences, 'vip'), isUnavailable(/forbidden/));
  const wrong = { ...audiences, consoleKey: new Secret('console-wrong-example') };
  await assert.rejects(idLists.findOrCreate(wrong, 'vip'), isUnavailable(/an invalid key was sent/));
  assert.equal(statsig.lists.size, 0);
});

test('these calls count for the limit, and none is made beyond it', async (context) => {
  const { statsig, audiences, idLists, clock } = await rig(context);
  statsig.make('vip');
  for (let call = 0; call < 12; call += 1) await idLists.exists(audiences, 'vip');
  await assert.rejects(idLists.exists(audiences, 'vip'), isUnavailable(/limit/));
  const target = idLists.targetOf(audiences, 'vip');
  assert.equal(inShort(await send(target, ['+a@1'])), 'later');
  assert.equal(statsig.calls.length, 12);
  clock.advance(10_001);
  assert.equal(inShort(await send(target, ['+a@1'])), 'delivered 200');
});

test('a dry run names the list, shows how it would be made, and takes every list for there', async (context) => {
  const { statsig, audiences, idLists } = await rig(context);
  const dry = { ...audiences, isDryRun: true, consoleKey: undefined };
  assert.equal(await idLists.findOrCreate(dry, 'High_spenders'), 'High_spenders');
  assert.equal(await idLists.exists(dry, 'High_spenders'), true);
  assert.equal(statsig.calls.length, 0);
  const [shown, ...others] = idLists.recorded;
  assert.deepEqual(others, []);
  assert.equal(shown?.url, `${statsig.url}/console/v1/segments`);
  const { id, type, idType } = JSON.parse(shown?.body ?? '');
  assert.deepEqual([id, type, idType], ['High_spenders', 'id_list', 'userID']);
});
