// Replicas that share an outbox lose nothing while they and the database are killed: a short run of `npm run torture -- postgres`, and proof that its judge sees what is broken.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needsPostgres } from '../../testkit/postgres.js';
import { runSharedTorture } from '../torture/shared/shared-run.js';
import { makeTrouble } from '../torture/shared/trouble.js';
import type { Deed } from '../torture/torture-deeds.js';
import { type Disturbance, excusesFor, unexcusedOverlaps } from '../torture/torture-excuses.js';
import type { LedgerEntry } from '../torture/torture-stand-in.js';

test('deaths of replicas and of the database amid pushes, webhooks, audiences and failures of all targets lose nothing', async (context) => {
  if (!needsPostgres(context)) return;
  const seed = Date.now() % 1_000_000;
  context.diagnostic(`seed ${seed}`);
  const counts = { kills: 2, stops: 0, databaseKills: 1, silences: 0, cuts: 1 };
  const { inbound, outbound, disturbances, people, broken } = await runSharedTorture({
    seed,
    play: async (stage) => ({ disturbances: await makeTrouble({ counts, seconds: 5 }, stage), seen: [], broken: [] }),
    replicas: 2,
    workspaces: 2,
    leaseMs: 20_000,
    drainMs: 60_000,
  });
  assert.deepEqual(broken, []);
  assert.equal(disturbances.length, 4);
  assert.ok(inbound.log.accepted.length > 0 && outbound.log.accepted.length > 0 && people.calls > 0);
  assert.equal(inbound.verdict.delivered + inbound.verdict.deadLetters, inbound.log.accepted.length);
});

const entry = (session: string, at: number, deed: Deed = 'accept', lane = 'lane'): LedgerEntry => ({
  lane,
  session,
  ids: ['user/1'],
  at,
  deed,
});

test('a repetition is excused by trouble of the process that sent the first request, and by that of no other', () => {
  const [first, again] = [entry('run-1', 10_000), entry('run-2', 20_000)];
  const excuse = (disturbance: Disturbance, ledger = [first, again]) =>
    excusesFor(ledger, [disturbance])(first, again)?.trouble;
  const stopped: Disturbance = { trouble: 'stopped', run: 'run-1', from: 10_500, to: 30_000 };
  assert.equal(excuse(stopped), 'stopped');
  assert.equal(excuse({ ...stopped, run: 'run-3' }), undefined);
  assert.equal(excuse({ ...stopped, from: 15_000 }), undefined, 'it had all the time to write the answer down');
  assert.equal(excuse({ trouble: 'database killed', from: 9_000, to: 11_000 }), 'database killed', 'it is of all');
  const wrote = [first, entry('run-1', 10_200), again];
  assert.equal(excuse(stopped, wrote), undefined, 'it sent its next request, so it had written the answer down');
});

test('a process that was stopped may send once more what another one has sent meanwhile, just after it goes on', () => {
  const stopped: Disturbance = { trouble: 'stopped', run: 'run-1', from: 5_000, to: 25_000 };
  const excuse = (session: string, at: number) => {
    const [first, again] = [entry('run-2', 20_000), entry(session, at)];
    return excusesFor([first, again], [stopped])(first, again)?.trouble;
  };
  assert.equal(excuse('run-1', 25_100), 'stopped');
  assert.equal(excuse('run-1', 29_000), undefined);
  assert.equal(excuse('run-3', 25_100), undefined);
});

test('two requests of a lane at the same time are excused by trouble of one of the two processes', () => {
  const overlap = (first: string, second: string) => ({ lane: 'lane', sessions: [first, second] as const, at: 10_000 });
  const unexcused = (first: string, second: string) =>
    unexcusedOverlaps([overlap(first, second)], [{ trouble: 'stopped', run: 'run-1', from: 9_000, to: 40_000 }]).length;
  assert.equal(unexcused('run-1', 'run-2'), 0);
  assert.equal(unexcused('run-2', 'run-3'), 1);
  assert.equal(unexcused('run-1', 'run-1'), 1, 'a process knows what it sends');
});
