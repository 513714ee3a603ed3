// Answers that are longer, slower or odder than documented: what is sent again because of them, and how often.

import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { callHttp } from '../../src/call/http-call.js';
import { deliverJobs } from '../../src/sources/rudderstack/deliver-jobs.js';
import { serveDeletions } from '../../testkit/deletion-stand-in.js';
import { deletionOf, openDeletions } from '../../testkit/deletions.js';
import { startDispatcher } from '../../testkit/dispatch.js';
import { serve } from '../../testkit/loopback.js';
import { deadLettersOf } from '../../testkit/outbox.js';
import type { StandInAnswer } from '../../testkit/stand-in.js';
import { testEachKind } from '../../testkit/target-kinds.js';

const yesOf = (length: number) => {
  const empty = '{"success":true,"note":""}';
  return empty.replace('""', `"${'x'.repeat(length - empty.length)}"`);
};

const LONG: Readonly<Record<string, StandInAnswer>> = {
  'of 4 097 bytes': { status: 202, body: yesOf(4_097) },
  'of 65 536 bytes': { status: 202, body: yesOf(65_536) },
  'of 65 537 bytes': { status: 202, body: yesOf(65_537) },
  'of 10 MB': { status: 202, body: yesOf(10_000_000) },
  'of 10 MB, compressed': {
    status: 202,
    body: gzipSync(yesOf(10_000_000)),
    headers: { 'content-encoding': 'gzip' },
  },
};

for (const [what, answer] of Object.entries(LONG)) {
  testEachKind(`a yes ${what} is a yes, and nothing is sent again`, async (context, kind) => {
    const standIn = await kind.serve(context, () => answer);
    const { aim, append, drain, settledBy } = startDispatcher(context, { kind });
    aim('acme', standIn);
    await append('acme', ['a', 'b']);
    assert.deepEqual(await drain(), [1000]);
    assert.equal(standIn.requests.length, 1);
    assert.deepEqual(settledBy('delivered'), ['a', 'b']);
  });
}

test('a yes that comes byte by byte counts once it is said, although its end does not come in time', async (context) => {
  const server = await serve((request, response: ServerResponse) => {
    request.resume();
    response.writeHead(202);
    response.write('{"success":true,"note":"');
    const dripping = setInterval(() => response.write('x'), 10);
    response.once('close', () => clearInterval(dripping));
  });
  context.after(server.close);
  const [verdict] = await deliverJobs({
    method: 'POST',
    url: server.url,
    headers: new Headers(),
    body: { events: [{ eventName: 'a' }] },
    jobs: [{}],
    timeoutMs: 300,
  });
  assert.equal(verdict?.verdict.kind, 'delivered');
  const answer = await callHttp({ method: 'POST', url: server.url, headers: {}, body: '{}' }, { timeoutMs: 300 });
  assert.ok(answer.kind === 'answered' && answer.rest === 'late');
});

for (const body of ['null', '[]', '{}', '7', 'Accepted', '{"stored":2}']) {
  testEachKind(
    `200 with ${body} is neither yes nor no: one event finds out, and ends as a dead letter after ten tries`,
    async (context, kind) => {
      const standIn = await kind.serve(context, () => (odd ? { status: 200, body } : kind.yes));
      let odd = true;
      const { aim, append, drain, outbox, clock, told, dispatcher } = startDispatcher(context, { kind });
      aim('acme', standIn);
      await append('acme', ['a', 'b', 'c']);
      for (let count = 1; outbox.dead.length === 0; count += 1) {
        await clock.skip();
        await told(count);
      }
      assert.deepEqual(
        standIn.requests.map(({ names }) => names.join()),
        ['a,b,c', ...Array.from({ length: 9 }, () => 'a')],
      );
      assert.deepEqual(
        outbox.dead.map(({ messageId, reason, attempts }) => [messageId, reason, attempts]),
        [['a', 'unconfirmed', 10]],
      );
      const [lane] = dispatcher.status().lanes;
      assert.equal(lane?.circuit, 'open');
      assert.match(lane?.problem ?? '', /neither a yes nor a no/);
      odd = false;
      await drain();
      assert.deepEqual(
        standIn.requests.slice(10).flatMap(({ names }) => names),
        ['b', 'c'],
      );
    },
  );
}

for (const body of ['{"error":"nothing was stored"}', '"false"', '[{"success":false}]', '<html>Sign in</html>']) {
  testEachKind(`200 with ${body} is no yes: it is sent again until one comes`, async (context, kind) => {
    const answers: StandInAnswer[] = [{ status: 200, body }];
    const standIn = await kind.serve(context, () => answers.shift() ?? kind.yes);
    const { aim, append, drain, settledBy, outbox } = startDispatcher(context, { kind });
    aim('acme', standIn);
    await append('acme', ['a', 'b']);
    assert.deepEqual(await drain(), [1000, 500]);
    assert.equal(standIn.requests.length, 2);
    assert.deepEqual(settledBy('delivered'), ['a', 'b']);
    assert.deepEqual(outbox.dead, []);
  });
}

test('a 400 that speaks of a unique request_id is no deletion, unless Statsig knows the request', async (context) => {
  const complaint = { status: 400, body: '{"error":"request_id must be unique and at most 36 characters long"}' };
  const statsig = await serveDeletions(context, () => complaint);
  const { append, deliver, outbox } = await openDeletions(context, { url: statsig.url });
  await append(deletionOf('ada'));
  const { told, outcomes } = deliver();
  await told(1);
  assert.deepEqual(outcomes, ['dead delete-ada']);
  const [letter] = await deadLettersOf(outbox, 'shop');
  assert.match(letter?.answer ?? '', /at most 36 characters/);
});

test('a 400 in whatever words is a deletion that Statsig has, when it says so of the request', async (context) => {
  const statsig = await serveDeletions(context, () => (statsig.seen.length === 0 ? 'lost' : { status: 400, body: '' }));
  const { append, deliver, clock } = await openDeletions(context, { url: statsig.url });
  await append(deletionOf('ada'));
  const { told, outcomes } = deliver();
  await told(1);
  await clock.skip();
  await told(2);
  assert.deepEqual(outcomes, ['retry delete-ada', 'delivered delete-ada']);
});

test('a 400 of which Statsig does not say whether it has the deletion is tried again', async (context) => {
  const statsig = await serveDeletions(context, () =>
    statsig.seen.length < 1 ? { status: 400, body: '{"error":"request_id must be unique"}' } : undefined,
  );
  statsig.status = () => undefined;
  const { append, deliver, clock } = await openDeletions(context, { url: statsig.url });
  await append(deletionOf('ada'));
  const { told, outcomes } = deliver();
  await told(1);
  await clock.skip();
  await told(2);
  assert.deepEqual(outcomes, ['retry delete-ada', 'delivered delete-ada']);
});
