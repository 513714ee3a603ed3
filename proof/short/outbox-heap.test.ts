// A backlog that is larger than the heap: the process starts beside it, delivers all of it and stays alive.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { STATSIG_TARGET } from '../../src/outbox/lane-id.js';
import { openLevelOutbox } from '../../src/outbox/level-outbox.js';
import { DiskRig } from '../../testkit/disk-rig.js';
import { awaitableLog } from '../../testkit/outbox.js';
import { ROOMY } from '../../testkit/outbox-memory.js';

/** Megabytes. */
const HEAP = 64;
const EVENT_BYTES = 2 << 20;
const EVENTS = 36;

/** Leaves events whose id, or whose message's id, takes two megabytes. @param acceptedAt milliseconds since the epoch */
async function leaveBacklog(rig: DiskRig, large: 'user' | 'message', acceptedAt: number): Promise<readonly string[]> {
  const outbox = await openLevelOutbox({ ...ROOMY, directory: rig.outbox, log: awaitableLog() });
  const ids: string[] = [];
  for (let index = 0; index < EVENTS; index += 1) {
    const id = `message-${index}`;
    const long = `${index}-`.padEnd(EVENT_BYTES, 'x');
    const user = { userID: large === 'user' ? long : 'user-42' };
    const payload = JSON.stringify({
      eventName: 'Order Completed',
      user,
      time: acceptedAt,
      metadata: { messageId: id },
    });
    const messageId = large === 'message' ? long : id;
    await outbox.append([
      { workspaceId: 'shop', target: STATSIG_TARGET, messageId, origin: 'webhook', payload, acceptedAt },
    ]);
    ids.push(id);
  }
  await outbox.close();
  return ids;
}

function rigFor(context: TestContext): DiskRig {
  const rig = new DiskRig();
  context.after(() => rig.close());
  return rig;
}

for (const large of ['user', 'message'] as const)
  test(`events whose ${large} id takes 2 MB, more of them than the heap holds`, async (context) => {
    const rig = rigFor(context);
    const ids = await leaveBacklog(rig, large, Date.now());
    await rig.reviveStatsig();
    await rig.start([], [`--max-old-space-size=${HEAP}`]);
    await rig.drain();
    assert.deepEqual(new Set(rig.delivered), new Set(ids));
    assert.equal(rig.process.child.exitCode, null);
  });

test('events that have waited too long, more of them than the heap holds: each becomes a dead letter', async (context) => {
  const rig = rigFor(context);
  const ids = await leaveBacklog(rig, 'user', Date.now() - 8 * 86_400_000);
  await rig.reviveStatsig();
  await rig.start([], [`--max-old-space-size=${HEAP}`]);
  await rig.drain();
  assert.deepEqual(rig.delivered, []);
  const text = await rig.deadLetters();
  assert.equal(text.match(/"reason":"expired"/g)?.length, ids.length);
});
