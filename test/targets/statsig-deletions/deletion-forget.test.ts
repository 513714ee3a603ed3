// What a deletion takes out here before Statsig is asked: events, calls, audience changes, and membership of lists.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DELETIONS_TARGET, laneId, listTarget, STATSIG_TARGET } from '../../../src/outbox/lane-id.js';
import type { OutboxEvent } from '../../../src/outbox/outbox.js';
import { serveDeletions } from '../../../testkit/deletion-stand-in.js';
import { changeOf, deletionOf, eventOf, openDeletions } from '../../../testkit/deletions.js';
import { FakeClock } from '../../../testkit/fake-clock.js';
import { claimAll, deadLettersOf } from '../../../testkit/outbox.js';

const VIP = { listId: 'vip_users', idType: 'userID' };

function callOf(userId: string | undefined, target: string): Pick<OutboxEvent, 'target' | 'messageId' | 'payload'> {
  const payload = JSON.stringify({
    type: 'track',
    event: 'Checkout',
    ...(userId !== undefined && { userId }),
    anonymousId: 'ada',
  });
  return { target, messageId: `call-${userId}-${target}`, payload };
}

test('nothing of the user waits any more when Statsig is asked; what is others’ stays', async (context) => {
  let atRequest: string[] = [];
  let lettersAtRequest: (string | undefined)[] = [];
  const statsig = await serveDeletions(context, async () => {
    atRequest = await rig.waiting();
    lettersAtRequest = (await deadLettersOf(rig.outbox)).map(({ messageId }) => messageId);
    return undefined;
  });
  const rig = await openDeletions(context, { url: statsig.url });
  const { append, outbox, clock } = rig;
  const deadToo = eventOf('bob', 'dead-too');
  await append(eventOf('ada', 'dead'), deadToo);
  const claimed = await claimAll(outbox, laneId('shop', STATSIG_TARGET));
  await outbox.settle(claimed.map((delivery) => ({ kind: 'dead', delivery, reason: 'rejected', answer: '' })));
  const bobs = [
    eventOf('bob', 'order-2'),
    callOf('bob', 'segment-us'),
    callOf(undefined, 'dry-run'),
    changeOf('bob', 'vip_users', true),
  ];
  await append(
    eventOf('ada', 'order-1'),
    callOf('ada', 'segment-us'),
    callOf('ada', 'dry-run'),
    changeOf('ada', 'vip_users', true),
  );
  await append(...bobs, deletionOf('cyd'));
  await outbox.append([
    { ...eventOf('ada', 'elsewhere'), origin: 'webhook', workspaceId: 'shop-two', acceptedAt: clock.now() },
  ]);
  await append(deletionOf('ada'));
  await rig.deliver().told(2);
  assert.deepEqual(atRequest, [...bobs, deadToo].map(({ target, payload }) => `${target} ${payload}`).toSorted());
  assert.deepEqual(lettersAtRequest, ['dead-too']);
  assert.equal(outbox.lastStatus().lanes.find(({ workspaceId }) => workspaceId === 'shop-two')?.waiting, 1);
  assert.deepEqual(statsig.taken, [['cyd', 'ada']]);
});

test('what is being sent is looked at again before Statsig is asked', async (context) => {
  const statsig = await serveDeletions(context);
  const { append, outbox, clock, waiting, deliver } = await openDeletions(context, { url: statsig.url });
  await append(eventOf('ada', 'order'));
  const [order] = await claimAll(outbox, laneId('shop', STATSIG_TARGET));
  assert.ok(order);
  await append(deletionOf('ada'));
  const { told } = deliver();
  assert.equal(await clock.nextIn(), 1_000);
  clock.advance(1_000);
  assert.equal(await clock.nextIn(), 1_000);
  assert.equal(statsig.seen.length, 0);
  await outbox.settle([{ kind: 'putBack', delivery: order }]);
  clock.advance(1_000);
  await told(1);
  assert.deepEqual(statsig.taken, [['ada']]);
  assert.deepEqual(await waiting(), []);
});

