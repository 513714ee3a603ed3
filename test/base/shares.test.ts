// Where room is full, an owner with little keeps it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Share, Shares } from '../../src/base/shares.js';

const MAX = 400;

test('one that has nearly the most gives way, and all together keep to the room', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 7 }), { minLength: 1000, maxLength: 3000 }), (senders) => {
      const shares = new Shares<Share>();
      for (const sender of senders) {
        // The first sends as much as all the others.
        const name = String(sender < 4 ? 0 : sender);
        shares.change(shares.find(name) ?? shares.add({ name, count: 0 }), 1);
        if (shares.total <= MAX) continue;
        const most = Math.max(...[...shares.values()].map(({ count }) => count));
        const victim = shares.findLargest(1);
        assert.ok(victim !== undefined && victim.count >= most - most / 8 - 1, `${victim?.count} of ${most}`);
        shares.change(victim, -1);
      }
      assert.equal(shares.total, Math.min(senders.length, MAX));
      assert.equal(
        [...shares.values()].reduce((sum, { count }) => sum + count, 0),
        shares.total,
      );
    }),
    { numRuns: 30 },
  );
});

test('one that has nothing is forgotten', () => {
  const shares = new Shares<Share>();
  const share = shares.add({ name: 'a', count: 0 });
  shares.change(share, 2);
  assert.equal(shares.findLargest(1), share);
  shares.change(share, -2);
  assert.equal(shares.find('a'), undefined);
  assert.equal(shares.findLargest(1), undefined);
  assert.deepEqual([shares.total, shares.size], [0, 0]);
});
