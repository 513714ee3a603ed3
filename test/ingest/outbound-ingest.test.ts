// What Statsig's events leave in the outbox: a call per target and format, in one step, and what the sender is told of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PluginError } from '../../src/base/errors.js';
import { createOutboundIngest } from '../../src/ingest/outbound.js';
import type { Appended, OutboxEvent } from '../../src/outbox/outbox.js';
import { compileOutbound } from '../../src/settings/compile-outbound.js';
import { parseDocuments } from '../../src/settings/document.js';
import type { CompiledOutbound } from '../../src/transform/compiled-outbound.js';
import { WHERE_NESTING_ENDS } from '../../testkit/written.js';

const NOW = Date.UTC(2026, 0, 15, 12);
const DAY_MS = 86_400_000;
const TWO = [
  { name: 'segment', writeKey: 'write-key-example' },
  { name: 'warehouse', writeKey: 'write-key-example', host: 'https://rudder.example' },
];

const PURCHASE = { eventName: 'purchase', userID: 'u1', timestamp: NOW, timeUUID: 'uuid-1', value: '9' };
const EXPOSURE = {
  eventName: 'statsig::experiment_exposure',
  userID: 'u1',
  unitID: 'userID',
  timestamp: NOW,
  timeUUID: 'uuid-2',
  metadata: { config: 'checkout', ruleID: 'group-1', experimentGroupName: 'Test' },
};

function workspace(outbound: object): CompiledOutbound {
  const { documents, faults } = parseDocuments(JSON.stringify({ id: 'shop', outbound }), 'shop.json');
  assert.deepEqual(faults, []);
  const [document] = documents;
  assert.ok(document);
  return compileOutbound(document);
}

/** Remembers what was appended and knows ids and keys again, each lane for itself. */
class RememberingOutbox {
  readonly appends: (readonly OutboxEvent[])[] = [];
  readonly #seen = new Set<string>();
  readonly #last = new Map<string, string>();

  async append(events: readonly OutboxEvent[]): Promise<readonly Appended[]> {
    this.appends.push(events);
    const isNew = (...parts: readonly string[]) => {
      const size = this.#seen.size;
      return this.#seen.add(JSON.stringify(parts)).size > size;
    };
    return events.map(({ workspaceId, target, messageId = '', once }) => {
      if (!isNew(workspaceId, target, 'id', messageId)) return 'duplicate';
      if (once === undefined) return 'accepted';
      const key = JSON.stringify([workspaceId, target, once.key]);
      const last = this.#last.get(key);
      this.#last.set(key, once.value);
      return last === once.value ? 'repeated' : 'accepted';
    });
  }
}

function ingestInto(outbox: RememberingOutbox, compiled: CompiledOutbound) {
  const ingest = createOutboundIngest(outbox, () => NOW);
  return (...events: readonly unknown[]) => ingest.accept(compiled, events);
}

/** What was appended, one call to a line. */
function idsOf(events: readonly OutboxEvent[] = []) {
  return events.map(({ target, messageId }) => [target, messageId]);
}

test('each target gets a call of its own, the events of a request are stored in one step', async () => {
  const outbox = new RememberingOutbox();
  const accept = ingestInto(outbox, workspace({ targets: TWO }));
  const other = { ...PURCHASE, timeUUID: 'uuid-3', userID: 'u2' };
  assert.deepEqual(await accept(PURCHASE, other), [{ kind: 'accepted' }, { kind: 'accepted' }]);
  const [stored = [], ...more] = outbox.appends;
  assert.deepEqual(more, []);
  assert.deepEqual(idsOf(stored), [
    ['segment', 'uuid-1:shop:segment'],
    ['warehouse', 'uuid-1:shop:warehouse'],
    ['segment', 'uuid-3:shop:segment'],
    ['warehouse', 'uuid-3:shop:warehouse'],
  ]);
  for (const { workspaceId, messageId, payload, acceptedAt, once } of stored) {
    assert.deepEqual([workspaceId, acceptedAt, once], ['shop', NOW, undefined]);
    const parsed = JSON.parse(payload);
    assert.deepEqual(Object.keys(parsed).slice(0, 3), ['messageId', 'type', 'event']);
    assert.equal(parsed.messageId, messageId);
  }
  const [first, copy, second] = stored.map(({ payload }) => {
    const { messageId: _, ...call } = JSON.parse(payload);
    return call;
  });
  assert.deepEqual(copy, first);
  assert.deepEqual([first.event, first.userId, first.properties.value, second.userId], ['purchase', 'u1', '9', 'u2']);
});

test('each format of an exposure has an id and a window of its own', async () => {
  const outbox = new RememberingOutbox();
  const accept = ingestInto(outbox, workspace({ targets: TWO, experimentViewed: 'also' }));
  assert.deepEqual(await accept(EXPOSURE), [{ kind: 'accepted' }]);
  const [stored = []] = outbox.appends;
  assert.deepEqual(idsOf(stored).sort(), [
    ['segment', 'uuid-2:shop:segment'],
    ['segment', 'uuid-2:shop:segment:experiment-viewed'],
    ['warehouse', 'uuid-2:shop:warehouse'],
    ['warehouse', 'uuid-2:shop:warehouse:experiment-viewed'],
  ]);
  const keys = new Set<string>();
  for (const { messageId = '', payload, once } of stored) {
    const format = messageId.endsWith(':experiment-viewed') ? 'experiment-viewed' : 'statsig';
    const name = format === 'statsig' ? EXPOSURE.eventName : 'Experiment Viewed';
    assert.equal(JSON.parse(payload).event, name);
    assert.equal(once?.windowMs, DAY_MS);
    assert.ok(once.key.endsWith(`:${format}`), once.key);
    keys.add(once.key);
  }
  assert.equal(keys.size, 2);
});

