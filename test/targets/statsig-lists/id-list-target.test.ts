// What changes of an ID list become on the wire, and what is remembered of them.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Secret } from '../../../src/base/secret.js';
import { type ConsoleFault, type ConsoleStandInOptions, startConsole } from '../../../testkit/console-stand-in.js';
import { FakeClock } from '../../../testkit/fake-clock.js';
import {
  audiencesOf,
  changeOf,
  inShort,
  messageOf,
  NOON,
  openIdLists,
  partOf,
  send,
  storeDirectory,
} from '../../../testkit/id-list-rig.js';

type RigOptions = Partial<Pick<ConsoleStandInOptions, 'faultOf' | 'limits'>> & {
  readonly timeoutMs?: number;
  readonly settings?: Parameters<typeof audiencesOf>[1];
};

/** A list `vip` at Statsig, and what changes of it are delivered to. */
async function rig(context: TestContext, { settings, timeoutMs, ...options }: RigOptions = {}) {
  const clock = new FakeClock();
  const statsig = await startConsole(context, { now: clock.now, ...options });
  statsig.make('vip');
  const directory = storeDirectory(context);
  const openAll = () => openIdLists(context, { directory, clock, ...(timeoutMs !== undefined && { timeoutMs }) });
  const idLists = openAll();
  const audiences = audiencesOf(statsig.url, settings);
  return { clock, statsig, idLists, audiences, openAll, target: idLists.targetOf(audiences, 'vip') };
}

/** Faults for the first calls that change a list. */
function firstChanges(...faults: (ConsoleFault | undefined)[]): NonNullable<ConsoleStandInOptions['faultOf']> {
  return ({ method }) => (method === 'GET' ? undefined : faults.shift());
}

test('a part is looked at, added and then removed, with the headers of the Console API', async (context) => {
  const { statsig, target } = await rig(context, { settings: { maxIdsPerRequest: 2 } });
  statsig.lists.get('vip')?.ids.add('x1').add('x2').add('x3');
  const sent = await send(target, ['-x1@1', '+a@1', '+b@2', '-x2@2', '+c@3', '-x3@3']);
  assert.equal(inShort(sent), 'delivered 200');
  assert.deepEqual(
    statsig.calls.map(({ method, listId, ids }) => `${method} ${listId} ${ids.join()}`),
    ['GET vip ', 'PATCH vip a,b', 'PATCH vip c', 'DELETE vip x1,x2', 'DELETE vip x3'],
  );
  assert.deepEqual(statsig.idsOn('vip'), ['a', 'b', 'c']);
});

for (const body of [
  '',
  '{}',
  '{"data":null}',
  '{"data":[]}',
  '{"data":{"type":1,"idType":2,"count":"3","createdTime":"4"}}',
]) {
  test(`a list of which Statsig says next to nothing is changed all the same: ${body}`, async (context) => {
    const faultOf: ConsoleStandInOptions['faultOf'] = ({ method }) =>
      method === 'GET' ? { status: 200, body } : undefined;
    const { statsig, target } = await rig(context, { faultOf });
    assert.equal(inShort(await send(target, ['+a@1'])), 'delivered 200');
    assert.deepEqual(statsig.idsOn('vip'), ['a']);
  });
}

test('of several changes of an id in a part the newest counts, of the same time the leave', async (context) => {
  const { statsig, target } = await rig(context);
  await send(target, ['+a@5', '-a@3', '-b@9', '+b@2', '+tie@4', '-tie@4', '-eit@4', '+eit@4']);
  assert.deepEqual(
    statsig.calls.slice(1).map(({ method, ids }) => `${method} ${ids.join()}`),
    ['PATCH a', 'DELETE b,tie,eit'],
  );
});

test('what is older than what is known changes nothing, nor does an enter at the time of a leave; equal membership is not sent', async (context) => {
  const { statsig, target } = await rig(context);
  await send(target, ['+a@5', '-b@5']);
  assert.equal(statsig.calls.length, 3);
  for (const old of ['-a@4', '+b@4', '+b@5', '+a@5', '-b@5', '+a@9', '-b@9']) {
    assert.equal(inShort(await send(target, [old])), 'delivered 200');
  }
  assert.equal(statsig.calls.length, 3);
  // The newer times of equal membership are known.
  await send(target, ['-a@8', '+b@8']);
  assert.equal(statsig.calls.length, 3);
  await send(target, ['-a@9', '+b@10']);
  assert.deepEqual(statsig.changesOf('vip'), ['PATCH 1', 'DELETE 1', 'PATCH 1', 'DELETE 1']);
  assert.deepEqual(statsig.idsOn('vip'), ['b']);
});

