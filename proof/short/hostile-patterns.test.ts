// No text that a sender writes makes a pattern take more than its share of time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BOUNDED, findBad, judgeGlobs, judgeManifest, judgeSources, MAX_RATIO } from '../hostile/expressions.js';
import { attackTexts, findWorstGrowth, timerOf } from '../hostile/patterns.js';
import { findConstructions, scanCode } from '../hostile/source-scan.js';

test('every regular expression of the sources takes twice the time for twice the text, or never sees a long one', () => {
  const patterns = judgeSources();
  assert.ok(patterns.length > 40, 'the scan finds them');
  assert.deepEqual(findBad(patterns), []);
  const unused = BOUNDED.filter(({ source }) => !patterns.some((each) => each.source === source));
  assert.deepEqual(unused, [], 'exceptions for nothing');
});

test("so does every pattern of the settings' schema", () => {
  const patterns = judgeManifest();
  assert.ok(patterns.length > 3);
  assert.deepEqual(findBad(patterns), []);
});

test('no regular expression is made of a string at run time', () => {
  assert.deepEqual(findConstructions(), []);
});

test('names with many stars take twice the time for twice the name', () => {
  assert.ok((judgeGlobs()?.ratio ?? 0) <= MAX_RATIO);
});

test('the scan finds expressions wherever code may hold them, and takes nothing else for one', () => {
  const find = (code: string) => scanCode('x.ts', code).patterns.map(({ source, flags }) => `${source} ${flags}`);
  assert.deepEqual(find('const a = /b[/]c/gi.test(d);'), ['b[/]c gi']);
  assert.deepEqual(find('return /a\\/b/u;\n'), ['a\\/b u']);
  const nested = ['f(`$', '{x.replace(/"/g, `$', '{/in/.test(y)}`)}/no/ $', '{z}`);'].join('');
  assert.deepEqual(find(nested), ['" g', 'in ']);
  assert.deepEqual(find('const a = b / c / d; // /no/\n/* /no/ */ e = (f) / g / 2; h = i[0] / 2 / j;'), []);
  assert.deepEqual(find(`const a = '/no/'; const b = "/no/" + '\\'/no/';`), []);
  assert.equal(scanCode('x.ts', '\n\nx = /a/;').patterns[0]?.place, 'x.ts:3');
  assert.match(scanCode('x.ts', "f('RegExp(a)'); new RegExp(b)").bare, /^[^']*; new RegExp\(b\)$/);
});

test('the judge of time sees the square, the exponential, and lets the linear pass', () => {
  const ratioOf = (expression: RegExp) =>
    findWorstGrowth(timerOf(expression), (length) => attackTexts(expression.source, length), 6_000)?.ratio ?? 0;
  assert.ok(ratioOf(/ +$/) > MAX_RATIO);
  assert.equal(ratioOf(/^(a+)+$/), Number.POSITIVE_INFINITY);
  assert.ok(ratioOf(/^[a-z]+@[a-z]+$/) <= MAX_RATIO);
});
