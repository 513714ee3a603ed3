// Several targets of one workspace, through the running server: each has a queue, an outcome and windows of its own.

import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { test } from 'node:test';
import { startOutboundPlugin, targetAt } from '../../testkit/outbound-plugin.js';
import { serveSegment, TAKEN, takenEvents } from '../../testkit/segment-stand-in.js';
import { startProcess } from '../../testkit/server.js';
import type { StandIn, StandInAnswer } from '../../testkit/stand-in.js';
import { gateExposure } from '../../testkit/statsig-webhook.js';
import { until } from '../../testkit/until.js';

const OPTIONS = { timeout: 90_000 };

const names = (count: number, prefix = 'step') => Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

function isComplete(standIn: StandIn, expected: readonly string[]): boolean {
  const accepted = new Set(standIn.accepted());
  return expected.every((name) => accepted.has(name));
}

test('each target gets every event it takes, whatever becomes of it at the others', OPTIONS, async (context) => {
  const failures: StandInAnswer[] = [{ status: 503, headers: { 'retry-after': '1' } }, 'reset'];
  const steady = await serveSegment(context);
  const flaky = await serveSegment(context, () => failures.shift() ?? TAKEN);
  const picky = await serveSegment(context, (events) =>
    events.includes('poison') ? { status: 400, body: 'bad event' } : TAKEN,
  );
  const { pushNamed, deadLetters } = await startOutboundPlugin(context, {
    targets: [targetAt('steady', steady), targetAt('flaky', flaky), targetAt('picky', picky)],
  });
  const sent = [...names(5, 'before'), 'poison', ...names(5, 'after')];
  const healthy = sent.filter((name) => name !== 'poison');
  assert.deepEqual(await pushNamed(sent), { accepted: 11, duplicates: 0, filtered: 0 });
  assert.deepEqual(await pushNamed(sent), { accepted: 0, duplicates: 11, filtered: 0 });
  await until(() => isComplete(steady, sent) && isComplete(flaky, sent) && isComplete(picky, healthy), 'all came');
  await until(async () => (await deadLetters()).length === 1, 'the poison is a dead letter');
  assert.deepEqual(
    [steady, flaky, picky].map((standIn) => standIn.accepted()),
    [sent, sent, healthy],
  );
  assert.deepEqual(
    (await deadLetters()).map(({ target, messageId, reason, answer }) => [target, messageId, reason, answer]),
    [['picky', 'uuid-of-poison:shop:picky', 'rejected', 'picky answered 400: bad event']],
  );
  const ids = [steady, flaky, picky].flatMap((standIn) => takenEvents(standIn).map(({ messageId }) => messageId));
  assert.equal(new Set(ids).size, 32, 'no two targets share a messageId');
});

test('a target that never answers does not delay the other one', OPTIONS, async (context) => {
  const dead = await serveSegment(context, () => 'hang');
  const healthy = await serveSegment(context);
  const { pushNamed, lanes } = await startOutboundPlugin(
    context,
    { targets: [targetAt('dead', dead), targetAt('healthy', healthy)] },
    { DELIVERY_CONCURRENCY: '2' },
  );
  await pushNamed(['first']);
  await dead.received(1);
  for (let push = 0; push < 4; push += 1) {
    const batch = names(60, `push-${push}`);
    await pushNamed(batch);
    await until(() => isComplete(healthy, batch), 'the healthy target has the push');
  }
  assert.equal(healthy.accepted().length, 241);
  // Its first request is still under way: had anybody waited for it, it would be over.
  assert.equal(dead.requests.length, 1);
  const waiting = (await lanes()).outbox.lanes.map((lane) => [lane.target, lane.waiting]);
  assert.deepEqual(new Map(waiting.map(([target, count]) => [target, count])).get('dead'), 241);
});

test(
  'the deliveries of a target that is taken out of the settings wait, and go when it is back',
  OPTIONS,
  async (context) => {
    // A target that names no time is asked until its circuit opens, for half a minute.
    let answer: StandInAnswer = { status: 503, headers: { 'retry-after': '6' } };
    const moody = await serveSegment(context, () => answer);
    const steady = await serveSegment(context);
    const both = { targets: [targetAt('moody', moody), targetAt('steady', steady)] };
    const { write, pushNamed, lanes } = await startOutboundPlugin(context, both);
    await pushNamed(['a', 'b']);
    await moody.received(1);
    write({ targets: [targetAt('steady', steady)] });
    await until(
      async () => (await lanes()).lanes.some(({ problem }) => problem?.startsWith('no settings for this target')),
      'the target is missed',
    );
    answer = TAKEN;
    const requests = moody.requests.length;
    await pushNamed(['c']);
    await until(() => isComplete(steady, ['a', 'b', 'c']), 'the other target goes on');
    assert.equal(moody.requests.length, requests);
    write(both);
    await until(() => isComplete(moody, ['a', 'b']), 'what waited has come');
    await pushNamed(['d']);
    await until(() => isComplete(moody, ['d']) && isComplete(steady, ['d']), 'new events go to both');
    assert.deepEqual(moody.accepted(), ['a', 'b', 'd'], 'what came meanwhile was not for it');
    assert.deepEqual(steady.accepted(), ['a', 'b', 'c', 'd']);
  },
);

