// The score of a mutation run says how far a sample can be trusted.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Judged, scoreOf, scoreText, survivorText } from '../mutation/score.js';
import type { Fate } from '../mutation/test-runs.js';

const MUTANT = {
  id: '7',
  file: 'src/a.ts',
  line: 3,
  column: 9,
  kind: 'ConditionalExpression',
  original: 'a &&\n    b',
  replacement: 'true',
};

function judged(fates: Readonly<Partial<Record<Fate, number>>>): readonly Judged[] {
  return Object.entries(fates).flatMap(([fate, count]) =>
    Array.from({ length: count }, () => ({ mutant: MUTANT, fate: fate === 'killed' ? fate : toFate(fate) })),
  );
}

function toFate(text: string): Fate {
  return text === 'timeout' || text === 'survived' ? text : 'not covered';
}

test('a change that nothing comes by counts as one that goes unnoticed', () => {
  const score = scoreOf(judged({ killed: 70, timeout: 10, survived: 15, 'not covered': 5 }), 100);
  assert.equal(score.noticed, 80);
  assert.equal(score.share, 0.8);
  assert.equal(scoreText('src', score, 100), 'src: 80 of 100 noticed, of 100 mutants: 80.0 % (all of them)');
});

test("the bounds of a small part of the whole are Wilson's, those of the whole are the share itself", () => {
  const part = scoreOf(judged({ killed: 80, survived: 20 }), 1_000_000_000);
  assert.ok(Math.abs(part.least - 0.7112) < 0.0001, `${part.least}`);
  assert.ok(Math.abs(part.most - 0.8666) < 0.0001, `${part.most}`);
  const half = scoreOf(judged({ killed: 80, survived: 20 }), 200);
  assert.ok(half.least > part.least && half.most < part.most);
  const whole = scoreOf(judged({ killed: 80, survived: 20 }), 100);
  assert.deepEqual([whole.least, whole.most], [0.8, 0.8]);
});

test('a survivor is told in one line, with its place', () => {
  const line = 'src/a.ts:3:9 survived ConditionalExpression: a && b -> true';
  assert.equal(survivorText({ mutant: MUTANT, fate: 'survived' }), line);
});
