// What the dispatcher sends and when, over real HTTP.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SDK_TYPE, VERSION } from '../../src/base/version.js';
import { startDispatcher } from '../../testkit/dispatch.js';
import { ACCEPTED, serveLogEvent } from '../../testkit/log-event-stand-in.js';
import type { StandInAnswer } from '../../testkit/stand-in.js';
import { STATSIG, testEachKind } from '../../testkit/target-kinds.js';

const names = (count: number) => Array.from({ length: count }, (_, index) => `event-${index}`);

test('what waits goes out as one batch a second after its first event, as an SDK of Statsig sends it', async (context) => {
  const statsig = await serveLogEvent(context, () => ACCEPTED);
  const { aim, append, clock, drain, outbox, settledBy } = startDispatcher(context);
  aim('acme', statsig);

  await append('acme', ['a']);
  assert.equal(await clock.nextIn(), 1000);
  clock.advance(400);
  await append('acme', ['b']);
  assert.equal(await clock.nextIn(), 600);
  assert.equal(statsig.requests.length, 0);
  assert.deepEqual(await drain(), [600]);

  const [request, ...others] = statsig.requests;
  assert.deepEqual(others, []);
  assert.equal(
    request?.text,
    `{"events":[${STATSIG.payload('a')},${STATSIG.payload('b')}],"statsigMetadata":{"sdkType":"${SDK_TYPE}","sdkVersion":"${VERSION}"}}`,
  );
  const headers = request.headers;
  assert.equal(headers['statsig-api-key'], STATSIG.key);
  assert.equal(headers['content-type'], 'application/json');
  assert.equal(headers['content-encoding'], undefined);
  assert.equal(headers['statsig-event-count'], '2');
  assert.equal(headers['statsig-retry-count'], '0');
  assert.equal(headers['statsig-sdk-type'], SDK_TYPE);
  assert.equal(headers['statsig-sdk-version'], VERSION);
  assert.match(String(headers['statsig-client-time']), /^\d{13}$/);
  assert.match(String(headers['statsig-server-session-id']), /^[0-9a-f-]{36}$/);
  assert.deepEqual(settledBy('delivered'), ['a', 'b']);
  assert.deepEqual(outbox.dead, []);
});

test('a body over 1 KiB is compressed', async (context) => {
  const statsig = await serveLogEvent(context, () => ACCEPTED);
  const { aim, append, drain } = startDispatcher(context);
  aim('acme', statsig);
  await append('acme', ['large'], 2000);
  await drain();
  const [request] = statsig.requests;
  assert.equal(request?.headers['content-encoding'], 'gzip');
  assert.ok(Number(request.headers['content-length']) < 500);
  assert.ok(request.text.startsWith(`{"events":[${STATSIG.payload('large', 2000)}]`));
});

test('a full batch does not wait, what is left over lingers', async (context) => {
  const statsig = await serveLogEvent(context, () => ACCEPTED);
  const { aim, append, drain, clock } = startDispatcher(context);
  aim('acme', statsig, { maxBatchEvents: 2 });
  await append('acme', ['a']);
  assert.equal(await clock.nextIn(), 1000);
  await append('acme', ['b', 'c', 'd', 'e']);
  await statsig.received(2);
  assert.deepEqual(await drain(), [1000]);
  assert.deepEqual(
    statsig.requests.map((request) => request.names),
    [['a', 'b'], ['c', 'd'], ['e']],
  );
});

test('a batch holds no more bytes than the settings say', async (context) => {
  const statsig = await serveLogEvent(context, () => ACCEPTED);
  const { aim, append, drain } = startDispatcher(context);
  aim('acme', statsig, { maxBatchBytes: 1500 });
  await append('acme', names(4), 500);
  await drain();
  assert.deepEqual(
    statsig.requests.map((request) => request.names),
    [
      ['event-0', 'event-1'],
      ['event-2', 'event-3'],
    ],
  );
});

for (const [what, answer] of Object.entries({
  'a web page': { status: 200, body: '<html>' },
  'success: false': { status: 202, body: '{"success":false}' },
})) {
  test(`${what} is no yes of Statsig's: the request is sent again and says so`, async (context) => {
    const answers: StandInAnswer[] = [answer];
    const statsig = await serveLogEvent(context, () => answers.shift() ?? ACCEPTED);
    const { aim, append, drain, outcomes } = startDispatcher(context);
    aim('acme', statsig);
    await append('acme', ['a', 'b']);
    assert.deepEqual(await drain(), [1000, 500]);
    assert.deepEqual(
      statsig.requests.map((request) => [request.headers['statsig-retry-count'], request.names]),
      [
        ['0', ['a', 'b']],
        ['1', ['a', 'b']],
      ],
    );
    assert.equal(outcomes[0]?.status, 502);
    assert.ok(outcomes[0]?.message.includes(`without accepting: ${answer.body}`));
  });
}

testEachKind('an answer that is slow but in time is waited for', async (context, kind) => {
  let release = () => {};
  const delayed = new Promise<void>((resolve) => {
    release = resolve;
  });
  const standIn = await kind.serve(context, () => ({ delayed, status: kind.yes.status }));
  const { aim, append, clock, drain, dispatcher, settledBy } = startDispatcher(context, { kind });
  aim('acme', standIn);
  await append('acme', ['a']);
  await clock.skip();
  await standIn.received(1);
  assert.equal(dispatcher.status().inFlight, 1);
  release();
  assert.deepEqual(await drain(), []);
  assert.equal(standIn.requests.length, 1);
  assert.deepEqual(settledBy('delivered'), ['a']);
});

testEachKind('events keep their order when the first batch has to be tried again', async (context, kind) => {
  const answers: StandInAnswer[] = [{ status: 500 }, { status: 500 }];
  const standIn = await kind.serve(context, () => answers.shift() ?? kind.yes);
  const { aim, append, clock, drain, told } = startDispatcher(context, { kind });
  aim('acme', standIn, { maxBatchEvents: 2 });
  await append('acme', ['a', 'b', 'c']);
  await told(1);
  await append('acme', ['d', 'e']);
  assert.equal(await clock.nextIn(), 500);
  await drain();
  assert.deepEqual(standIn.accepted(), ['a', 'b', 'c', 'd', 'e']);
});
