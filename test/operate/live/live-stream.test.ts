// The live log on the wire: what comes is streamed, refused senders included, and nothing of it is lost without a word.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startLive } from '../../../testkit/live.js';

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