test('who comes back keeps what came after the request, also while the deletion is tried again', async (context) => {
  const answers = [{ status: 500 }, { status: 503 }];
  const statsig = await serveDeletions(context, () => answers.shift());
  const { append, clock, waiting, deliver } = await openDeletions(context, { url: statsig.url });
  await append(eventOf('ada', 'before'), deletionOf('ada'));
  clock.advance(1);
  const later = eventOf('ada', 'after');
  await append(later);
  const { told, outcomes } = deliver();
  await told(1);
  const evenLater = changeOf('ada', 'vip_users', true);
  await append(evenLater);
  await clock.skip();
  await told(2);
  await clock.skip();
  await told(3);
  assert.deepEqual(outcomes, ['retry delete-ada', 'retry delete-ada', 'delivered delete-ada']);
  assert.deepEqual(await waiting(), [later, evenLater].map(({ target, payload }) => `${target} ${payload}`).toSorted());
});

test('the user is taken off the lists this process remembers, once however often the deletion is tried', async (context) => {
  const answers = [{ status: 500 }];
  const statsig = await serveDeletions(context, () => answers.shift());
  const lists = { ada: [VIP, { listId: 'beta_group', idType: 'userID' }] };
  const { append, clock, outbox, deliver } = await openDeletions(context, { url: statsig.url, lists });
  clock.advance(5);
  const time = clock.now();
  await append(deletionOf('ada'), deletionOf('bob'));
  const { told } = deliver();
  await clock.nextIn();
  const lanes = ['beta_group', 'vip_users'].map((listId) => laneId('shop', listTarget(listId)));
  assert.deepEqual(outbox.lanes().toSorted(), [...lanes, laneId('shop', DELETIONS_TARGET)].toSorted());
  const changes = (await Promise.all(lanes.map((lane) => claimAll(outbox, lane)))).flat();
  assert.deepEqual(
    changes.map(({ payload }) => JSON.parse(payload)),
    [
      { ...VIP, listId: 'beta_group', id: 'ada', member: false, time },
      { ...VIP, id: 'ada', member: false, time },
    ],
  );
  await outbox.settle(changes.map((delivery) => ({ kind: 'delivered', delivery })));
  for (const outcomes of [2, 4]) {
    await clock.skip();
    await told(outcomes);
  }
  assert.deepEqual(outbox.lanes(), []);
});

test('a user who was put on the list again is taken off again by a later deletion', async (context) => {
  const statsig = await serveDeletions(context);
  const { append, clock, outbox, deliver } = await openDeletions(context, { url: statsig.url, lists: { ada: [VIP] } });
  const { told } = deliver();
  const lane = laneId('shop', listTarget('vip_users'));
  for (const [index, name] of ['first', 'second'].entries()) {
    await append(deletionOf('ada', name));
    await clock.nextIn();
    const removals = await claimAll(outbox, lane);
    assert.equal(removals.length, 1, name);
    await outbox.settle(removals.map((delivery) => ({ kind: 'delivered', delivery })));
    await clock.skip();
    await told(index + 1);
  }
});

test('a list is left also by who was put there by a sender whose clock is ahead: what is older would change nothing', async (context) => {
  const statsig = await serveDeletions(context);
  const clock = new FakeClock();
  const ahead = clock.now() + 3_600_000;
  const lists = { ada: [{ ...VIP, time: ahead }], bob: [{ ...VIP, time: 1 }] };
  const { append, outbox, deliver } = await openDeletions(context, { url: statsig.url, clock, lists });
  deliver();
  await append(deletionOf('ada'), deletionOf('bob'));
  await clock.nextIn();
  const changes = (await claimAll(outbox, laneId('shop', listTarget('vip_users')))).map(({ payload }) =>
    JSON.parse(payload),
  );
  const dates = new Map(changes.map(({ id, member, time }) => [id, { member, time }]));
  assert.deepEqual(dates.get('ada'), { member: false, time: ahead });
  assert.ok(dates.get('bob')?.time >= clock.now() - 60_000, 'dated now, where nothing is ahead');
});

