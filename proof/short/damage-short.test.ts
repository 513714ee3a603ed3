// A short run of `npm run damage`, and proof that its judge sees what is broken.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Start } from '../damage/child.js';
import { isBroken, judge } from '../damage/judge.js';
import { describeBroken } from '../damage/report.js';
import { runDamage } from '../damage/run.js';
import type { Filled } from '../damage/shapes.js';

test('150 flips, cuts and missing files: none is silent, no start fails twice, nothing undamaged is lost', async (context) => {
  const seed = Date.now() % 1_000_000;
  context.diagnostic(`seed ${seed}`);
  const results = await runDamage({ seed, cases: 150, fills: 1, workers: 2 });
  assert.equal(results.length, 150);
  assert.deepEqual(describeBroken(results), []);
  assert.ok(results.some(({ judgement }) => judgement.lost > 0));
});

const filled: Filled = {
  shape: 'log',
  root: '',
  waiting: new Map([
    ['a', 'A'],
    ['b', 'B'],
  ]),
  dead: new Map([['c', 'C']]),
  delivered: new Set(['d']),
  lanes: new Map(),
};

const start = (parts: Partial<Start> = {}): Start => ({
  ok: true,
  problem: undefined,
  waiting: [
    ['a', 'A'],
    ['b', 'B'],
  ],
  dead: [['c', 'C']],
  damaged: 0,
  forgotten: 0,
  accepts: true,
  ...parts,
});

const NONE: ReadonlySet<string> = new Set();

test('the judge is content with what is all there, and with a loss of what was hit that is said and said again', () => {
  assert.equal(isBroken(judge(filled, NONE, [start(), start()])), false);
  const lost = start({ problem: 'damaged', waiting: [['a', 'A']] });
  assert.equal(isBroken(judge(filled, new Set(['b']), [lost, lost])), false);
});

test('the judge finds silence, a notice that is forgotten, a record that was not hit, a change, and starts that fail', () => {
  const lost = start({ waiting: [['a', 'A']] });
  assert.equal(judge(filled, new Set(['b']), [lost, lost]).silent, true);
  assert.equal(judge(filled, NONE, [start({ forgotten: 1 }), start({ forgotten: 1 })]).silent, true);
  const back = start({
    waiting: [
      ['a', 'A'],
      ['b', 'B'],
      ['d', 'D'],
    ],
  });
  assert.equal(judge(filled, NONE, [back, back]).silent, true);
  const said = start({ problem: 'damaged', waiting: [['a', 'A']] });
  assert.equal(judge(filled, new Set(['b']), [said, start()]).forgottenNotice, true);
  assert.deepEqual(judge(filled, NONE, [said, said]).undamagedLost, ['b']);
  assert.equal(
    judge(filled, NONE, [
      start({
        waiting: [
          ['a', 'A'],
          ['b', 'X'],
        ],
      }),
      start(),
    ]).altered,
    1,
  );
  const died = { died: 'SIGABRT' };
  assert.equal(judge(filled, NONE, [died, died]).failedTwice, true);
  assert.equal(judge(filled, NONE, [died, start(), start()]).failedTwice, false);
});
