// The memory of the live log: bounded, fair to what failed, and read at each reader's own pace.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage, type ServerResponse } from 'node:http';
import { test } from 'node:test';
import { EventStreamReader } from '../../../src/cli/event-stream.js';
import type { NewEntry } from '../../../src/operate/live/kept-entry.js';
import { LIVE_LIMITS, type LiveLimits, LiveLog } from '../../../src/operate/live/live-log.js';
import { LiveStreams } from '../../../src/operate/live/streams.js';
import { serve } from '../../../testkit/loopback.js';
import { until } from '../../../testkit/until.js';

const good = (event = 'Paid'): NewEntry => ({
  direction: 'inbound',
  protocol: 'segment',
  workspace: 'shop',
  stage: 'ingest',
  outcome: 'received',
  event,
});
const bad = (event = 'Broken'): NewEntry => ({ ...good(event), outcome: 'failed_on_ingest' });

function logWith(limits: Partial<LiveLimits> = {}): LiveLog {
  return new LiveLog({ now: () => 1_800_000_000_000, limits: { ...LIVE_LIMITS, ...limits } });
}

test('bytes and entries have an end, of events and of lines, whatever comes', () => {
  const log = logWith();
  const long = 'ä'.repeat(200);
  const { good: ofGood, bad: ofBad } = LIVE_LIMITS;
  const most = ofGood.entryBytes + ofGood.eventBytes + ofBad.entryBytes + ofBad.eventBytes;
  for (let at = 0; at < 12_000; at += 1) {
    const entry = { ...(at % 2 === 0 ? good(long) : bad(long)), user: long, messageId: long, note: long + long };
    log.add(entry, { event: `"${'x'.repeat(60_000)}"` });
    assert.ok(log.kept.bytes <= most);
  }
  assert.ok(log.kept.entries <= ofGood.entries + ofBad.entries);
  const withEvent = [...log.newest()].filter(({ extra }) => extra.event !== undefined).length;
  assert.equal(withEvent, 2 * Math.floor(ofGood.eventBytes / 120_004), 'the newest keep their events');
  assert.ok([...log.newest()].slice(0, withEvent).every(({ extra }) => extra.event !== undefined));
});

test('no number of good events pushes out one that failed', () => {
  const log = logWith({ good: { ...LIVE_LIMITS.good, entries: 50 } });
  log.add(bad());
  for (let at = 0; at < 1_000; at += 1) log.add(good());
  assert.deepEqual(
    [...log.newest()].map(({ entry }) => entry.outcome).filter((outcome) => outcome !== 'received'),
    ['failed_on_ingest'],
  );
});

test('a reader has each entry once and in order, or is told how many it has not', () => {
  const log = logWith({ good: { ...LIVE_LIMITS.good, entries: 40 }, bad: { ...LIVE_LIMITS.bad, entries: 20 } });
  let cursor = log.end;
  let seen = 0;
  let missed = 0;
  let last = 0;
  let added = 0;
  // A reader that is now faster and now slower than what comes, some of which is never kept.
  for (let round = 0; round < 200; round += 1) {
    for (let at = 0; at < (round * 7) % 23; at += 1) {
      if (at % 5 === 4) log.skipGood(1);
      else log.add(at % 3 === 0 ? bad() : good());
      added += 1;
    }
    const unread = log.read(cursor, (round * 5) % 17);
    ({ cursor } = unread);
    for (const { number } of unread.entries) {
      assert.ok(number > last);
      last = number;
    }
    seen += unread.entries.length;
    missed += unread.slow + unread.rate;
  }
  const rest = log.read(cursor, 1_000);
  assert.equal(rest.isAll, true);
  assert.equal(seen + missed + rest.entries.length + rest.slow + rest.rate, added);
});

test('what is slower than the log waits in no buffer, and is told what it missed; who has left costs nothing', async (context) => {
  const log = logWith();
  const streams = new LiveStreams(log);
  context.after(() => streams.close());
  const responses: ServerResponse[] = [];
  const server = await serve((_request, response) => {
    responses.push(response);
    streams.add(response, { role: 'write', filter: {}, after: undefined, isWorkspaceKnown: true });
  });
  context.after(() => server.close());
  const asked = get(server.url);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  assert.equal(log.keepsAll, true);

  const long = 'x'.repeat(200);
  let total = 0;
  const add = (count: number) => {
    for (let at = 0; at < count; at += 1) log.add({ ...good(long), user: long, note: long + long });
    total += count;
  };
  // It reads nothing, until its connection takes no more; and then much more comes than is kept.
  const [response] = responses;
  const isFull = () => response?.writableNeedDrain === true;
  while (!isFull()) {
    const before = response?.socket?.bytesWritten ?? 0;
    add(1_000);
    await until(() => isFull() || (response?.socket?.bytesWritten ?? 0) > before, 'it is written');
  }
  add(LIVE_LIMITS.good.entries + 5_000);
  assert.ok((response?.writableLength ?? 0) < 2_000_000, `${response?.writableLength} bytes wait for the reader`);

  const reader = new EventStreamReader();
  let entries = 0;
  let missed = 0;
  answer.setEncoding('utf8');
  for await (const piece of answer) {
    for (const { event, data } of reader.read(piece)) {
      if (event === 'entries') entries += JSON.parse(data).length;
      if (event === 'gap') missed += JSON.parse(data).missed;
    }
    if (entries + missed >= total) break;
  }
  assert.equal(entries + missed, total);
  assert.ok(missed > 0);

  asked.destroy();
  await until(() => streams.size === 0, 'the stream is gone');
});
