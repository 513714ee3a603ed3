// What operators see of very many lanes: metrics whose labels no event chooses, and a readiness that can be read.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LaneReport } from '../../src/dispatch/dispatcher-options.js';
import { summariseLanes, summariseOutbox } from '../../src/operate/lane-summary.js';
import { createMetrics } from '../../src/operate/metrics.js';
import { laneId, listTarget, STATSIG_TARGET } from '../../src/outbox/lane-id.js';
import type { LaneStatus } from '../../src/outbox/outbox.js';

const WORKSPACE = 'shop';
const NOW = 1_767_323_045_000;

const DELIVERY = {
  workspaceId: WORKSPACE,
  target: STATSIG_TARGET,
  messageId: undefined,
  payload: '{}',
  acceptedAt: NOW,
  key: 'key',
  attempts: 0,
};

function status(target: string, more: Partial<LaneStatus> = {}): LaneStatus {
  return { lane: laneId(WORKSPACE, target), workspaceId: WORKSPACE, target, waiting: 1, deadLetters: 1, ...more };
}

const listsOf = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    status(listTarget(`from-event-${index}`), { oldestAcceptedAt: NOW - index }),
  );

test('the number of series does not grow with the lists that events name, and their names are no labels', async () => {
  const seriesOf = async (count: number) => {
    const lanes = [...listsOf(count), status(STATSIG_TARGET)];
    const metrics = createMetrics({
      cacheCounts: () => ({ hits: 0, misses: 0, evictions: 0 }),
      bytesInFlight: () => 0,
      parsedBytesInFlight: () => 0,
      outboxStatus: () => ({ at: NOW, ok: true, bytes: 0, lanes }),
      outboxUsage: () => undefined,
      listSizes: () => [],
      dispatcherStatus: () => undefined,
      settingsFaults: () => 0,
      settingsWarnings: () => 1,
      workspaces: () => ({ all: 1, dry_run: 1, paused: 1 }),
      upstreamAnswers: () => undefined,
      now: () => NOW,
    });
    for (const { target } of lanes) {
      for (const kind of ['delivered', 'retry', 'dead'] as const)
        metrics.countOutcome({ workspaceId: WORKSPACE, target, kind, deliveries: [DELIVERY], message: '' });
    }
    const { text } = await metrics.scrape();
    assert.ok(!text.includes('from-event'));
    assert.match(
      text,
      new RegExp(`^statsig_cdp_outbox_events\\{workspace="shop",target="statsig-list"\\} ${count}$`, 'm'),
    );
    assert.match(
      text,
      new RegExp(`^statsig_cdp_dead_letters\\{workspace="shop",target="statsig-list"\\} ${count}$`, 'm'),
    );
    const age = (count - 1) / 1000;
    assert.match(
      text,
      new RegExp(`^statsig_cdp_outbox_oldest_seconds\\{workspace="shop",target="statsig-list"\\} ${age}$`, 'm'),
    );
    return text.split('\n').filter((line) => line.startsWith('statsig_cdp')).length;
  };
  assert.equal(await seriesOf(400), await seriesOf(3));
});

test('readiness counts all lanes and shows the twenty worst', () => {
  const outbox = summariseOutbox({ at: NOW, ok: true, bytes: 7, lanes: listsOf(4_000) });
  assert.deepEqual([outbox.ok, outbox.bytes, outbox.laneCount, outbox.waiting], [true, 7, 4_000, 4_000]);
  assert.equal(outbox.lanes.length, 20);
  assert.equal(outbox.lanes[0]?.target, 'statsig-list-from-event-3999', 'what has waited longest comes first');

  const lane = (target: string, more: Partial<LaneReport> = {}): LaneReport => ({
    lane: laneId(WORKSPACE, target),
    workspaceId: WORKSPACE,
    target,
    circuit: 'closed',
    inFlight: 0,
    ...more,
  });
  const well = Array.from({ length: 4_000 }, (_, index) => lane(`target-${index}`));
  const bad = lane('bad', { circuit: 'open', problem: 'x'.repeat(10_000) });
  const paused = lane('paused', { problem: 'answered 500', pausedUntil: NOW });
  const shown = summariseLanes({ running: true, inFlight: 0, hosts: [], lanes: [...well, paused, bad] });
  assert.equal(shown.laneCount, 4_002);
  assert.equal(shown.lanesOpen, 1);
  assert.deepEqual(
    shown.lanes.slice(0, 2).map(({ target }) => target),
    ['bad', 'paused'],
  );
  assert.ok(JSON.stringify(shown).length < 5_000);
});
