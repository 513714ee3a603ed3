// A purge over replicas: what one has claimed another one sees as under way, and nothing of it stays in the database.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { putBack } from '../../../src/dispatch/batch-decision.js';
import { about, deadLettersOf, idsOf } from '../../../testkit/outbox.js';
import { sharedOutbox, userEvent } from '../../../testkit/shared-outbox.js';
import { until } from '../../../testkit/until.js';

const LANE = 'acme/statsig' as const;
const WIDE = 10_000_000;
const of = (person: string, id: string) => userEvent(id, { person });

test('what a replica has claimed is under way for the others until it goes back, and then is gone to the last byte', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const one = await shared.replica();
  const other = await shared.replica();
  await one.append([of('ada', 'a'), of('bob', 'b'), of('ada', 'c')]);
  await one.append([of('ada', 'd'), of('bob', 'e')]);
  const claimed = await one.claim(LANE, 2, WIDE);
  assert.deepEqual(await other.purge('acme', about('ada')), { removed: 1, underWay: 2 });
  one.onWantedBack(() => void one.settle(putBack(claimed)));
  await other.wantBack('acme');
  await until(async () => (await other.purge('acme', about('ada'))).underWay === 0, 'what was claimed went back');
  assert.deepEqual(await shared.run(`select from event_row where events like '%"ada"%'`), []);
  assert.deepEqual(idsOf(await one.claim(LANE, 10, WIDE)), ['b', 'e']);
});

test('what was read ahead of a claim and is not given out is purged at once, with what was delivered of its row', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const one = await shared.replica();
  await one.append([of('ada', 'a'), of('bob', 'b'), of('ada', 'c'), of('bob', 'd')]);
  const [a] = await one.claim(LANE, 1, WIDE);
  assert.ok(a);
  await one.settle([{ kind: 'delivered', delivery: a }]);
  assert.deepEqual(await one.purge('acme', about('ada')), { removed: 1, underWay: 0 });
  assert.deepEqual(await shared.run(`select from event_row where events like '%"ada"%'`), []);
  assert.deepEqual(idsOf(await one.claim(LANE, 10, WIDE)), ['b', 'd']);
});

test('a claim that was read before a purge does not give out what was purged', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const one = await shared.replica();
  const other = await shared.replica();
  const given = new Set<string | undefined>();
  let removed = 0;
  for (let round = 0; round < 15; round += 1) {
    await one.append([of('ada', `ada-${round}`), of('bob', `bob-${round}`)]);
    const [claimed, purged] = await Promise.all([one.claim(LANE, 10, WIDE), other.purge('acme', about('ada'))]);
    for (const id of idsOf(claimed)) given.add(id);
    removed += purged.removed;
    await one.settle(claimed.map((delivery) => ({ kind: 'delivered', delivery })));
  }
  const rest = await one.claim(LANE, 100, WIDE);
  for (const id of idsOf(rest)) given.add(id);
  const ofAda = [...given].filter((id) => id?.startsWith('ada')).length;
  assert.equal(ofAda + removed, 15, `${ofAda} were given out and ${removed} were purged`);
  assert.equal(given.size - ofAda, 15);
});

test('all of a target goes, with its dead letters and the windows of its events, and nothing of another one', async (context) => {
  const shared = await sharedOutbox(context);
  if (shared === undefined) return;
  const one = await shared.replica();
  const once = { key: 'ada button', value: 'red', windowMs: 60_000 };
  const seen = (id: string) => userEvent(id, { target: 'old', once });
  await one.append([userEvent('dead', { target: 'old' }), userEvent('kept')]);
  const [dead] = await one.claim('acme/old', 1, WIDE);
  assert.ok(dead);
  await one.settle([{ kind: 'dead', delivery: dead, reason: 'rejected', answer: '' }]);
  for (let index = 0; index < 120; index += 1) await one.append([userEvent(`m-${index}`, { target: 'old' })]);
  assert.deepEqual(await one.append([seen('one'), seen('two')]), ['accepted', 'repeated']);
  const other = await shared.replica();
  assert.deepEqual(await other.purge('acme', { target: 'old' }), { removed: 122, underWay: 0 });
  assert.deepEqual(await deadLettersOf(one), []);
  assert.deepEqual(
    (await other.status()).lanes.map(({ lane, waiting, deadLetters }) => [lane, waiting, deadLetters]),
    [[LANE, 1, 0]],
  );
  assert.deepEqual(await one.append([seen('three')]), ['accepted']);
});
