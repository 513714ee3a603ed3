// Which exposures count as the same.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ExposureKey } from '../../src/model/conversion.js';
import { convertOutbound } from '../../src/transform/outbound/index.js';
import { converted, outboundRules } from '../../testkit/outbound.js';
import { json } from '../../testkit/outbound-arbitraries.js';

const RECEIVED_AT = Date.UTC(2026, 0, 2);

/** One exposure, and for each part of its key another value. */
const EXPOSURE = {
  eventName: 'statsig::gate_exposure',
  unitID: 'companyID',
  userID: 'user-42',
  user: { customIDs: { companyID: 'acme', teamID: 'acme' }, statsigEnvironment: { tier: 'staging' } },
  metadata: { gate: 'checkout', ruleID: 'r1', gateValue: 'true', parameterName: 'color' },
};
const { metadata: META, user: USER } = EXPOSURE;
const OTHERS: Record<string, object> = {
  'unit name': { unitID: 'teamID' },
  'unit value': { user: { ...USER, customIDs: { companyID: 'globex' } } },
  'event name': { eventName: 'statsig::holdout_exposure' },
  gate: { metadata: { ...META, gate: 'cart' } },
  config: { metadata: { ...META, gate: undefined, config: 'banner' } },
  ruleID: { metadata: { ...META, ruleID: 'r2' } },
  gateValue: { metadata: { ...META, gateValue: 'false' } },
  parameterName: { metadata: { ...META, parameterName: 'size' } },
  'no parameterName': { metadata: { ...META, parameterName: undefined } },
  environment: { user: { ...USER, statsigEnvironment: { tier: 'production' } } },
};

/** Parts whose change is another result for the same unit of the same thing. */
const RESULTS = new Set(['ruleID', 'gateValue']);

function keyOf(change: object): ExposureKey {
  const { exposure } = converted(convertOutbound({ ...EXPOSURE, ...change }, outboundRules(), RECEIVED_AT));
  assert.match(exposure?.key ?? '', /^[\w-]{43}$/);
  assert.match(exposure?.value ?? '', /^[\w-]{22}$/);
  return exposure ?? { key: '', value: '' };
}

for (const [part, change] of Object.entries(OTHERS)) {
  const isResult = RESULTS.has(part);
  test(`another ${part} is another ${isResult ? 'result of the same' : 'exposure'}`, () => {
    assert.equal(keyOf(change).key === keyOf({}).key, isResult);
    assert.equal(keyOf(change).value === keyOf({}).value, !isResult);
  });
}

test('exposures that differ in nothing of the key have the same key', () => {
  const keys = Object.values(OTHERS).map((change) => JSON.stringify(keyOf(change)));
  assert.equal(new Set(keys).size, Object.keys(OTHERS).length);
  fc.assert(
    fc.property(json, json, fc.uuid(), (value, reason, timeUUID) => {
      const metadata = { ...META, reason, time: value };
      assert.deepEqual(keyOf({ timeUUID, value, timestamp: value, userID: 'somebody-else', metadata }), keyOf({}));
    }),
    { numRuns: 200 },
  );
});

test('custom events and config changes have no exposure key', () => {
  for (const eventName of ['Order Completed', 'statsig::config_change'])
    assert.equal(
      converted(convertOutbound({ ...EXPOSURE, eventName }, outboundRules(), RECEIVED_AT)).exposure,
      undefined,
    );
});