test('what was learned while the clock was ahead keeps nothing out once it is right, neither on disk nor in a part', async (context) => {
  const { statsig, target } = await rig(context);
  const threeDays = 3 * 24 * 3_600_000;
  await send(target, [`+a@${threeDays}`, `-b@${threeDays}`]);
  await send(target, ['-a@4', '+b@4']);
  assert.deepEqual(statsig.idsOn('vip'), ['b']);
  await send(target, [`+c@${threeDays}`, '-c@5', `-d@${threeDays}`, '+d@5']);
  assert.deepEqual(statsig.idsOn('vip'), ['b', 'd']);
});

test('a resync costs no call, not even after a restart', async (context) => {
  const { statsig, target, idLists, openAll, audiences } = await rig(context);
  await send(target, ['+a@1', '+b@1', '-c@1']);
  const before = statsig.calls.length;
  await send(target, ['+a@2', '+b@2', '-c@2']);
  await idLists.close();
  const again = openAll().targetOf(audiences, 'vip');
  await send(again, ['+a@3', '+b@3', '-c@3']);
  assert.equal(statsig.calls.length, before);
  await send(again, ['-a@2', '-b@4']);
  assert.deepEqual(statsig.changesOf('vip').slice(2), ['DELETE 1']);
});

test('a list is looked at once per process, before its first change', async (context) => {
  const { statsig, target, idLists, openAll, audiences } = await rig(context);
  for (const change of ['+a@1', '+b@1', '+c@1']) await send(target, [change]);
  await send(idLists.targetOf(audiences, 'vip'), ['+d@1']);
  const looks = () => statsig.calls.filter(({ method }) => method === 'GET').length;
  assert.equal(looks(), 1);
  await idLists.close();
  await send(openAll().targetOf(audiences, 'vip'), ['+e@1']);
  assert.equal(looks(), 2);
});

test('out of calls in the middle of a part it says until when, and what was taken is never sent again', async (context) => {
  const { statsig, target, clock, idLists } = await rig(context, { settings: { maxIdsPerRequest: 1 } });
  const texts = Array.from({ length: 15 }, (_, index) => `+user-${index}@1`);
  const sent = await send(target, texts);
  assert.deepEqual(sent, { kind: 'later', at: clock.now() + 10_001 });
  assert.equal(target.readyAt?.(), clock.now() + 10_001);
  assert.equal(statsig.calls.length, 12);
  assert.equal(inShort(await send(target, texts)), 'later');
  assert.equal(statsig.calls.length, 12);
  assert.deepEqual(await idLists.remembered('acme', 'user-10'), [{ listId: 'vip', idType: 'userID', time: NOON + 1 }]);
  assert.deepEqual(await idLists.remembered('acme', 'user-11'), [], 'it was not sent');
  clock.advance(10_001);
  assert.equal(inShort(await send(target, texts)), 'delivered 200');
  const sentIds = statsig.calls.flatMap(({ ids }) => ids);
  assert.equal(sentIds.length, 15);
  assert.equal(new Set(sentIds).size, 15);
});

test('what was taken before a crash is not sent again after it', async (context) => {
  const { statsig, target, idLists, openAll, audiences } = await rig(context, {
    settings: { maxIdsPerRequest: 2 },
    faultOf: firstChanges(undefined, undefined, { status: 500 }),
  });
  const texts = ['+a@1', '+b@1', '+c@1', '+d@1', '+e@1', '-f@1'];
  assert.equal(inShort(await send(target, texts)), 'retry 500');
  await idLists.close();
  assert.equal(inShort(await send(openAll().targetOf(audiences, 'vip'), texts)), 'delivered 200');
  assert.deepEqual(
    statsig.calls.filter(({ method }) => method !== 'GET').map(({ ids, status }) => `${status} ${ids.join()}`),
    ['200 a,b', '200 c,d', '500 e', '200 e', '200 f'],
  );
});

