// Changes of ID lists on their way through the dispatcher: how long they wait, and what becomes of those that a list does not take.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { CompiledAudiences } from '../../../src/transform/compiled-audiences.js';
import { startConsole } from '../../../testkit/console-stand-in.js';
import { FakeClock } from '../../../testkit/fake-clock.js';
import { createProcess } from '../../../testkit/id-list-process.js';
import { audiencesOf, changeOf } from '../../../testkit/id-list-rig.js';

async function rig(context: TestContext, settings: Partial<CompiledAudiences> = {}) {
  const clock = new FakeClock();
  const statsig = await startConsole(context, { now: clock.now });
  const list = statsig.make('vip');
  const process = createProcess({ audiences: audiencesOf(statsig.url, settings), clock });
  context.after(() => process.end());
  return { clock, statsig, list, process };
}

/** More sleeps than any of these takes. */
const TO_THE_END = 100;

test('changes of a list wait for each other; an enter and a leave of one id within cancel out', async (context) => {
  const { clock, statsig, process } = await rig(context, { windowMs: 7_000 });
  await process.append([changeOf('-ada@0')]);
  await process.work(TO_THE_END);
  const from = clock.now();
  await process.append([changeOf('+ada@1'), changeOf('+bob@1')]);
  await process.append([changeOf('-ada@2'), changeOf('+eve@2')]);
  assert.ok(await process.work(TO_THE_END));
  assert.equal(clock.now() - from, 7_000);
  assert.deepEqual(statsig.changesOf('vip'), ['DELETE 1', 'PATCH 2']);
  assert.deepEqual(statsig.idsOn('vip'), ['bob', 'eve']);
});

test('a full part does not wait', async (context) => {
  const { clock, statsig, process } = await rig(context, { windowMs: 3_600_000, maxIdsPerRequest: 2 });
  const from = clock.now();
  await process.append(Array.from({ length: 20 }, (_, index) => changeOf(`+user-${index}@1`)));
  await process.work(1);
  assert.equal(statsig.idsOn('vip').length, 20);
  assert.equal(clock.now(), from);
});

test('of changes of several id types those that fit are delivered, and the others become dead letters that say why', async (context) => {
  const { statsig, process } = await rig(context);
  const texts = ['+a@1', '+b@1', '+c@1', '+d@1', '+e@1'];
  await process.append(texts.map((text) => changeOf(text, 'vip', text.includes('d') ? 'stableID' : 'userID')));
  assert.ok(await process.work(TO_THE_END));
  assert.deepEqual(statsig.idsOn('vip'), ['a', 'b', 'c', 'e']);
  const dead = await process.deadLetters();
  assert.equal(dead.length, 1);
  assert.match(dead[0] ?? '', /ids of type userID, the audience's are of type stableID/);
});

test('changes of a missing list become dead letters that say what to do, at the cost of one look', async (context) => {
  const { statsig, process } = await rig(context);
  await process.append(Array.from({ length: 50 }, (_, index) => changeOf(`+user-${index}@1`, 'nobody')));
  assert.ok(await process.work(TO_THE_END));
  const dead = await process.deadLetters();
  assert.equal(dead.length, 50);
  for (const answer of dead) assert.match(answer, /nobody does not exist in Statsig.*audiences\.createMissing/);
  assert.equal(statsig.calls.length, 1);
});

test('while the disk does not take what would be remembered nothing is sent, and then everything is, once', async (context) => {
  const { statsig, process } = await rig(context);
  const release = process.blockStore();
  await process.append([changeOf('+ada@1')]);
  await process.work(5);
  assert.deepEqual(statsig.calls, []);
  assert.ok(process.logLines.some((line) => /Cannot send, the deliveries wait.*the store of memberships/.test(line)));
  release();
  assert.ok(await process.work(TO_THE_END));
  assert.deepEqual(statsig.changesOf('vip'), ['PATCH 1']);
});
