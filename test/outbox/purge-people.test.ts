// Finding a person's records without reading the others': the same ones are found, and what a look costs does not grow with what waits for others.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { personIn, personOf } from '../../src/ingest/forgotten.js';
import { createIngest } from '../../src/ingest/inbound.js';
import { createOutboundIngest } from '../../src/ingest/outbound.js';
import { listTarget, STATSIG_TARGET } from '../../src/outbox/lane-id.js';
import type { Delivery, Outbox, OutboxEvent, Settlement } from '../../src/outbox/outbox.js';
import { compiledWorkspace } from '../../testkit/audiences.js';
import { outboundRules } from '../../testkit/outbound.js';
import { webhookEvent } from '../../testkit/outbound-arbitraries.js';
import { about, deadLettersOf, openOnDisk, outboxDirectory, START } from '../../testkit/outbox.js';
import { propertyRuns } from '../../testkit/property-runs.js';
import { createRandom } from '../../testkit/random.js';

const TARGETS = [STATSIG_TARGET, listTarget('vip'), 'segment-eu'] as const;
const PROOF = { origin: 'test', coversAll: true };
const PEOPLE = ['ada', 'bob', 'cyd', '7', ''] as const;

/** An event about somebody as one of the targets takes it. */
function eventOf(person: string, target: string, id: string): OutboxEvent {
  const content =
    target === STATSIG_TARGET
      ? { eventName: 'e', user: { userID: person }, metadata: { id } }
      : target === 'segment-eu'
        ? { type: 'track', userId: person, id }
        : { listId: 'vip', id: person, member: id.length % 2 === 0 };
  const payload = JSON.stringify(content);
  const common = { workspaceId: 'acme', target, messageId: id, origin: 'test', payload, acceptedAt: START };
  return { ...common, person: personIn(content, target) ?? null };
}

/** Who is asked for, without taking anything out: the payloads that are found, and how many were looked at. */
async function look(outbox: Outbox, person: string) {
  const found: string[] = [];
  let looks = 0;
  const concerns = (payload: string, target: string) => {
    looks += 1;
    if (personOf(payload, target) === person) found.push(`${target} ${payload}`);
    return false;
  };
  await outbox.purge('acme', { people: { ids: new Set([person]), of: personOf }, concerns });
  return { found: found.toSorted(), looks };
}

/** All there is, without taking anything out. @param held what is claimed */
async function readAll(outbox: Outbox, held: readonly Delivery[]): Promise<readonly Delivery[]> {
  const all = [...held, ...(await deadLettersOf(outbox))];
  for (const target of TARGETS) {
    const claimed = await outbox.claim(`acme/${target}`, 1_000_000, 1_000_000_000);
    await outbox.settle(claimed.map((delivery) => ({ kind: 'putBack', delivery })));
    all.push(...claimed);
  }
  return all;
}

test('whatever became of the records, those of a person are found, and the same as by reading all', async (context) => {
  for (const seed of [1, 2]) {
    const random = createRandom(seed);
    const pick = <T extends string>(some: readonly [T, ...T[]]): T => some[random.whole(0, some.length - 1)] ?? some[0];
    const directory = outboxDirectory(context);
    let at = START;
    const open = () => openOnDisk(context, directory, { now: () => at, maxAgeMs: Number.MAX_SAFE_INTEGER });
    let outbox = await open();
    let held: Delivery[] = [];
    for (let turn = 0; turn < 120; turn += 1) {
      at += random.whole(0, 50);
      const target = pick(TARGETS);
      const deed = random.whole(0, 9);
      if (deed < 4) {
        const ids = Array.from({ length: random.whole(1, 40) }, (_, index) => `${seed}-${turn}-${index}`);
        await outbox.append(ids.map((id) => ({ ...eventOf(pick(PEOPLE), target, id), acceptedAt: at })));
      } else if (deed < 6) {
        held.push(...(await outbox.claim(`acme/${target}`, random.whole(1, 30), 1_000_000)));
      } else if (deed < 8) {
        const settlements = held.map((delivery): Settlement => {
          const kind = pick(['putBack', 'dead', 'delivered', 'delivered'] as const);
          return kind === 'dead' ? { kind, delivery, reason: 'rejected', answer: '' } : { kind, delivery };
        });
        await outbox.settle(settlements);
        held = [];
      } else if (deed === 8) {
        for (const { key } of (await deadLettersOf(outbox)).slice(0, 5))
          await (random.whole(0, 1) === 0 ? outbox.redeliver(key) : outbox.drop(key));
      } else if (random.whole(0, 3) === 0) {
        held = [];
        await outbox.close();
        outbox = await open();
      }
      if (turn % 8 !== 0) continue;
      const all = await readAll(outbox, held);
      for (const person of PEOPLE.slice(0, 4)) {
        const theirs = all.filter(({ payload, target }) => personOf(payload, target) === person);
        const found = theirs.map(({ payload, target }) => `${target} ${payload}`).toSorted();
        assert.deepEqual((await look(outbox, person)).found, found, `seed ${seed}, turn ${turn}, ${person}`);
      }
    }
    await outbox.close();
  }
});

