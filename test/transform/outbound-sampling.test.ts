// Which units' exposures a sample rate lets through.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { convertOutbound } from '../../src/transform/outbound/index.js';
import { isSampled } from '../../src/transform/outbound/sampling.js';
import { anyCharacter } from '../../testkit/any-character.js';
import { outboundRules } from '../../testkit/outbound.js';

const unit = fc.string({ minLength: 1, unit: anyCharacter });
const rate = fc.double({ min: 0, max: 1, noNaN: true });

function outcome(event: object, exposureSampleRate: number): string {
  const exposure = { eventName: 'statsig::gate_exposure', metadata: { gate: 'checkout', ruleID: 'r1' }, ...event };
  const conversion = convertOutbound(exposure, outboundRules({ exposureSampleRate }), 0);
  return conversion.kind === 'filtered' ? conversion.reason : conversion.kind;
}

test('a unit is in when the first four bytes of its hash are below the rate', () => {
  for (const id of ['user-1', 'user-2', 'ключ', '\u{1F600}']) {
    const share = createHash('sha256').update(id, 'utf8').digest().readUInt32BE(0) / 2 ** 32;
    assert.equal(isSampled(id, share), false);
    assert.equal(isSampled(id, share + 2 ** -33), true);
  }
});

test('rate 0 sends none, rate 1 all', () => {
  fc.assert(
    fc.property(unit, (id) => {
      assert.equal(isSampled(id, 0), false);
      assert.equal(isSampled(id, 1), true);
    }),
  );
});

test('a unit that is in stays in when the rate rises', () => {
  fc.assert(
    fc.property(unit, rate, rate, (id, one, other) => {
      if (isSampled(id, Math.min(one, other))) assert.ok(isSampled(id, Math.max(one, other)));
    }),
  );
});

test('the share of units that are in is about the rate', () => {
  for (const share of [0.1, 0.5, 0.9]) {
    let sampled = 0;
    for (let i = 0; i < 10_000; i++) if (isSampled(`user-${i}`, share)) sampled += 1;
    assert.ok(Math.abs(sampled / 10_000 - share) < 0.03, `${sampled} of 10000 at ${share}`);
  }
});

test("all of a unit's exposures are sent or none, whatever the user's other ids", () => {
  const seen = new Set<string>();
  for (let i = 0; i < 50; i++) {
    const user = { customIDs: { companyID: `company-${i}` } };
    const outcomes = ['a', 'b', 'c'].map((userID) => outcome({ unitID: 'companyID', userID, user }, 0.5));
    assert.equal(new Set(outcomes).size, 1);
    seen.add(outcomes[0] ?? '');
  }
  assert.deepEqual([...seen].sort(), ['converted', 'not_sampled']);
});

test('where unitID names none, or one the user does not have, the call is sampled by its userId, else its anonymousId', () => {
  for (let i = 0; i < 50; i++) {
    const id = `id-${i}`;
    const expected = isSampled(id, 0.5) ? 'converted' : 'not_sampled';
    const user = { customIDs: { stableID: id } };
    assert.equal(outcome({ userID: id, user: { customIDs: { stableID: 'other' } } }, 0.5), expected);
    assert.equal(outcome({ userID: id, unitID: 'companyID' }, 0.5), expected);
    assert.equal(outcome({ user }, 0.5), expected);
    assert.equal(outcome({ unitID: 'companyID', user }, 0.5), expected);
  }
});

test('custom events and config changes are not sampled', () => {
  assert.equal(outcome({ userID: 'user-42' }, 0), 'not_sampled');
  assert.equal(outcome({ userID: 'user-42', eventName: 'Order Completed' }, 0), 'converted');
  assert.equal(outcome({ userID: 'user-42', eventName: 'statsig::config_change' }, 0), 'converted');
});