test('without a window every exposure is stored', async () => {
  const outbox = new RememberingOutbox();
  const accept = ingestInto(outbox, workspace({ targets: TWO, exposureWindowMs: 0 }));
  const again = { ...EXPOSURE, timeUUID: 'uuid-3' };
  assert.deepEqual(await accept(EXPOSURE, again), [{ kind: 'accepted' }, { kind: 'accepted' }]);
  assert.deepEqual(
    outbox.appends[0]?.map(({ once }) => once),
    [undefined, undefined, undefined, undefined],
  );
});

test('a workspace without targets stores its calls for the dry run', async () => {
  const outbox = new RememberingOutbox();
  assert.deepEqual(await ingestInto(outbox, workspace({}))(PURCHASE), [{ kind: 'accepted' }]);
  assert.deepEqual(idsOf(outbox.appends[0]), [['dry-run', 'uuid-1:shop:dry-run']]);
});

test('an event that every target has is a duplicate, one that some target lacks is accepted', async () => {
  const outbox = new RememberingOutbox();
  const [first] = TWO;
  await ingestInto(outbox, workspace({ targets: [first] }))(PURCHASE);
  const accept = ingestInto(outbox, workspace({ targets: TWO }));
  assert.deepEqual(await accept(PURCHASE), [{ kind: 'accepted' }]);
  assert.deepEqual(await accept(PURCHASE, PURCHASE), [{ kind: 'duplicate' }, { kind: 'duplicate' }]);
});

test('an exposure that has a window open everywhere is filtered, its repeated webhook a duplicate', async () => {
  const outbox = new RememberingOutbox();
  const accept = ingestInto(outbox, workspace({ targets: TWO, experimentViewed: 'also' }));
  const again = { ...EXPOSURE, timeUUID: 'uuid-3' };
  const otherGroup = { ...EXPOSURE, timeUUID: 'uuid-4', metadata: { ...EXPOSURE.metadata, ruleID: 'group-2' } };
  assert.deepEqual(await accept(EXPOSURE, EXPOSURE, again, otherGroup), [
    { kind: 'accepted' },
    { kind: 'duplicate' },
    { kind: 'filtered', reason: 'exposure_repeated', detail: `the last one, within ${DAY_MS} ms, said the same` },
    { kind: 'accepted' },
  ]);
});

test('results stay in the order of the events, whatever becomes of each', async () => {
  const outbox = new RememberingOutbox();
  const accept = ingestInto(outbox, workspace({ targets: TWO, excludeEvents: ['left *'], experimentViewed: 'also' }));
  const results = await accept(
    1,
    EXPOSURE,
    { ...PURCHASE, eventName: 'left out' },
    { ...PURCHASE, eventName: ' ' },
    PURCHASE,
    PURCHASE,
    null,
  );
  assert.deepEqual(
    results.map((result) =>
      'code' in result ? [result.code, result.path] : 'reason' in result ? result.reason : result.kind,
    ),
    [
      ['ELEMENT_NOT_OBJECT', ''],
      'accepted',
      'event_excluded',
      ['STATSIG_EVENT_NAME_MISSING', 'eventName'],
      'accepted',
      'duplicate',
      ['ELEMENT_NOT_OBJECT', ''],
    ],
  );
  assert.deepEqual(
    outbox.appends.map(({ length }) => length),
    [8],
  );
});

test('where nothing is to be stored the outbox is left alone', async () => {
  const outbox = new RememberingOutbox();
  const accept = ingestInto(outbox, workspace({ targets: TWO }));
  assert.deepEqual(await accept(), []);
  const [result] = await accept({ eventName: 'segment::back', userID: 'u1' });
  assert.ok(result?.kind === 'filtered' && result.reason === 'loop');
  assert.deepEqual(outbox.appends, []);
});

test('an event nested too deep to be written leaves the others unharmed', WHERE_NESTING_ENDS, async () => {
  const outbox = new RememberingOutbox();
  const accept = ingestInto(outbox, workspace({ targets: TWO }));
  const metadata: unknown = JSON.parse(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`);
  for (const timeUUID of ['uuid-9', undefined]) {
    assert.deepEqual(
      await accept({ ...PURCHASE, timeUUID, metadata }, { ...PURCHASE, timeUUID: `${timeUUID}-other` }),
      [{ kind: 'invalid', code: 'NESTED_TOO_DEEP', path: '' }, { kind: 'accepted' }],
    );
  }
});

test('what the outbox refuses goes to the caller', async () => {
  const ingest = createOutboundIngest({ append: () => Promise.reject(new PluginError('OUTBOX_FULL')) });
  await assert.rejects(ingest.accept(workspace({ targets: TWO }), [PURCHASE]), { code: 'OUTBOX_FULL' });
});
