// The live log on the wire: what comes is streamed, refused senders included, and nothing of it is lost without a word.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LiveNames } from '../../../src/operate/live/shapes.js';
import { FOR_WRITERS, MAX_WATCHERS } from '../../../src/operate/live/streams.js';
import { startLive } from '../../../testkit/live.js';
import { until } from '../../../testkit/until.js';

const SHOP = {
  id: 'shop',
  segment: { headerSecrets: ['header-secret-of-the-shop'] },
  trackingApi: { writeKeys: ['write-key-of-the-shop'] },
};
const SECRET = { 'X-Statsig-CDP-Secret': 'header-secret-of-the-shop' };

function track(event: string, more: object = {}) {
  return { type: 'track', event, userId: 'user-1', messageId: `m-${event}`, ...more };
}

test('an event of a webhook is streamed with what became of it, and so is a sender who is refused', async (context) => {
  const { post, stream } = await startLive(context, { documents: [SHOP] });
  const reading = await stream();
  await post('/segment/shop', track('Paid'), SECRET);
  await reading.until(() => reading.entries.length > 0);
  const [paid] = reading.entries;
  assert.ok(paid);
  const { id, at, ...rest } = paid;
  assert.match(id, /^\w+-\d+$/);
  assert.ok(Math.abs(at - Date.now()) < 60_000);
  assert.deepEqual(rest, {
    direction: 'inbound',
    protocol: 'segment',
    workspace: 'shop',
    stage: 'ingest',
    outcome: 'received',
    target: 'statsig-dry-run',
    type: 'track',
    event: 'Paid',
    user: 'user-1',
    messageId: 'm-Paid',
    hasEvent: true,
  });
  await post('/segment/shop', track('Paid'), { 'X-Statsig-CDP-Secret': 'wrong' });
  const isRefused = () => reading.entries.some(({ outcome }) => outcome === 'refused');
  await reading.until(isRefused);
  const refused = reading.entries.find(({ outcome }) => outcome === 'refused');
  assert.equal(refused?.status, 401);
  assert.equal(refused?.workspace, 'shop');
  assert.equal(refused?.path, '/segment/shop');
});

/** Events that are each all a sender has to say. */
const batch = (events: readonly object[]) => ({ writeKey: 'write-key-of-the-shop', batch: events });

test('who comes back with the last id misses nothing, and who comes to another process is told', async (context) => {
  const { post, stream } = await startLive(context, { documents: [SHOP] });
  const first = await stream();
  await post('/v1/batch', batch([track('One')]));
  await first.until(() => first.entries.length === 1);
  first.leave();
  await post('/v1/batch', batch([track('Two'), track('Three')]));
  const second = await stream('', { 'Last-Event-ID': first.lastId ?? '' });
  const byQuery = await stream(`?after=${first.lastId}`);
  for (const reading of [second, byQuery]) {
    await reading.until(() => reading.entries.length === 2);
    assert.deepEqual(
      reading.entries.map(({ event }) => event),
      ['Two', 'Three'],
    );
    assert.deepEqual(reading.gaps, []);
  }
  const other = await startLive(context, { documents: [SHOP] });
  await other.post('/segment/shop', track('Four'));
  await other.list();
  const third = await other.stream('', { 'Last-Event-ID': first.lastId ?? '' });
  await third.until(() => third.entries.length === 1);
  assert.deepEqual(third.gaps, [{ reason: 'restart' }]);
  assert.equal(third.entries[0]?.outcome, 'refused');
  assert.notEqual(third.hellos[0]?.epoch, first.hellos[0]?.epoch);
});

test('filters choose what is listed and streamed, and what they keep out moves the place of the reader all the same', async (context) => {
  const { post, list, stream, ask } = await startLive(context, {
    // What is delivered has lines of its own.
    documents: [
      { ...SHOP, paused: true },
      { id: 'other', paused: true, segment: { headerSecrets: ['header-secret-of-others'] } },
    ],
  });
  const all = await stream();
  await post('/v1/batch', batch([track('Paid'), track('Seen', { userId: 'Ann' }), track('')]));
  await post('/segment/other', track('Paid'), { 'X-Statsig-CDP-Secret': 'header-secret-of-others' });
  await post('/segment/other', track('Paid'));
  await all.until(() => all.entries.length === 5);
  const numbers: Readonly<Record<string, number>> = {
    'workspace=other': 2,
    'workspace=shop': 3,
    'protocol=segment': 2,
    'protocol=tracking_api&direction=inbound': 3,
    'direction=outbound': 0,
    'event=Paid': 2,
    'outcome=refused': 1,
    'outcome=refused,failed_on_ingest': 2,
    'search=ANN': 1,
    'search=header-secret': 0,
    'search=sender_unknown': 1,
    'limit=2': 2,
    'limit=0': 0,
  };
  for (const [query, expected] of Object.entries(numbers)) {
    const { entries } = await list(`?${query}`);
    assert.equal(entries.length, expected, query);
    const streamed = await stream(query.startsWith('limit') ? `?${query}` : `?limit=1000&${query}`);
    await streamed.until(() => streamed.entries.length >= expected);
    assert.deepEqual(streamed.entries, entries, query);
    streamed.leave();
  }
  for (const query of ['outcom=refused', 'limit=-1', 'limit=2000', 'direction=up'])
    assert.equal((await ask(`/api/live?${query}`)).status, 400, query);
});