for (const fault of ['reset', 'reset after', { status: 500 }] as const) {
  const name = typeof fault === 'string' ? fault : fault.status;
  test(`${name}: it is unknown whether the id is on the list, so that a leave is sent although the last that was known is that it is not on it`, async (context) => {
    const { statsig, target, idLists, openAll, audiences } = await rig(context, {
      faultOf: firstChanges(undefined, fault),
    });
    await send(target, ['-a@1']);
    assert.match(inShort(await send(target, ['+a@2'])), /^retry 50[03]$/);
    assert.deepEqual(await idLists.remembered('acme', 'a'), [{ listId: 'vip', idType: 'userID', time: NOON + 2 }]);
    await idLists.close();
    const again = openAll();
    await send(again.targetOf(audiences, 'vip'), ['+a@2', '-a@3']);
    assert.deepEqual(statsig.idsOn('vip'), []);
    assert.equal(statsig.changesOf('vip').at(-1), 'DELETE 1');
    assert.deepEqual(await again.remembered('acme', 'a'), []);
  });
}

test('an answer that does not come in time is one to try again', async (context) => {
  const { target, statsig } = await rig(context, { faultOf: firstChanges('hang after'), timeoutMs: 150 });
  assert.equal(inShort(await send(target, ['+a@1'])), 'retry 504');
  assert.equal(inShort(await send(target, ['+a@1'])), 'delivered 200');
  assert.deepEqual(statsig.idsOn('vip'), ['a']);
});

test('a call that is given up ends at once', async (context) => {
  const { target, statsig } = await rig(context, { faultOf: firstChanges('hang') });
  const controller = new AbortController();
  const sent = send(target, ['+a@1'], controller);
  const next = send(target, ['+b@1'], controller);
  await statsig.called(2);
  controller.abort();
  assert.equal(inShort(await sent), 'aborted');
  assert.equal(inShort(await next), 'aborted');
});

test('a 429 makes everybody with the same key wait as long as it says', async (context) => {
  const { target, idLists, statsig, audiences, clock } = await rig(context, {
    faultOf: firstChanges({ status: 429, headers: { 'retry-after': '42' } }),
  });
  const sent = await send(target, ['+a@1']);
  assert.equal(inShort(sent), 'retry 429');
  assert.equal(sent.kind === 'judged' && sent.retryAfter, '42');
  const others = [
    idLists.targetOf(audiences, 'newcomers'),
    idLists.targetOf({ ...audiences, workspaceId: 'umbrella' }, 'vip'),
  ];
  for (const other of others) assert.equal(other.readyAt?.(), clock.now() + 42_000);
  const count = statsig.calls.length;
  assert.deepEqual(await send(target, ['+a@1']), { kind: 'later', at: clock.now() + 42_000 });
  assert.equal(statsig.calls.length, count);
  const elsewhere = idLists.targetOf({ ...audiences, consoleKey: new Secret('console-other') }, 'vip');
  assert.equal(elsewhere.readyAt?.(), 0);
  clock.advance(42_000);
  assert.equal(inShort(await send(target, ['+a@1'])), 'delivered 200');
});

test('all lists with the same key and URL share the limit, one call at a time for each list', async (context) => {
  const { statsig, idLists, audiences, clock } = await rig(context, {
    settings: { createMissing: true, maxIdsPerRequest: 1 },
  });
  const names = ['one', 'two', 'three', 'four'];
  let left = names.flatMap((listId) =>
    [1, 2].map((run) => ({ listId, part: partOf([0, 1].map((id) => changeOf(`+${run}-${id}@1`, listId))) })),
  );
  for (const callsSoFar of [12, 24]) {
    const { signal } = new AbortController();
    const sent = await Promise.all(
      left.map(({ listId, part }) => idLists.targetOf(audiences, listId).send(part, signal)),
    );
    assert.equal(statsig.calls.length, callsSoFar);
    left = left.filter((_, index) => sent[index]?.kind === 'later');
    clock.advance(10_001);
  }
  assert.deepEqual(left, []);
  assert.ok(statsig.calls.every(({ status }) => status !== 429));
  for (const name of names) assert.equal(statsig.idsOn(name).length, 4);
});

test('a list that is missing makes dead letters that say what to do', async (context) => {
  const { statsig, target, idLists } = await rig(context);
  statsig.lists.delete('vip');
  const sent = await send(target, ['+a@1', '+b@1']);
  assert.equal(inShort(sent), 'failed 404');
  assert.match(messageOf(sent), /vip does not exist in Statsig.*id type userID.*audiences\.createMissing/);
  assert.deepEqual(
    statsig.calls.map(({ method }) => method),
    ['GET'],
  );
  statsig.make('vip');
  assert.equal(inShort(await send(target, ['+a@1', '+b@1'])), 'delivered 200');
  assert.deepEqual(idLists.sizes(), [{ workspaceId: 'acme', listId: 'vip', ids: 2 }]);
});

