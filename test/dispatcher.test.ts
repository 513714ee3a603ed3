// What the dispatcher sends, when, and how it reads each answer, over real HTTP.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SDK_TYPE, VERSION } from '../src/version.js';
import { KEY, payload, startDispatcher } from './support/dispatch.js';
import { ACCEPTED, type StandInAnswer, serveLogEvent } from './support/log-event-stand-in.js';

const names = (count: number) => Array.from({ length: count }, (_, index) => `event-${index}`);

test('what waits goes out as one batch a second after its first event, as an SDK of Statsig sends it', async (context) => {
  const statsig = await serveLogEvent(context, () => ACCEPTED);
  const { setWorkspace, append, clock, drain, outbox, settledBy } = startDispatcher(context);
  setWorkspace('acme', { eventsUrl: statsig.url });

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
    `{"events":[${payload('a')},${payload('b')}],"statsigMetadata":{"sdkType":"${SDK_TYPE}","sdkVersion":"${VERSION}"}}`,
  );
  const headers = request.headers;
  assert.equal(headers['statsig-api-key'], KEY);
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
  const { setWorkspace, append, drain } = startDispatcher(context);
  setWorkspace('acme', { eventsUrl: statsig.url });
  await append('acme', ['large'], 2000);
  await drain();
  const [request] = statsig.requests;
  assert.equal(request?.headers['content-encoding'], 'gzip');
  assert.ok(Number(request.headers['content-length']) < 500);
  assert.ok(request.text.startsWith(`{"events":[${payload('large', 2000)}]`));
});

test('a full batch does not wait, what is left over waits for company', async (context) => {
  const statsig = await serveLogEvent(context, () => ACCEPTED);
  const { setWorkspace, append, drain, clock } = startDispatcher(context);
  setWorkspace('acme', { eventsUrl: statsig.url, maxBatchEvents: 2 });
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
  const { setWorkspace, append, drain } = startDispatcher(context);
  setWorkspace('acme', { eventsUrl: statsig.url, maxBatchBytes: 1500 });
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

interface RetryCase {
  readonly answer: StandInAnswer;
  readonly wait: number;
  readonly status: number;
  readonly says: RegExp;
}

const RETRIED: Readonly<Record<string, RetryCase>> = {
  '429 with Retry-After': {
    answer: { status: 429, headers: { 'retry-after': '7' } },
    wait: 7000,
    status: 429,
    says: /answered 429/,
  },
  '500': { answer: { status: 500, body: 'oops' }, wait: 500, status: 500, says: /answered 500: oops/ },
  '503': { answer: { status: 503, body: '{"success":false}' }, wait: 500, status: 503, says: /answered 503/ },
  '408': { answer: { status: 408 }, wait: 500, status: 408, says: /answered 408/ },
  'a web page': { answer: { status: 200, body: '<html>' }, wait: 500, status: 502, says: /without accepting: <html>/ },
  'success: false': {
    answer: { status: 202, body: '{"success":false}' },
    wait: 500,
    status: 502,
    says: /without accepting/,
  },
  'a redirect': { answer: { status: 302, headers: { location: '/' } }, wait: 500, status: 502, says: /redirect/ },
  'no answer': { answer: 'hang', wait: 500, status: 504, says: /no answer within 300 ms/ },
  'a reset connection': { answer: 'reset', wait: 500, status: 503, says: /did not answer/ },
  'an answer that breaks off': { answer: 'cut off', wait: 500, status: 503, says: /did not answer/ },
};

for (const [what, { answer, wait, status, says }] of Object.entries(RETRIED)) {
  test(`${what} is tried again and then delivered once`, async (context) => {
    const answers = [answer, ACCEPTED];
    const statsig = await serveLogEvent(context, () => answers.shift() ?? ACCEPTED);
    const { setWorkspace, append, drain, outcomes, outbox } = startDispatcher(context, { limits: { timeoutMs: 300 } });
    setWorkspace('acme', { eventsUrl: statsig.url });
    await append('acme', ['a', 'b']);
    assert.deepEqual(await drain(), [1000, wait]);
    assert.deepEqual(
      statsig.requests.map((request) => [request.headers['statsig-retry-count'], request.names]),
      [
        ['0', ['a', 'b']],
        ['1', ['a', 'b']],
      ],
    );
    assert.deepEqual(
      outcomes.map((outcome) => [outcome.kind, outcome.deliveries.length, outcome.status]),
      [
        ['retry', 2, status],
        ['delivered', 2, 202],
      ],
    );
    assert.match(outcomes[0]?.message ?? '', says);
    assert.deepEqual(outbox.dead, []);
  });
}

test('the wait grows from try to try, and the last answer goes into the dead letter', async (context) => {
  const statsig = await serveLogEvent(context, () => ({ status: 503, body: `try ${statsig.requests.length}` }));
  const { setWorkspace, append, drain, outbox } = startDispatcher(context, {
    limits: { maxAttempts: 4, retryWindowMs: 0, failuresToOpen: 100 },
  });
  setWorkspace('acme', { eventsUrl: statsig.url });
  await append('acme', ['a']);
  assert.deepEqual(await drain(), [1000, 500, 1000, 2000]);
  assert.deepEqual(
    outbox.dead.map(({ reason, attempts, answer }) => ({ reason, attempts, answer })),
    [{ reason: 'attempts_exhausted', attempts: 4, answer: 'Statsig answered 503: try 3' }],
  );
  assert.equal(statsig.requests.length, 4);
});

test('an answer that is slow but in time is waited for', async (context) => {
  let release = () => {};
  const delayed = new Promise<void>((resolve) => {
    release = resolve;
  });
  const statsig = await serveLogEvent(context, () => ({ delayed, status: 202 }));
  const { setWorkspace, append, clock, drain, dispatcher, settledBy } = startDispatcher(context);
  setWorkspace('acme', { eventsUrl: statsig.url });
  await append('acme', ['a']);
  await clock.skip();
  await statsig.received(1);
  assert.equal(dispatcher.status().inFlight, 1);
  release();
  assert.deepEqual(await drain(), []);
  assert.equal(statsig.requests.length, 1);
  assert.deepEqual(settledBy('delivered'), ['a']);
});

test('events keep their order when the first batch has to be tried again', async (context) => {
  const answers: StandInAnswer[] = [{ status: 500 }, { status: 500 }];
  const statsig = await serveLogEvent(context, () => answers.shift() ?? ACCEPTED);
  const { setWorkspace, append, clock, drain, told } = startDispatcher(context);
  setWorkspace('acme', { eventsUrl: statsig.url, maxBatchEvents: 2 });
  await append('acme', ['a', 'b', 'c']);
  await told(1);
  await append('acme', ['d', 'e']);
  assert.equal(await clock.nextIn(), 500);
  await drain();
  assert.deepEqual(statsig.accepted(), ['a', 'b', 'c', 'd', 'e']);
});
