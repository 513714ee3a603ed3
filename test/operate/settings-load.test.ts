// Edits of settings that are much work: others are served meanwhile.

import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { test } from 'node:test';
import { startSettings } from '../../testkit/settings-desk.js';

const HEAD = 'id: shop\npaused: true\nsecretKey: secret-example\ntrackingApi: { writeKeys: [shop-write-key] }\n';

/** Some 40 KB each: long enough for a thread, and the first as long as a text may be. */
const TEXTS: Readonly<Record<string, string>> = {
  'rows that are none': `identifierMappings:\n${'- a\n'.repeat(30_000)}`,
  'rows of a list': `excludeEvents:\n${'- a\n'.repeat(10_000)}`,
  documents: '---\na:\n'.repeat(5_000),
  brackets: `excludeEvents: [${'[],'.repeat(13_000)}]`,
};

/** Calls that are answered while such an edit is worked out: fewer than these come through where it is done in one piece. */
const FEWEST_CALLS = 15;

test('an edit that is much work does not hold up others', async (context) => {
  const rig = await startSettings(context, { 'shop.yaml': HEAD });
  const { version } = await rig.document();
  const track = async () => {
    const response = await fetch(`${rig.server.url}/v1/track`, {
      method: 'POST',
      body: JSON.stringify({ writeKey: 'shop-write-key', userId: 'ada', event: 'Order Completed' }),
    });
    assert.equal(response.status, 200, await response.text());
  };
  for (let count = 0; count < 100; count += 1) await track();
  const changes = Array.from({ length: 200 }, (_, index) => ({
    path: ['outbound', `name${index}`],
    value: [{ a: 'x'.repeat(100) }],
  }));
  const edits: Readonly<Record<string, object>> = {
    ...Object.fromEntries(Object.entries(TEXTS).map(([name, text]) => [name, { text: HEAD + text }])),
    'many changes': { changes },
  };
  for (const [name, edit] of Object.entries(edits)) {
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    let served = 0;
    let isOver = false;
    const answer = rig.preview({ workspace: 'shop', version, ...edit }).finally(() => {
      isOver = true;
    });
    while (!isOver && served < FEWEST_CALLS) {
      await track();
      served += 1;
    }
    const { status, text } = await answer;
    delay.disable();
    context.diagnostic(`${name}: longest stall ${Math.round(delay.max / 1e6)} ms`);
    assert.equal(status, 200, text.slice(0, 1000));
    assert.ok(served >= FEWEST_CALLS, `${name}: ${served} calls were answered meanwhile`);
  }

  const tooLong = await rig.preview({ workspace: 'shop', version, text: HEAD + '#\n'.repeat(70_000) });
  assert.equal(tooLong.status, 400, tooLong.text.slice(0, 1000));
  assert.match(tooLong.text, /REQUEST_INVALID.*body\.text has more than 131072 characters/);
  const value = Array.from({ length: 3_000 }, (_, index) => `Name ${index}`);
  const listed = await rig.preview({ workspace: 'shop', version, changes: [{ path: ['excludeEvents'], value }] });
  assert.deepEqual(listed.body.faults, [], listed.text.slice(0, 1000));
  const changed = changes.map((change) => ({ ...change, value: 'x'.repeat(1_000) }));
  assert.equal((await rig.preview({ workspace: 'shop', version, changes: changed })).status, 400);
});