test('an exposure that ends as a dead letter gives its window back, at that target only', OPTIONS, async (context) => {
  let answer: StandInAnswer = { status: 400, body: 'not today' };
  const picky = await serveSegment(context, () => answer);
  const steady = await serveSegment(context);
  const { push, deadLetters } = await startOutboundPlugin(context, {
    targets: [targetAt('picky', picky), targetAt('steady', steady)],
  });
  const idsAt = (standIn: StandIn) => takenEvents(standIn).map(({ messageId }) => messageId);
  assert.deepEqual(await push([gateExposure('1')]), { accepted: 1, duplicates: 0, filtered: 0 });
  await until(() => idsAt(steady).length === 1, 'one target takes it');
  await until(async () => (await deadLetters()).length === 1, 'the other one does not');
  answer = TAKEN;
  assert.deepEqual(await push([gateExposure('1')]), { accepted: 0, duplicates: 1, filtered: 0 }, 'a repeated webhook');
  assert.deepEqual(await push([gateExposure('2')]), { accepted: 1, duplicates: 0, filtered: 0 });
  await until(() => idsAt(picky).length === 1, 'the next one goes there');
  assert.deepEqual(await push([gateExposure('3')]), { accepted: 0, duplicates: 0, filtered: 1 });
  assert.deepEqual([idsAt(steady), idsAt(picky)], [['1:shop:steady'], ['2:shop:picky']]);
});

test('what Statsig was answered 2xx for survives a SIGKILL while both targets are down', OPTIONS, async (context) => {
  let answer: StandInAnswer = 'reset';
  const first = await serveSegment(context, () => answer);
  const second = await serveSegment(context, () => answer);
  const targets = [targetAt('first', first), targetAt('second', second)];
  const { pushNamed, push, killAndRestart } = await startOutboundPlugin(context, { targets }, {}, startProcess);
  const sent = names(60);
  for (let from = 0; from < sent.length; from += 30) {
    assert.deepEqual(await pushNamed(sent.slice(from, from + 30)), { accepted: 30, duplicates: 0, filtered: 0 });
    if (from === 0) await killAndRestart();
  }
  await push([gateExposure('1')]);
  await killAndRestart();
  assert.deepEqual(await push([gateExposure('2')]), { accepted: 0, duplicates: 0, filtered: 1 }, 'the window survives');
  assert.deepEqual(await pushNamed(sent.slice(0, 30)), { accepted: 0, duplicates: 30, filtered: 0 });
  answer = TAKEN;
  const all = [...sent, 'statsig::gate_exposure'];
  await until(() => isComplete(first, all) && isComplete(second, all), 'everything arrives');
  assert.deepEqual([first.accepted(), second.accepted()], [all, all], 'once, in order');
});

test('another write key in the settings is used at once, for what waits too', OPTIONS, async (context) => {
  const keyOf = (headers: IncomingHttpHeaders) =>
    Buffer.from((headers.authorization ?? '').slice('Basic '.length), 'base64').toString();
  const segment = await serveSegment(context, (_events, headers) =>
    keyOf(headers) === 'key-new:' ? TAKEN : { status: 401, body: `unknown ${keyOf(headers)}` },
  );
  const { write, pushNamed, deadLetters, lanes, lines } = await startOutboundPlugin(context, {
    targets: [targetAt('segment', segment, 'key-old-example')],
  });
  await pushNamed(['a']);
  await until(async () => (await deadLetters()).length === 1, 'the refused event is a dead letter');
  await pushNamed(['b', 'c']);
  assert.equal((await lanes()).lanes[0]?.circuit, 'open');
  write({ targets: [targetAt('segment', segment, 'key-new')] });
  // The circuit of the old key stays open for 30 s.
  await until(() => isComplete(segment, ['b', 'c']), 'what waited goes out with the new key');
  assert.deepEqual(
    (await deadLetters()).map(({ payload, answer }) => [payload.event, answer]),
    [['a', 'segment answered 401: unknown [redacted]:']],
  );
  assert.equal(new Set(takenEvents(segment).map(({ messageId }) => messageId)).size, 2);
  assert.ok(!lines().join().includes('key-old-example'), 'no key in the log');
});

test('a workspace without targets writes its requests to the log and sends none', OPTIONS, async (context) => {
  const segment = await serveSegment(context);
  const { write, pushNamed, lines } = await startOutboundPlugin(context, { targets: [] });
  const recorded = () => lines().filter((line) => line.includes('dry run'));
  await pushNamed(['a', 'b']);
  await until(() => recorded().length > 0, 'the dry run is in the log');
  const [record, ...more] = recorded().map((line) => JSON.parse(line));
  assert.deepEqual(more, []);
  assert.deepEqual([record.workspace, record.url, record.events], ['shop', 'https://api.segment.io/v1/batch', 2]);
  assert.deepEqual(
    record.body.batch.map(({ event, messageId }: Record<string, unknown>) => [event, messageId]),
    [
      ['a', 'uuid-of-a:shop:dry-run'],
      ['b', 'uuid-of-b:shop:dry-run'],
    ],
  );
  write({ targets: [targetAt('segment', segment)] });
  await until(async () => {
    await pushNamed(['c']);
    return isComplete(segment, ['c']);
  }, 'once there is a target it gets what comes');
  assert.deepEqual(segment.accepted(), ['c'], 'what was shown is not sent later');
});
