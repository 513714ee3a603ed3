// What must hold for any outbound event at all: no throw, a call that Segment takes, an untouched input, nothing private.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Trace } from '../../src/base/trace.js';
import { isJsonObject } from '../../src/model/segment-event.js';
import { compileEventNamer, EVENT_NAME_PRESETS } from '../../src/transform/event-name.js';
import { convertOutbound } from '../../src/transform/outbound/index.js';
import { converted, outboundRules } from '../../testkit/outbound.js';
import { webhookEvent as event, outboundOverrides as overrides, SECRET } from '../../testkit/outbound-arbitraries.js';
import { propertyRuns } from '../../testkit/property-runs.js';
import { canBeWritten } from '../../testkit/written.js';

const RUNS = propertyRuns(300);
const RECEIVED_AT = Date.UTC(2026, 0, 2);

/** Freezes everything; a list of what is left to do, because nothing may be too deep. */
function freezeDeep<T>(value: T): T {
  const left: unknown[] = [value];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    Object.freeze(next);
    left.push(...Object.values(next).filter((item) => item !== undefined));
  }
  return value;
}

function assertId(value: unknown): void {
  assert.ok(value === undefined || (typeof value === 'string' && value !== ''), JSON.stringify(value));
}

/** True where a value holds a key of this name at any depth, a `__proto__` included. */
function holdsKey(value: unknown, name: string): boolean {
  if (Array.isArray(value)) return value.some((item) => holdsKey(item, name));
  return isJsonObject(value) && Object.keys(value).some((each) => each === name || holdsKey(value[each], name));
}

test('any event becomes calls that Segment takes, or an answer why not, and stays as it was', () => {
  let count = 0;
  fc.assert(
    fc.property(event, overrides, (input, given) => {
      const rules = outboundRules(given);
      const before = JSON.stringify(input);
      const conversion = convertOutbound(freezeDeep(input), rules, RECEIVED_AT);
      assert.equal(JSON.stringify(input), before);
      assert.deepEqual(convertOutbound(input, outboundRules(given), RECEIVED_AT), conversion);
      if (conversion.kind !== 'converted') return;
      count += 1;
      assert.notEqual(conversion.eventId, '');
      assert.ok(conversion.calls.length > 0);
      if (given.exposureWindowMs === 0) assert.equal(conversion.exposure, undefined);
      for (const { call } of conversion.calls) {
        const wire = JSON.stringify(call);
        const sent: typeof call = JSON.parse(wire);
        assert.ok(!wire.includes(SECRET), wire);
        assert.ok(!holdsKey(sent.context.user, 'privateAttributes'), wire);
        assert.equal(sent.type, 'track');
        assert.match(sent.event, /\S/);
        assert.ok(sent.userId !== undefined || sent.anonymousId !== undefined, wire);
        assertId(sent.userId);
        assertId(sent.anonymousId);
        assertId(sent.context.groupId);
        assert.match(sent.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        assert.equal(new Date(sent.timestamp).toISOString(), sent.timestamp);
        assert.deepEqual(sent.context.library, { name: 'statsig', version: '1.0' });
        assert.deepEqual(sent.context.integration, { name: 'statsig', version: '1.0.0' });
        assert.deepEqual(sent.integrations, { Statsig: false });
      }
    }),
    { numRuns: RUNS },
  );
  assert.ok(count > RUNS / 4, `only ${count} of ${RUNS} events were converted: the generator proves too little`);
  assert.equal(Reflect.get({}, 'userID'), undefined);
});

test('a trace changes nothing about the conversion', () => {
  fc.assert(
    fc.property(event, overrides, (input, given) => {
      const rules = outboundRules(given);
      const trace = new Trace();
      assert.deepEqual(convertOutbound(input, rules, RECEIVED_AT, trace), convertOutbound(input, rules, RECEIVED_AT));
      assert.ok(!JSON.stringify(trace.entries).includes(SECRET));
    }),
    { numRuns: RUNS },
  );
});

function nest(open: string, close: string, depth: number): unknown {
  return JSON.parse(`${open.repeat(depth)}1${close.repeat(depth)}`);
}

test('an event nested 1000 deep anywhere is converted', () => {
  const rules = outboundRules();
  for (const [open, close] of [
    ['{"a":', '}'],
    ['[', ']'],
    ['{"__proto__":', '}'],
  ] as const) {
    const deep = nest(open, close, 1000);
    const input = { userID: 'user-42', user: { custom: deep }, value: deep, metadata: { deep, ruleID: deep } };
    for (const eventName of ['statsig::gate_exposure', 'statsig::config_change', 'Order Completed']) {
      const { calls } = converted(convertOutbound({ ...input, eventName }, rules, RECEIVED_AT));
      assert.match(JSON.stringify(calls), /user-42/);
    }
  }
});

test('an event nested deeper than can be written is an error, not a throw', () => {
  const rules = outboundRules();
  const deep = nest('[', ']', 200_000);
  for (const input of [{ user: { custom: deep } }, { value: deep }, { metadata: { deep } }, { timestamp: deep }]) {
    const event = { eventName: 'Order Completed', userID: 'user-42', ...input };
    const conversion = convertOutbound(event, rules, RECEIVED_AT);
    if (canBeWritten(deep) && conversion.kind === 'converted') continue;
    assert.deepEqual({ ...conversion, path: '' }, { kind: 'invalid', code: 'NESTED_TOO_DEEP', path: '' });
  }
});

test('the parts of an event that are sent are referred to, not copied', () => {
  const input = { eventName: 'E', userID: 'u', user: { custom: { a: 1 } }, value: [1], metadata: { b: [2] } };
  const [first] = converted(convertOutbound(input, outboundRules(), RECEIVED_AT)).calls;
  assert.equal(first?.call.context.user, input.user);
  assert.equal(first?.call.context.metadata, input.metadata);
  assert.equal(first?.call.properties.value, input.value);
});

test('what this program sends to Statsig under any preset does not come back', () => {
  for (const [preset, { prefix, templates }] of Object.entries(EVENT_NAME_PRESETS))
    for (const type of ['track', 'page', 'screen', 'group'] as const) {
      const eventName = compileEventNamer(type, templates[type], prefix, 128)('Home');
      const conversion = convertOutbound({ eventName, userID: 'user-42' }, outboundRules(), RECEIVED_AT);
      assert.ok(conversion.kind === 'filtered' && conversion.reason === 'loop', `${preset} ${eventName}`);
    }
});