test('while no one watches a sample of what went well is kept and everything that failed, and names are estimated', async (context) => {
  const { post, list, ask, stream } = await startLive(context, { documents: [SHOP] });
  for (let call = 0; call < 30; call += 1) {
    const events = Array.from({ length: 20 }, (_, at) =>
      track(at < 19 ? 'Often' : '', { messageId: `m-${call}-${at}` }),
    );
    await post('/v1/batch', batch(events));
  }
  const { entries, kept } = await list('?limit=1000');
  const count = (outcome: string) => entries.filter((entry) => entry.outcome === outcome).length;
  assert.equal(count('failed_on_ingest'), 30);
  assert.ok(count('received') >= 10 && count('received') < 60, String(count('received')));
  assert.equal(kept.good, 'sample');
  const names = (await (await ask('/api/live/names?workspace=shop')).json()) as LiveNames;
  assert.deepEqual([names.estimated, names.names[0]?.name], [true, 'Often']);
  assert.ok((names.names[0]?.events ?? 0) > 400);
  await stream();
  assert.equal((await list()).kept.good, 'all');
});

test('those who may only look leave places for those who may write', async (context) => {
  const { url, authorization } = await startLive(context, { environment: { ADMIN_READ_TOKEN: 'only-look' } });
  const open = (headers: Readonly<Record<string, string>>) => fetch(`${url}/api/live/stream`, { headers });
  const read = { authorization: 'Bearer only-look' };
  const readers = await Promise.all(Array.from({ length: MAX_WATCHERS + 10 }, () => open(read)));
  const writers = await Promise.all(Array.from({ length: FOR_WRITERS + 1 }, () => open(authorization)));
  const statuses = (of: readonly Response[]) => of.filter(({ status }) => status === 200).length;
  assert.deepEqual([statuses(readers), statuses(writers)], [MAX_WATCHERS - FOR_WRITERS, FOR_WRITERS]);
  await Promise.all([...readers, ...writers].map(({ body }) => body?.cancel()));
  await until(async () => {
    const { status, body } = await open(read);
    await body?.cancel();
    return status === 200;
  }, 'a place that a reader has left is free');
});

test('so many watch at a time, the next is told, and a place that is left is free again', async (context) => {
  const { post, stream, url, authorization } = await startLive(context, { documents: [SHOP] });
  const open = () => fetch(`${url}/api/live/stream`, { headers: authorization });
  const answers = await Promise.all(Array.from({ length: 200 }, open));
  const watching = answers.filter(({ status }) => status === 200);
  assert.equal(watching.length, MAX_WATCHERS);
  const told = await Promise.all(answers.filter(({ status }) => status === 503).map((answer) => answer.text()));
  assert.equal(told.length, 200 - MAX_WATCHERS);
  assert.match(told[0] ?? '', /LIVE_LOG_FULL/);
  await post('/v1/batch', batch([track('Paid')]));
  for (const { body } of watching) {
    let text = '';
    for await (const piece of body ?? []) {
      text += Buffer.from(piece).toString();
      if (text.includes('"event":"Paid"')) break;
    }
  }
  // Each was left at its `break`.
  const isFree = async () => {
    const { status, body } = await open();
    await body?.cancel();
    return status === 200;
  };
  await until(isFree, 'a place is free');
  assert.equal((await stream()).hellos.length, 1);
});

test('a process that stops ends its streams, and does not wait for them', { timeout: 20_000 }, async (context) => {
  const { app, post, stream } = await startLive(context, { documents: [SHOP] });
  const reading = await stream();
  await post('/v1/batch', batch([track('Last')]));
  await app.lifecycle.drain(15_000);
  await reading.until(() => reading.ended);
  assert.equal(reading.entries[0]?.event, 'Last');
});

test('no proxy keeps a stream back, and no one without a token has it', async (context) => {
  const { url, authorization, ask } = await startLive(context, { documents: [SHOP] });
  const { headers, body } = await fetch(`${url}/api/live/stream`, {
    headers: { ...authorization, 'Accept-Encoding': 'gzip' },
  });
  await body?.cancel();
  assert.match(headers.get('content-type') ?? '', /^text\/event-stream/);
  assert.match(headers.get('cache-control') ?? '', /no-store.*no-transform/);
  assert.equal(headers.get('x-accel-buffering'), 'no');
  assert.equal(headers.get('content-encoding'), null);
  for (const path of ['', '/stream', '/names?workspace=shop', '/samples?workspace=shop', '/entry?id=x-1']) {
    assert.equal((await fetch(`${url}/api/live${path}`)).status, 401, path);
    if (path !== '/stream') assert.ok((await ask(`/api/live${path}`)).status < 500, path);
  }
});