test('a list that is missing is made when that is wanted, with the id type of the audience', async (context) => {
  const { statsig, idLists, audiences } = await rig(context);
  const target = idLists.targetOf({ ...audiences, createMissing: true }, 'shops');
  const changes = [changeOf('+acme@1', 'shops', 'companyID')];
  assert.equal(inShort(await target.send(partOf(changes), new AbortController().signal)), 'delivered 200');
  const { type, idType, ids } = statsig.lists.get('shops') ?? {};
  assert.deepEqual([type, idType, [...(ids ?? [])]], ['id_list', 'companyID', ['acme']]);
  assert.deepEqual(
    statsig.calls.map(({ method, status }) => `${method} ${status}`),
    ['GET 404', 'POST 201', 'PATCH 200'],
  );
});

test('a list that somebody else makes at the same moment is as good', async (context) => {
  const { statsig, idLists, audiences } = await rig(context, {
    faultOf: ({ method }) => {
      if (method === 'POST') statsig.make('shops');
      return undefined;
    },
  });
  const target = idLists.targetOf({ ...audiences, createMissing: true }, 'shops');
  const sent = await target.send(partOf([changeOf('+a@1', 'shops')]), new AbortController().signal);
  assert.equal(inShort(sent), 'delivered 200');
  assert.deepEqual(
    statsig.calls.map(({ method, status }) => `${method} ${status}`),
    ['GET 404', 'POST 400', 'GET 200', 'PATCH 200'],
  );
});

test('a list that cannot be made is no fault of the changes, which stay together', async (context) => {
  const { idLists, audiences } = await rig(context, {
    faultOf: ({ method }) =>
      method === 'POST' ? { status: 400, body: '{"status":400,"message":"no more segments"}' } : undefined,
  });
  const target = idLists.targetOf({ ...audiences, createMissing: true }, 'shops');
  const sent = await target.send(
    partOf([changeOf('+a@1', 'shops'), changeOf('+b@1', 'shops')]),
    new AbortController().signal,
  );
  assert.equal(inShort(sent), 'failed 409');
  assert.match(messageOf(sent), /no more segments/);
});

test('a segment that is no ID list, and a list of another id type, make dead letters that say what to do', async (context) => {
  const { statsig, target, idLists, audiences } = await rig(context);
  statsig.make('rules', { type: 'rule_based' });
  statsig.make('vip', { idType: 'stableID' });
  const wrongType = await idLists
    .targetOf(audiences, 'rules')
    .send(partOf([changeOf('+a@1', 'rules'), changeOf('+b@1', 'rules')]), new AbortController().signal);
  assert.equal(inShort(wrongType), 'failed 409');
  assert.match(messageOf(wrongType), /rules is of type rule_based, not an ID list.*audiences\.lists/);
  const wrongId = await send(target, ['+a@1', '+b@1']);
  assert.equal(inShort(wrongId), 'failed 409');
  assert.match(messageOf(wrongId), /type stableID.*type userID.*idType/);
  assert.ok(statsig.calls.every(({ method }) => method === 'GET'));
  statsig.make('vip');
  assert.equal(inShort(await send(target, ['+a@1', '+b@1'])), 'delivered 200', 'it was fixed, and is looked at again');
});

test('changes of another id type are told from the others of their part, with one look', async (context) => {
  const { statsig, target } = await rig(context);
  const changes = [changeOf('+a@1'), changeOf('+b@1', 'vip', 'stableID')];
  const { signal } = new AbortController();
  assert.equal(inShort(await target.send(partOf(changes), signal)), 'isolate 409');
  assert.equal(inShort(await target.send(partOf(changes.slice(0, 1)), signal)), 'delivered 200');
  assert.equal(inShort(await target.send(partOf(changes.slice(1)), signal)), 'failed 409');
  assert.deepEqual(
    statsig.calls.map(({ method }) => method),
    ['GET', 'PATCH'],
  );
});