test('a look among many reads those of the person, also after a restart, whatever became of them before', async (context) => {
  const directory = outboxDirectory(context);
  const before = await openOnDisk(context, directory);
  const backlog = Array.from({ length: 5_000 }, (_, index) =>
    eventOf(`user-${index % 1_000}`, STATSIG_TARGET, `m-${index}`),
  );
  await before.append(backlog);
  const first = await look(before, 'user-77');
  assert.equal(first.found.length, 5);
  assert.ok(first.looks < 20, `${first.looks} records were read`);
  assert.equal((await look(before, 'a stranger')).looks, 0);
  const claimed = await before.claim(`acme/${STATSIG_TARGET}`, 200, 1_000_000);
  await before.settle(
    claimed.map((delivery, index) =>
      index % 2 === 0
        ? { kind: 'putBack', delivery: { ...delivery, attempts: 3 } }
        : { kind: 'dead', delivery, reason: 'rejected', answer: '' },
    ),
  );
  for (const { key } of (await deadLettersOf(before)).slice(0, 50)) await before.redeliver(key);
  await before.close();

  const after = await openOnDisk(context, directory);
  const again = await look(after, 'user-77');
  assert.deepEqual(again.found, first.found);
  assert.ok(again.looks < 20, `${again.looks} records were read`);
  assert.equal((await look(after, 'a stranger')).looks, 0);
});

test('records that do not say whose they are, as earlier versions wrote them, are all read once after a restart', async (context) => {
  const directory = outboxDirectory(context);
  const before = await openOnDisk(context, directory);
  const backlog = Array.from({ length: 500 }, (_, index) => {
    const { person: _person, ...event } = eventOf(`user-${index % 100}`, STATSIG_TARGET, `m-${index}`);
    return event;
  });
  await before.append([...backlog, eventOf('user-77', STATSIG_TARGET, 'said')]);
  await before.close();
  const after = await openOnDisk(context, directory);
  assert.equal((await look(after, 'user-77')).looks, 501);
  const again = await look(after, 'user-77');
  assert.equal(again.found.length, 6);
  assert.ok(again.looks < 20, `${again.looks} records were read`);
});

test('a person with a backlog of large events is purged within little memory', async (context) => {
  const outbox = await openOnDisk(context, outboxDirectory(context));
  for (let index = 0; index < 20; index += 1) {
    const event = eventOf('ada', STATSIG_TARGET, `m-${index}`);
    const content = JSON.parse(event.payload);
    await outbox.append([{ ...event, payload: JSON.stringify({ ...content, long: 'x'.repeat(1 << 20) }) }]);
  }
  const { removed } = await outbox.purge('acme', about('ada'));
  assert.equal(removed, 20);
  assert.deepEqual(outbox.lanes(), []);
});

/** What an ingest stores. */
function collector() {
  const stored: OutboxEvent[] = [];
  const append: Outbox['append'] = async (events) => {
    stored.push(...events);
    return events.map(() => 'accepted');
  };
  return { stored, outbox: { append } };
}

function assertPeople(stored: readonly OutboxEvent[]): void {
  for (const { payload, target, person } of stored) assert.equal(person, personOf(payload, target) ?? null, payload);
}

test('what ingest says of whom an event is about is what its payload says', async () => {
  const id = fc.oneof(
    fc.string(),
    fc.double(),
    fc.constantFrom(Number.POSITIVE_INFINITY, null, '', ' ', { a: 1 }, [1]),
  );
  const type = fc.constantFrom('track', 'page', 'identify', 'group', 'screen', 'alias', 'delete');
  const event = fc.record(
    { type, event: fc.string(), userId: id, anonymousId: id, properties: fc.object() },
    { requiredKeys: ['type'] },
  );
  const { stored, outbox } = collector();
  const ingest = createIngest(outbox, () => START);
  const keys = { secretKey: 'secret-example', consoleKey: 'console-example' };
  const workspaces = [keys, { ...keys, mode: 'webhook' }, {}].map(compiledWorkspace);
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 5 }), async (events) => {
      for (const workspace of workspaces) await ingest.accept(workspace, events, PROOF);
    }),
    { numRuns: propertyRuns(50) },
  );
  assert.ok(stored.some(({ person }) => typeof person === 'string'));
  assertPeople(stored);
});

test('what outbound ingest says of whom a call is about is what its payload says', async () => {
  const { stored, outbox } = collector();
  const ingest = createOutboundIngest(outbox, () => START);
  const rules = outboundRules({});
  await fc.assert(
    fc.asyncProperty(fc.array(webhookEvent, { maxLength: 5 }), async (events) => {
      await ingest.accept(rules, events);
    }),
    { numRuns: propertyRuns(50) },
  );
  assert.ok(stored.some(({ person }) => typeof person === 'string'));
  assertPeople(stored);
});
