// What a CDP's events leave in the outbox: Statsig events, changes of ID lists and deletions, each for its own target.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PluginError } from '../../src/base/errors.js';
import { createIngest } from '../../src/ingest/inbound.js';
import { laneId } from '../../src/outbox/lane-id.js';
import type { CompiledWorkspace } from '../../src/transform/compiled-workspace.js';
import { compiledWorkspace } from '../../testkit/audiences.js';
import { MemoryOutbox } from '../../testkit/outbox-memory.js';

const NOW = Date.UTC(2026, 0, 15, 12);
const HAPPENED = NOW - 60_000;
const KEYS = { secretKey: 'secret-example', consoleKey: 'console-example' };

const ORDER = { type: 'track', event: 'Order Completed', userId: 'u1', messageId: 'msg-order', timestamp: HAPPENED };
const ENTERS = {
  type: 'identify',
  userId: 'u1',
  messageId: 'msg-enters',
  timestamp: HAPPENED,
  traits: { vip: true },
  context: { personas: { computation_class: 'audience', computation_key: 'vip' } },
};
const LEAVES = {
  ...ENTERS,
  type: 'track',
  event: 'Audience Exited',
  messageId: 'msg-leaves',
  properties: { vip: false },
};
const DELETION = { type: 'delete', userId: 'u1', messageId: 'delete-1', context: [], integrations: [] };

const CHANGE = { listId: 'vip', idType: 'userID', id: 'u1', member: true, time: HAPPENED };

/** Takes the events in; what is then stored, lane by lane, as [messageId, payload]. */
const PROVEN = { origin: 'webhook', coversAll: true };

async function accept(workspace: CompiledWorkspace, ...events: readonly unknown[]) {
  const outbox = new MemoryOutbox({ now: () => NOW });
  const results = await createIngest(outbox, () => NOW).accept(workspace, events, PROVEN);
  const stored: Record<string, unknown[]> = {};
  for (const lane of outbox.lanes()) {
    const deliveries = await outbox.claim(lane, 100, 1_000_000);
    assert.ok(deliveries.every(({ workspaceId, acceptedAt }) => workspaceId === 'shop' && acceptedAt === NOW));
    stored[lane] = deliveries.map(({ messageId, payload }) => [messageId, JSON.parse(payload)]);
  }
  return { results, stored };
}

test('events, changes of lists and deletions of one call each go to their own lane', async () => {
  const other = { ...ENTERS, messageId: 'msg-other', context: { personas: { ...ENTERS.context.personas } } };
  other.context.personas.computation_key = 'gold';
  const { results, stored } = await accept(
    compiledWorkspace(KEYS),
    ORDER,
    ENTERS,
    { ...other, traits: { gold: 'true' } },
    LEAVES,
    DELETION,
    { ...ENTERS, userId: undefined },
    { ...ENTERS, traits: {} },
    { ...DELETION, userId: '' },
    'no event',
  );
  assert.deepEqual(results, [
    { kind: 'accepted', target: 'statsig' },
    { kind: 'accepted', target: 'statsig-list-vip' },
    { kind: 'accepted', target: 'statsig-list-gold' },
    { kind: 'accepted', target: 'statsig-list-vip' },
    { kind: 'accepted', target: 'statsig-deletions' },
    { kind: 'filtered', reason: 'no_audience_id', detail: 'no userID in userId' },
    { kind: 'invalid', code: 'AUDIENCE_MEMBERSHIP_MISSING', path: 'message.traits.vip' },
    { kind: 'invalid', code: 'DELETION_USER_MISSING', path: 'message.userId' },
    { kind: 'invalid', code: 'ELEMENT_NOT_OBJECT', path: '' },
  ]);
  assert.deepEqual(stored, {
    'shop/statsig': [['msg-order', { eventName: 'segment::Order Completed', user: { userID: 'u1' }, time: HAPPENED }]],
    'shop/statsig-list-vip': [
      ['["msg-enters","vip","u1"]', CHANGE],
      ['["msg-leaves","vip","u1"]', { ...CHANGE, member: false }],
    ],
    'shop/statsig-list-gold': [['["msg-other","gold","u1"]', { ...CHANGE, listId: 'gold' }]],
    'shop/statsig-deletions': [['delete-1', { userId: 'u1' }]],
  });
});