test('a list that goes away is missing from then on; one that is made anew gets its members with the next sync', async (context) => {
  const { statsig, target, idLists, audiences } = await rig(context);
  await send(target, ['+a@1', '+b@1']);
  statsig.lists.delete('vip');
  assert.equal(inShort(await send(target, ['-a@2'])), 'failed 404');
  assert.deepEqual(
    statsig.calls.slice(-2).map(({ method, status }) => `${method} ${status}`),
    ['DELETE 404', 'GET 404'],
  );
  const making = idLists.targetOf({ ...audiences, createMissing: true }, 'vip');
  assert.notEqual(making.identity, target.identity);
  assert.equal(inShort(await send(making, ['+c@3'])), 'delivered 200');
  assert.deepEqual(statsig.idsOn('vip'), ['c']);
  await send(making, ['+a@0', '+b@4', '+c@4']);
  assert.deepEqual(statsig.idsOn('vip'), ['b', 'c'], 'replays are still known as such');
  await send(making, ['+a@4']);
  assert.deepEqual(statsig.idsOn('vip'), ['a', 'b', 'c']);
});

test('nothing is taken for granted of a list that was missing, also where it says to be as old as before', async (context) => {
  const { statsig, target } = await rig(context);
  await send(target, ['+a@1', '+b@1']);
  const { createdTime = 0 } = statsig.lists.get('vip') ?? {};
  statsig.lists.delete('vip');
  await send(target, ['-a@2']);
  statsig.make('vip', { createdTime });
  await send(target, ['+a@3', '+b@3']);
  assert.deepEqual(statsig.idsOn('vip'), ['a', 'b']);
});

test('a list that goes away in the middle and is made again gets everything of the part', async (context) => {
  let isFirst = true;
  const { statsig, target } = await rig(context, {
    settings: { createMissing: true, maxIdsPerRequest: 2 },
    faultOf: ({ ids }) => {
      if (isFirst && ids.includes('c')) {
        isFirst = false;
        statsig.lists.delete('vip');
      }
      return undefined;
    },
  });
  assert.equal(inShort(await send(target, ['+a@1', '+b@1', '+c@1'])), 'delivered 200');
  assert.equal(isFirst, false);
  assert.deepEqual(statsig.idsOn('vip'), ['a', 'b', 'c']);
});

test('a list of the same name that is another one than before is found out when it is looked at', async (context) => {
  const { statsig, target, idLists, openAll, audiences } = await rig(context);
  await send(target, ['+a@1', '+b@1', '-c@1']);
  await idLists.close();
  statsig.make('vip', { createdTime: NOON + 86_400_000 }).ids.add('c');
  const again = openAll().targetOf(audiences, 'vip');
  await send(again, ['+a@2', '+b@2', '-c@2', '+d@2']);
  assert.deepEqual(statsig.idsOn('vip'), ['a', 'b', 'd']);
  const before = statsig.calls.length;
  await send(again, ['+a@3', '+b@3', '-c@3']);
  assert.equal(statsig.calls.length, before);
});

test('a list that is seen and cannot be changed for lack of it is tried again later', async (context) => {
  const { target, statsig } = await rig(context, { faultOf: firstChanges({ status: 404 }, { status: 404 }) });
  assert.equal(inShort(await send(target, ['+a@1', '+b@1'])), 'retry 404');
  assert.equal(inShort(await send(target, ['+a@1', '+b@1'])), 'delivered 200');
  assert.deepEqual(statsig.idsOn('vip'), ['a', 'b']);
});

test('while another change of the list is under way it is tried again', async (context) => {
  const { target, statsig } = await rig(context, { faultOf: firstChanges({ status: 409 }) });
  assert.equal(inShort(await send(target, ['+a@1', '+b@1'])), 'retry 409');
  assert.equal(inShort(await send(target, ['+a@1', '+b@1'])), 'delivered 200');
  assert.deepEqual(statsig.idsOn('vip'), ['a', 'b']);
});

test('a wrong key is told without telling the key', async (context) => {
  const { idLists, audiences } = await rig(context);
  const key = 'console-wrong-example';
  const target = idLists.targetOf({ ...audiences, consoleKey: new Secret(key) }, 'vip');
  const sent = await send(target, ['+a@1']);
  assert.equal(inShort(sent), 'failed 401');
  assert.match(messageOf(sent), /an invalid key was sent/);
  assert.ok(!JSON.stringify([sent, target.title, target.identity]).includes(key));
});

