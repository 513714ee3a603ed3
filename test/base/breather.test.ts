import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createBreather } from '../../src/base/breather.js';

test('of long work that is under way at once, one piece is done in a turn of the event loop', async () => {
  let turn = 0;
  let isOver = false;
  const counting = (async () => {
    for (; !isOver; turn += 1) await nextTurn();
  })();
  const turns: number[] = [];
  const work = async () => {
    const breathe = createBreather(0);
    for (let piece = 0; piece < 4; piece += 1) {
      await breathe();
      turns.push(turn);
    }
  };
  await Promise.all(Array.from({ length: 10 }, work));
  isOver = true;
  await counting;
  assert.equal(turns.length, 40);
  assert.equal(new Set(turns).size, 40, `pieces by turns: ${turns.join(' ')}`);
});

test('long work that stops for others goes on in the order in which it stopped', async () => {
  const order: string[] = [];
  const work = async (name: string) => {
    const breathe = createBreather(0);
    for (let piece = 0; piece < 3; piece += 1) {
      await breathe();
      order.push(name);
    }
  };
  await Promise.all([work('a'), work('b'), work('c')]);
  assert.equal(order.join(''), 'abcabcabc');
});
