// Targets that answer slowly beside healthy ones: how long the healthy ones wait, in requests on the wire.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Secret } from '../../src/base/secret.js';
import { createDispatcher } from '../../src/dispatch/dispatcher.js';
import { createSegmentTargets } from '../../src/targets/segment/target.js';
import { EVERYTHING } from '../../testkit/dispatch.js';
import { FakeClock } from '../../testkit/fake-clock.js';
import { serve } from '../../testkit/loopback.js';
import { awaitableLog } from '../../testkit/outbox.js';
import { MemoryOutbox } from '../../testkit/outbox-memory.js';
import { SEGMENT } from '../../testkit/target-kinds.js';

const PERMITS = 8;
const SLOW_TARGETS = 40;

/** A CDP whose path `/slow` answers when it is told to. */
async function serveCdp(context: TestContext) {
  const held = new Set<() => void>();
  const slow: string[] = [];
  const quick: string[] = [];
  let onRequest = () => {};
  const server = await serve((request, response) => {
    request.resume();
    request.once('end', () => {
      const answer = () => response.end('{"success":true}');
      const { url = '' } = request;
      (url.startsWith('/slow') ? slow : quick).push(url);
      if (url.startsWith('/slow')) held.add(answer);
      else answer();
      onRequest();
    });
  });
  context.after(server.close);
  return {
    url: server.url,
    slow,
    quick,
    held,
    answerSlow() {
      for (const answer of held) answer();
      held.clear();
    },
    async until(isSo: () => boolean): Promise<void> {
      while (!isSo()) {
        await new Promise<void>((resolve) => {
          onRequest = resolve;
        });
      }
    },
  };
}

async function rig(context: TestContext) {
  const clock = new FakeClock();
  const outbox = new MemoryOutbox({ ...EVERYTHING, now: clock.now });
  const cdp = await serveCdp(context);
  const segment = createSegmentTargets({ maxClients: 100, timeoutMs: 60_000 });
  const dispatcher = createDispatcher({
    outbox,
    resolve: (_workspaceId, name) =>
      segment.targetOf({ name, writeKey: new Secret(name), host: cdp.url, path: `/${name}` }),
    log: awaitableLog(),
    limits: { maxConcurrent: PERMITS, batchIntervalMs: 0 },
    now: clock.now,
    after: clock.after,
  });
  dispatcher.start();
  context.after(async () => {
    cdp.answerSlow();
    const stopped = dispatcher.stop(60_000);
    await stopped;
    await segment.close();
  });
  let events = 0;
  const append = (workspaceId: string, targets: readonly string[]) =>
    outbox.append(
      targets.map((target) => {
        events += 1;
        const payload = SEGMENT.payload(`event-${events}`);
        return { workspaceId, target, messageId: `${events}`, origin: 'statsig', payload, acceptedAt: clock.now() };
      }),
    );
  /** Resolves when nothing of the workspace waits any more. */
  async function delivered(workspaceId: string): Promise<void> {
    while (outbox.lanes(workspaceId).length > 0) await nextTurn();
  }
  return { clock, outbox, cdp, append, delivered };
}

const slowTargets = Array.from({ length: SLOW_TARGETS }, (_, index) => `slow-${index}`);

test('40 slow targets of a workspace leave permits to another one, from the first request on', async (context) => {
  const { clock, cdp, append, delivered } = await rig(context);
  await append('crowd', slowTargets);
  await cdp.until(() => cdp.slow.length >= 6);
  for (let count = 1; count <= 20; count += 1) {
    await append('shop', ['well']);
    await delivered('shop');
    assert.equal(cdp.quick.length, count);
  }
  assert.equal(cdp.slow.length, 6, 'no request waited for a slow answer');
  while (cdp.slow.length < SLOW_TARGETS) {
    clock.advance(9_000);
    const before = cdp.slow.length;
    cdp.answerSlow();
    await cdp.until(() => cdp.slow.length > before);
    await append('shop', ['well']);
    await delivered('shop');
  }
});

test('slow targets of many workspaces share half of the permits once they are known to be slow', async (context) => {
  const { clock, outbox, cdp, append, delivered } = await rig(context);
  const workspaces = Array.from({ length: 20 }, (_, index) => `tar-${index}`);
  for (const workspace of workspaces) await append(workspace, [`slow-${workspace}`]);
  while (outbox.lanes().length > 0) {
    // Not so long that the first ones are forgotten.
    if (cdp.held.size > 0) clock.advance(1_500);
    cdp.answerSlow();
    await nextTurn();
  }
  for (const workspace of workspaces) await append(workspace, [`slow-${workspace}`]);
  await cdp.until(() => cdp.held.size === PERMITS / 2);
  for (let count = 1; count <= 20; count += 1) {
    await append(`shop-${count}`, ['well']);
    await delivered(`shop-${count}`);
  }
  assert.equal(cdp.held.size, PERMITS / 2);
});
