// How a lane stands after each thing that can happen to it, without a clock, a timer or a request.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attempted } from '../../src/dispatch/batch-attempt.js';
import { LaneState } from '../../src/dispatch/lane-state.js';

const NOW = 1_000_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

function answer(reading: Attempted['reading'], more: Partial<Attempted> = {}): Attempted {
  return { settlements: [], failed: [], parts: [], reading, answer: { message: `it ${reading}` }, ...more };
}

/** The events that lead into a phase. */
const INTO: Readonly<Record<string, (state: LaneState) => void>> = {
  well: () => {},
  slow: (state) => {
    state.requestBegan();
    state.requestEnded(NOW, NOW - 1_001);
  },
  failing: (state) => state.requestRead(answer('failed'), false),
  paused: (state) => state.requestRead(answer('failed', { pauseUntil: NOW + 1 }), false),
  open: (state) => state.circuitChanged('open'),
  probing: (state) => state.circuitChanged('half-open'),
  missing: (state) => void state.targetMissing('no key'),
};

for (const [phase, lead] of Object.entries(INTO)) {
  test(`a lane is ${phase}`, () => {
    const state = new LaneState();
    lead(state);
    assert.equal(state.phase(NOW), phase);
    assert.equal(state.goesOn(NOW), phase === 'well' || phase === 'slow');
    assert.equal(state.mayBeSlow(NOW), phase !== 'well' && phase !== 'missing');
  });
}

test('what is worse is told first', () => {
  const state = new LaneState();
  const phases = ['slow', 'failing', 'paused', 'probing', 'open', 'missing'].map((phase) => {
    INTO[phase]?.(state);
    return state.phase(NOW);
  });
  assert.deepEqual(phases, ['slow', 'failing', 'paused', 'probing', 'open', 'missing']);
});

test('pauses and slowness are over by themselves', () => {
  const state = new LaneState();
  INTO.slow?.(state);
  INTO.paused?.(state);
  assert.deepEqual(
    [NOW, NOW + 1].map((at) => state.phase(at)),
    ['paused', 'failing'],
  );
  state.requestRead(answer('answered'), false);
  assert.deepEqual(
    [NOW + 1, NOW + MINUTE_MS].map((at) => state.phase(at)),
    ['slow', 'well'],
  );
});

test('a quick request ends slowness; requests under way are counted', () => {
  const state = new LaneState();
  state.requestBegan();
  state.requestBegan();
  assert.equal(state.inFlight, 2);
  state.requestEnded(NOW, NOW - 5_000);
  assert.equal(state.phase(NOW), 'slow');
  state.requestEnded(NOW, NOW - 1_000);
  assert.equal(state.phase(NOW), 'well');
  assert.equal(state.inFlight, 0);
});

test('failures in a row are counted until an answer comes', () => {
  const state = new LaneState();
  for (const [reading, failures] of [
    ['failed', 1],
    ['refused', 2],
    ['answered', 0],
    ['failed', 1],
  ] as const) {
    state.requestRead(answer(reading), false);
    assert.equal(state.failures, failures, reading);
    assert.equal(state.hasFailed, reading === 'failed');
  }
});

test('while its host is down a lane learns nothing of a failure, unless it was asked to wait', () => {
  const state = new LaneState();
  state.requestRead(answer('failed', { pauseUntil: NOW + 5 }), true);
  assert.equal(state.failures, 0);
  assert.equal(state.pausedUntil, 0);
  assert.equal(state.phase(NOW), 'failing');
  state.requestRead(answer('failed', { pauseUntil: NOW + 5, isAsked: true }), true);
  assert.equal(state.pausedUntil, NOW + 5);
  state.requestRead(answer('refused', { pauseUntil: NOW + 9 }), true);
  assert.deepEqual([state.failures, state.pausedUntil], [1, NOW + 9]);
});

test('a pause is never cut short by an answer, but by another target', () => {
  const state = new LaneState();
  state.requestRead(answer('answered', { pauseUntil: NOW + 9 }), false);
  state.requestRead(answer('answered', { pauseUntil: NOW + 3 }), false);
  assert.equal(state.pausedUntil, NOW + 9);
  state.targetRenewed();
  assert.equal(state.pausedUntil, 0);
});

test('another target begins anew, whatever was known of the one before', () => {
  const state = new LaneState();
  for (const phase of ['slow', 'paused', 'open']) INTO[phase]?.(state);
  state.targetRenewed();
  assert.equal(state.phase(NOW), 'well');
  assert.equal(state.circuit, 'closed');
});

test('that there is no target is news once for each reason, and over when one is found', () => {
  const state = new LaneState();
  assert.deepEqual(
    ['no key', 'no key', 'paused'].map((why) => state.targetMissing(why)),
    [true, false, true],
  );
  assert.equal(state.problem, 'paused');
  state.targetFound();
  assert.equal(state.problem, undefined);
  assert.equal(state.targetMissing('paused'), true);
});

test('the problem is that of the last request; a missing target is told before it', () => {
  const state = new LaneState();
  state.explained(answer('failed'));
  assert.equal(state.problem, 'it failed');
  state.targetMissing('no key');
  assert.deepEqual([state.problem, state.lastProblem], ['no key', 'it failed']);
  state.targetFound();
  state.explained(answer('answered', { problem: 'people have not left a list' }));
  assert.equal(state.problem, 'people have not left a list');
  state.explained(answer('answered'));
  assert.equal(state.problem, undefined);
});

test('requests that cannot be made are counted until one can', () => {
  const state = new LaneState();
  assert.deepEqual([state.requestFaulted('no header'), state.requestFaulted('no header')], [1, 2]);
  assert.equal(state.problem, 'no header');
  state.pausedTo(NOW + 5);
  assert.equal(state.phase(NOW), 'paused');
  state.requestMade();
  assert.equal(state.requestFaulted('no header'), 1);
});

test('what is known is kept as long as it holds the lane back, and refusals for an hour', () => {
  const state = new LaneState();
  assert.equal(state.keptUntil(false), 0);
  state.refusedAlone(NOW);
  assert.equal(state.keptUntil(false), 0);
  assert.equal(state.keptUntil(true), NOW + HOUR_MS);
  INTO.slow?.(state);
  assert.equal(state.keptUntil(false), NOW + MINUTE_MS);
  INTO.paused?.(state);
  assert.equal(state.keptUntil(false), NOW + MINUTE_MS);
});
