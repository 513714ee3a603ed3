// Nothing is lost while the process is killed and Statsig fails: a short run of `npm run torture`, and proof that its judge sees what is broken.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Deed } from '../torture/torture-deeds.js';
import type { PushedEvent } from '../torture/torture-events.js';
import type { Disturbance } from '../torture/torture-excuses.js';
import { runTorture } from '../torture/torture-run.js';
import type { LedgerEntry } from '../torture/torture-stand-in.js';
import { type Evidence, judgeRun } from '../torture/torture-verdict.js';

test('three kills amid pushes, webhooks and failures of all targets lose nothing and repeat nothing without a reason', async (context) => {
  const seed = Date.now() % 1_000_000;
  context.diagnostic(`seed ${seed}`);
  const { kills, inbound, outbound, broken } = await runTorture({
    seed,
    kills: 3,
    seconds: 6,
    workspaces: 2,
    drainMs: 60_000,
  });
  assert.deepEqual(broken, []);
  assert.equal(kills.length, 3);
  assert.ok(inbound.log.accepted.length > 0);
  assert.equal(inbound.verdict.delivered + inbound.verdict.deadLetters, inbound.log.accepted.length);
  const { log, verdict } = outbound;
  const certain = log.accepted.filter(({ once }) => once === undefined).length;
  assert.ok(certain > 0 && verdict.windows > 0);
  assert.ok(verdict.delivered + verdict.deadLetters >= certain + verdict.windows);
});

const event = (number: number, parts: Partial<PushedEvent> = {}): PushedEvent => ({
  id: `user/${number}`,
  lane: 'lane',
  user: 'user',
  number,
  poison: undefined,
  ...parts,
});

const entry = (at: number, ids: readonly string[], deed: Deed = 'accept', session = 'run 1'): LedgerEntry => ({
  lane: 'lane',
  session,
  ids,
  at,
  deed,
});

function judge(evidence: Partial<Evidence>) {
  return judgeRun({ accepted: [event(1), event(2)], ledger: [], deadLetters: [], disturbances: [], ...evidence });
}

test('the judge finds an event that is nowhere', () => {
  assert.deepEqual(judge({ ledger: [entry(1, ['user/1']), entry(2, ['user/2'], '503')] }).lost, ['user/2']);
});

test('the judge takes a repetition after an answer that was cut off, and none after one that came', () => {
  const again = entry(2, ['user/1', 'user/2']);
  for (const deed of ['accept, then reset', 'accept, then cut off', 'accept, then hang'] as const) {
    const { repeatedAfterCut, unexplained } = judge({ ledger: [entry(1, ['user/1'], deed), again] });
    assert.deepEqual([repeatedAfterCut, unexplained.length], [1, 0]);
  }
  assert.equal(judge({ ledger: [entry(1, ['user/1']), again] }).unexplained.length, 1);
});

test('the judge takes a repetition after a kill only of the last request that the killed process sent', () => {
  const [first, second] = [entry(1_000, ['user/1']), entry(1_100, ['user/2'])];
  const kill = (at: number): Disturbance => ({ trouble: 'killed', run: 'run 1', from: at, to: at });
  const repeats = (id: string, at: number, disturbance = kill(1_200)) =>
    judge({ ledger: [first, second, entry(at, [id], 'accept', 'run 2')], disturbances: [disturbance] });
  assert.equal(repeats('user/2', 1_500).repeatedAfter.get('killed'), 1);
  assert.equal(repeats('user/2', 1_500, { ...kill(1_200), run: 'run 3' }).unexplained.length, 1, 'another was killed');
  assert.equal(repeats('user/1', 1_500).unexplained.length, 1);
  const longAgo = judge({ ledger: [first, entry(9_500, ['user/1'], 'accept', 'run 2')], disturbances: [kill(9_000)] });
  assert.equal(longAgo.unexplained.length, 1, 'it had all the time to write the answer down');
});

test('the judge finds events that change places, and none in a repetition', () => {
  assert.equal(judge({ ledger: [entry(1, ['user/2']), entry(2, ['user/1'])] }).reordered.length, 1);
  const repeated = [entry(1, ['user/1', 'user/2'], 'accept, then reset'), entry(2, ['user/1', 'user/2'])];
  assert.deepEqual(judge({ ledger: repeated }).reordered, []);
  const ledger = [entry(1, ['user/2']), entry(2, ['user/1'])];
  const late = event(1, { once: 'gate', wasRepeated: true });
  assert.deepEqual(judge({ accepted: [late, event(2)], ledger }).reordered, [], 'a window may keep it back at first');
  assert.equal(judge({ accepted: [{ ...late, wasRepeated: false }, event(2)], ledger }).reordered.length, 1);
});

test('the judge wants exactly the poison among the dead letters, once, for its reason', () => {
  const accepted = [event(1), event(2, { poison: 'rejected' })];
  const ledger = [entry(1, ['user/1'])];
  const letter = { id: 'user/2', reason: 'rejected' };
  const wrong = (deadLetters: Evidence['deadLetters']) =>
    judge({ accepted, ledger, deadLetters }).wrongDeadLetters.length;
  assert.equal(wrong([letter]), 0);
  assert.equal(wrong([]), 1);
  assert.equal(wrong([letter, letter]), 1);
  assert.equal(wrong([{ ...letter, reason: 'attempts_exhausted' }]), 1);
  assert.equal(wrong([letter, { id: 'user/1', reason: 'attempts_exhausted' }]), 2, 'it was delivered, too');
});

test('of the exposures of a window the judge wants one to arrive, whichever, and dead letters only of poison', () => {
  const accepted = [1, 2, 3].map((number) =>
    event(number, { once: 'gate', ...(number < 3 && { poison: 'rejected' }) }),
  );
  const letter = (number: number) => ({ id: `user/${number}`, reason: 'rejected' });
  const verdictOn = (arrived: readonly string[], deadLetters: Evidence['deadLetters']) => {
    const ledger = arrived.map((id, index) => entry(index, [id]));
    const { lost, windows, windowsGivenBack, wrongWindows, wrongDeadLetters } = judge({
      accepted,
      ledger,
      deadLetters,
    });
    return [lost.length, windows, windowsGivenBack, wrongWindows.length, wrongDeadLetters.length];
  };
  assert.deepEqual(verdictOn(['user/3'], []), [0, 1, 0, 0, 0]);
  assert.deepEqual(verdictOn(['user/3'], [letter(1)]), [0, 1, 1, 0, 0]);
  assert.deepEqual(verdictOn([], [letter(1)]), [0, 1, 1, 1, 0], 'the window was not given back');
  assert.deepEqual(verdictOn(['user/1', 'user/3'], []), [0, 1, 0, 1, 0], 'the window was forgotten');
  assert.deepEqual(verdictOn([], [letter(1), letter(3)]), [0, 1, 1, 1, 1], 'the last one is no poison');
});