test('an event that comes twice is stored once, whatever it is', async () => {
  const { results } = await accept(compiledWorkspace(KEYS), ENTERS, ENTERS, DELETION, DELETION);
  assert.deepEqual(
    results.map(({ kind }) => kind),
    ['accepted', 'duplicate', 'accepted', 'duplicate'],
  );
});

test('an empty messageId tells no events apart: each is stored', async () => {
  const nameless = { ...ORDER, messageId: '' };
  const { results, stored } = await accept(compiledWorkspace(KEYS), nameless, nameless);
  assert.deepEqual(
    results.map(({ kind }) => kind),
    ['accepted', 'accepted'],
  );
  assert.equal(Object.values(stored).flat().length, 2);
});

test('loop guard, event types and filters keep neither audience events nor deletions back', async () => {
  const workspace = compiledWorkspace({ ...KEYS, eventTypes: ['page'], excludeEvents: ['*'] });
  const fromStatsig = { event: 'statsig::gate_exposure', context: { ...LEAVES.context, library: { name: 'statsig' } } };
  const { results, stored } = await accept(workspace, { ...LEAVES, ...fromStatsig }, { ...DELETION, ...fromStatsig });
  assert.deepEqual(
    results.map(({ kind }) => kind),
    ['accepted', 'accepted'],
  );
  assert.deepEqual(Object.keys(stored).sort(), [
    laneId('shop', 'statsig-deletions'),
    laneId('shop', 'statsig-list-vip'),
  ]);
});

test('without a console key audience events are events like others, in a dry run they are changes', async () => {
  const off = await accept(compiledWorkspace({ secretKey: 'secret-example' }), ENTERS, LEAVES, DELETION);
  assert.deepEqual(off.results, [
    { kind: 'filtered', reason: 'identify_without_audience', detail: 'type identify' },
    { kind: 'accepted', target: 'statsig' },
    { kind: 'accepted', target: 'statsig-deletions' },
  ]);
  const dry = await accept(compiledWorkspace(), ENTERS, DELETION);
  assert.deepEqual(dry.stored, {
    'shop/statsig-dry-run-list-vip': [['["msg-enters","vip","u1"]', CHANGE]],
    'shop/statsig-dry-run-deletions': [['delete-1', { userId: 'u1' }]],
  });
});

test('an event without a time changes the list as of when it was received', async () => {
  const { stored } = await accept(compiledWorkspace(KEYS), { ...ENTERS, timestamp: undefined, messageId: undefined });
  assert.deepEqual(stored, { 'shop/statsig-list-vip': [[undefined, { ...CHANGE, time: NOW }]] });
});

test('what the outbox does not take is not told as taken', async () => {
  const full = new MemoryOutbox({ maxBytes: 60 });
  await assert.rejects(
    createIngest(full).accept(compiledWorkspace(KEYS), [ENTERS, DELETION], PROVEN),
    (error) => error instanceof PluginError && error.code === 'OUTBOX_FULL',
  );
  assert.deepEqual(full.lanes(), []);
});

test('an event without a usable time is dated when it is received, by the clock of the machine', async () => {
  const ahead = NOW + 3 * 86_400_000;
  const outbox = new MemoryOutbox({ now: () => ahead });
  const ingest = createIngest(
    outbox,
    () => ahead,
    () => NOW,
  );
  const { timestamp: _time, ...undated } = ORDER;
  const events = [undated, { ...ORDER, messageId: 'msg-2', timestamp: 'yesterday' }, { ...ORDER, messageId: 'msg-3' }];
  await ingest.accept(compiledWorkspace(KEYS), events, PROVEN);
  const sdk = {
    source: 'tracking-api',
    shared: {},
    sharedBytes: 0,
    maxEventBytes: 1_000,
    address: undefined,
    isImport: false,
  } as const;
  const fourth = { event: { ...undated, messageId: 'msg-4' }, origin: 'sdk' };
  await ingest.acceptTracked(compiledWorkspace(KEYS), [fourth], sdk);
  const deliveries = await outbox.claim(laneId('shop', 'statsig'), 100, 1_000_000);
  assert.deepEqual(
    deliveries.map(({ payload }) => JSON.parse(payload).time),
    [NOW, NOW, HAPPENED, NOW],
  );
});