test('a change that Statsig does not take is told from the others of its part', async (context) => {
  const { target } = await rig(context, {
    faultOf: ({ ids }) => (ids.includes('bad') ? { status: 400, body: '{"status":400}' } : undefined),
  });
  assert.equal(inShort(await send(target, ['+a@1', '+bad@1'])), 'isolate 400');
  assert.equal(inShort(await send(target, ['+bad@1'])), 'failed 400');
  const { signal } = new AbortController();
  const [first, ...rest] = partOf([changeOf('+a@1'), changeOf('+b@1')]);
  assert.ok(first !== undefined);
  const broken = [{ ...first, payload: '{"listId":"vip"}' }, ...rest];
  assert.equal(inShort(await target.send(broken, signal)), 'failed 400');
});

test('a page of some proxy is no acceptance', async (context) => {
  const { target } = await rig(context, { faultOf: firstChanges({ status: 200, body: '<html>' }) });
  assert.equal(inShort(await send(target, ['+a@1'])), 'retry 502');
  assert.equal(inShort(await send(target, ['+a@1'])), 'delivered 200');
});

test('a segment with more to say than is read is changed all the same', async (context) => {
  const { target, statsig } = await rig(context);
  statsig.make('vip', { description: 'word '.repeat(1_000) });
  assert.equal(inShort(await send(target, ['+a@1'])), 'delivered 200');
  assert.deepEqual(statsig.idsOn('vip'), ['a']);
});

test('without a key the requests are shown, without looking at what is known, and nothing is remembered', async (context) => {
  const { idLists, audiences, openAll, statsig, target, clock } = await rig(context, {
    settings: { maxIdsPerRequest: 2 },
  });
  await send(target, ['+a@1']);
  const before = statsig.calls.length;
  const dry = idLists.targetOf({ ...audiences, consoleKey: undefined }, 'vip');
  assert.deepEqual(await send(dry, ['+a@1', '+b@1', '+c@1', '-c@2', '-d@1', '+e@1']), { kind: 'recorded' });
  const url = `${statsig.url}/console/v1/segments/vip/id_list`;
  const headers = { 'statsig-api-version': '20240601', 'content-type': 'application/json' };
  const shown = { workspaceId: 'acme', target: 'statsig-list-vip', at: clock.now(), url, headers };
  assert.deepEqual(idLists.recorded, [
    { ...shown, method: 'PATCH', body: '{"ids":["a","b"]}', events: 2 },
    { ...shown, method: 'PATCH', body: '{"ids":["e"]}', events: 1 },
    { ...shown, method: 'DELETE', body: '{"ids":["c","d"]}', events: 2 },
  ]);
  assert.equal(dry.readyAt, undefined);
  assert.deepEqual(await idLists.remembered('acme', 'b'), []);
  assert.equal(statsig.calls.length, before);
  await idLists.close();
  assert.deepEqual(await openAll().remembered('acme', 'a'), [{ listId: 'vip', idType: 'userID', time: NOON + 1 }]);
});

test('how many ids a list has is what Statsig said and what was sent since; above 1000 it is warned of once', async (context) => {
  const sizes: number[] = [];
  const clock = new FakeClock();
  const statsig = await startConsole(context, { now: clock.now });
  const list = statsig.make('vip');
  for (let id = 0; id < 998; id += 1) list.ids.add(`old-${id}`);
  const { targetOf, sizes: all, logLines } = openIdLists(context, { clock, onSize: ({ ids }) => sizes.push(ids) });
  const target = targetOf(audiencesOf(statsig.url), 'vip');
  assert.deepEqual(all(), []);
  await send(target, ['+a@1', '+b@1']);
  assert.deepEqual(logLines, []);
  await send(target, ['+c@1', '-old-1@1', '-old-2@1']);
  await send(target, ['+d@1', '+e@1']);
  assert.deepEqual(sizes, [998, 1_000, 1_001, 999, 1_001]);
  assert.deepEqual(all(), [{ workspaceId: 'acme', listId: 'vip', ids: 1_001 }]);
  assert.equal(logLines.length, 1);
  assert.match(logLines[0] ?? '', /^warn .*more than 1000 ids.*enableIDLists/);
});

test('what a part may hold and how long it waits follows the settings', async (context) => {
  const { idLists, audiences } = await rig(context);
  const limitsOf = (maxIdsPerRequest: number) => {
    const target = idLists.targetOf({ ...audiences, maxIdsPerRequest, windowMs: 123 }, 'vip');
    return [target.maxBatchEvents, target.maxBatchBytes, target.batchIntervalMs];
  };
  assert.deepEqual(limitsOf(7), [70, 5_000_000, 123]);
  assert.deepEqual(limitsOf(100_000), [20_000, 5_000_000, 123]);
});