test('a list is left only when nothing of the user is under way to it', async (context) => {
  const statsig = await serveDeletions(context);
  const lists = { ada: [{ ...VIP, listId: 'beta_group' }] };
  const { append, clock, outbox, waiting, deliver } = await openDeletions(context, { url: statsig.url, lists });
  const lane = laneId('shop', listTarget('vip_users'));
  await append(changeOf('ada', 'vip_users', true));
  const [enter] = await claimAll(outbox, lane);
  assert.ok(enter);
  await append(deletionOf('ada'));
  const { told } = deliver();
  await clock.nextIn();
  assert.deepEqual(await waiting(), [], 'it has left no list yet');
  lists.ada.push(VIP);
  await outbox.settle([{ kind: 'delivered', delivery: enter }]);
  await clock.skip();
  await clock.nextIn();
  const removals = await claimAll(outbox, lane);
  assert.deepEqual(
    removals.map(({ payload }) => JSON.parse(payload).member),
    [false],
  );
  assert.equal(statsig.seen.length, 0);
  await outbox.settle(removals.map((delivery) => ({ kind: 'delivered', delivery })));
  await claimAll(outbox, laneId('shop', listTarget('beta_group'))).then((others) =>
    outbox.settle(others.map((delivery) => ({ kind: 'dead', delivery, reason: 'rejected', answer: 'no such list' }))),
  );
  await clock.skip();
  await told(1);
});

test('a change that takes the user off a list still goes out', async (context) => {
  const statsig = await serveDeletions(context);
  const { append, waiting, deliver } = await openDeletions(context, { url: statsig.url });
  const leave = changeOf('ada', 'old_list', false);
  await append(leave, changeOf('ada', 'vip_users', true), deletionOf('ada'));
  await deliver().told(1);
  assert.deepEqual(await waiting(), [`${leave.target} ${leave.payload}`]);
});

test('Statsig is asked when the lists have let the user go, also by the process after a crash in between', async (context) => {
  const statsig = await serveDeletions(context);
  const lists = { ada: [VIP] };
  const before = await openDeletions(context, { url: statsig.url, lists });
  const { clock, directory } = before;
  const lane = laneId('shop', listTarget('vip_users'));
  await before.append(deletionOf('ada'));
  const first = before.deliver();
  for (let looks = 0; looks < 20; looks += 1) {
    assert.equal(await clock.nextIn(), 1_000);
    clock.advance(1_000);
  }
  await clock.nextIn();
  assert.equal(statsig.seen.length, 0, 'the change of the list waits');
  await first.stop();
  await before.outbox.close();

  const after = await openDeletions(context, { url: statsig.url, directory, clock, lists });
  const { told } = after.deliver();
  await clock.nextIn();
  assert.equal(statsig.seen.length, 0, 'it still does');
  const removals = await claimAll(after.outbox, lane);
  assert.equal(removals.length, 1, 'the crash made no second one');
  await clock.skip();
  await clock.nextIn();
  assert.equal(statsig.seen.length, 0, 'it is being sent');
  await after.outbox.settle(removals.map((delivery) => ({ kind: 'delivered', delivery })));
  await clock.skip();
  await told(1);
  assert.deepEqual(statsig.taken, [['ada']]);
});

test('a list that does not let people go keeps Statsig from being asked for a day, and says so meanwhile', async (context) => {
  const statsig = await serveDeletions(context);
  const { append, clock, log, deliver } = await openDeletions(context, { url: statsig.url, lists: { ada: [VIP] } });
  await append(deletionOf('ada'));
  const { told, problems } = deliver();
  await clock.nextIn();
  assert.deepEqual(problems(), [undefined]);
  clock.advance(6 * 60_000);
  await clock.nextIn();
  assert.match(problems()[0] ?? '', /have not left shop\/statsig-list-vip_users yet/);
  clock.advance(23 * 60 * 60_000);
  await clock.nextIn();
  assert.equal(statsig.seen.length, 0);
  const warned = log.logged('who have not left these lists yet');
  clock.advance(60 * 60_000);
  await told(1);
  assert.deepEqual(statsig.taken, [['ada']]);
  await warned;
});

test('a list for which there are no settings any more is not waited for', async (context) => {
  const statsig = await serveDeletions(context);
  const options = { url: statsig.url, lists: { ada: [VIP] }, listsAreSet: false };
  const { append, deliver } = await openDeletions(context, options);
  await append(deletionOf('ada'));
  await deliver().told(1);
  assert.deepEqual(statsig.taken, [['ada']]);
});
