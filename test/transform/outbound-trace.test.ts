// The trace of a conversion out of Statsig, which `statsig-cdp transform --outbound --explain` prints, names each decision and the rule or the field behind it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Trace } from '../../src/base/trace.js';
import { convertOutbound } from '../../src/transform/outbound/index.js';
import { type OutboundOverrides, outboundRules } from '../../testkit/outbound.js';

const RECEIVED_AT = Date.UTC(2026, 0, 2, 3, 4, 5);

type Told = readonly (readonly [stage: string, decision: string, why: string])[];

function explainOutbound(event: object, overrides: OutboundOverrides = {}): Told {
  const trace = new Trace();
  convertOutbound({ ...event }, outboundRules(overrides), RECEIVED_AT, trace);
  return trace.entries.map(({ stage, decision, why }) => [stage, decision, why]);
}

test('an exposure on its way out of Statsig', () => {
  const event = {
    eventName: 'statsig::gate_exposure',
    userID: 'user-42',
    user: { customIDs: { stableID: 'stable-1', companyID: 'acme' }, statsigEnvironment: { tier: 'staging' } },
    unitID: 'companyID',
    timestamp: String(RECEIVED_AT),
    timeUUID: 'uuid-1',
    metadata: { gate: 'new_checkout', gateValue: 'true', ruleID: 'rule-1' },
  };
  const overrides: OutboundOverrides = {
    identifierMappings: [{ from: 'companyID', to: 'groupId' }],
    environments: new Set(['staging']),
    skipDefaultRuleExposures: true,
    exposureSampleRate: 0.999999999,
  };
  const lines = explainOutbound(event, overrides);
  assert.deepEqual(lines.slice(0, 2), [
    ['loop', 'no loop', 'neither eventName nor statsigMetadata.sdkType is of a CDP'],
    ['category', 'gate_exposure', 'eventName'],
  ]);
  assert.deepEqual(lines.slice(2), [
    ['environment', 'staging', 'environments'],
    ['identity', 'groupId = acme', 'identifierMappings companyID -> groupId'],
    ['identity', 'userId = user-42', 'userID'],
    ['identity', 'anonymousId = stable-1', 'stableID'],
    ['exposure', 'in a rule', 'metadata.ruleID rule-1'],
    ['exposure', 'sampled', 'companyID acme'],
    [
      'exposure',
      'once per window, unless it differs from the last one',
      '["rule-1","true"] of ["companyID","acme","statsig::gate_exposure","new_checkout",null,"staging"]',
    ],
    ['event-id', 'uuid-1', 'timeUUID'],
    ['time', 'timestamp = 2026-01-02T03:04:05.000Z', 'timestamp'],
  ]);
});

test('an experiment in the format of Segment, without a time and an id', () => {
  const event = {
    eventName: 'statsig::experiment_exposure',
    user: { customIDs: { segmentAnonymousId: 'anon-1' } },
    metadata: { config: 'checkout', ruleID: 'control' },
  };
  const lines = explainOutbound(event, { experimentViewed: 'also', exposureWindowMs: 0 });
  const [id] = lines.filter(([stage]) => stage === 'event-id');
  assert.match(id?.[1] ?? '', /^[\w-]{20,}$/);
  assert.equal(id?.[2], 'made of the content: no timeUUID');
  assert.deepEqual(
    lines.filter(([stage]) => stage === 'identity' || stage === 'time' || stage === 'format'),
    [
      ['identity', 'anonymousId = anon-1', 'user.customIDs.segmentAnonymousId'],
      ['time', 'timestamp = 2026-01-02T03:04:05.000Z', 'when it was received'],
      ['format', 'Experiment Viewed', 'experimentViewed also'],
    ],
  );
});

for (const { title, event, overrides = {}, last } of [
  {
    title: 'an event that came from a CDP',
    event: { eventName: 'segment::Order Completed' },
    last: ['loop', 'filtered (loop)', 'eventName begins with segment::'],
  },
  {
    title: 'an event that a CDP relayed',
    event: { eventName: 'Order Completed', statsigMetadata: { sdkType: 'rudderstack' } },
    last: ['loop', 'filtered (loop)', 'statsigMetadata.sdkType rudderstack'],
  },
  {
    title: "an event of Statsig's own that no target asked for",
    event: { eventName: 'auto_capture::page_view' },
    last: ['category', 'filtered (internal_event)', 'auto_capture::page_view'],
  },
  {
    title: 'an event of a category that is not selected',
    event: { eventName: 'Order Completed' },
    overrides: { eventCategories: [] },
    last: ['category', 'filtered (event_category_not_selected)', 'custom_event'],
  },
  {
    title: 'an excluded exposure',
    event: { eventName: 'statsig::gate_exposure', metadata: { gate: 'new_checkout' } },
    overrides: { excludeEvents: ['gate:new_*'] },
    last: ['name', 'filtered (event_excluded)', 'gate:new_checkout'],
  },
  {
    title: 'an excluded change of no config',
    event: { eventName: 'statsig::config_change' },
    overrides: { excludeEvents: ['config_change:'] },
    last: ['name', 'filtered (event_excluded)', 'config_change:'],
  },
  {
    title: 'a new event where only known ones are sent',
    event: { eventName: 'Order Completed' },
    overrides: { includeNewEvents: false, includeEvents: ['Order R*'] },
    last: ['name', 'filtered (event_not_included)', 'Order Completed'],
  },
  {
    title: 'an event without a user',
    event: { eventName: 'Order Completed' },
    last: ['identity', 'filtered (no_identity)', 'neither a userId nor an anonymousId'],
  },
  {
    title: 'a config change without an author',
    event: { eventName: 'statsig::config_change' },
    overrides: { configChangeUserId: '' },
    last: ['identity', 'filtered (no_identity)', 'no user is named'],
  },
  {
    title: 'an event of another environment',
    event: { eventName: 'Order Completed', userID: 'u' },
    overrides: { environments: new Set(['staging']) },
    last: ['environment', 'filtered (environment_not_selected)', 'production'],
  },
  {
    title: 'an exposure of somebody in no rule',
    event: { eventName: 'statsig::gate_exposure', userID: 'u', metadata: { ruleID: 'prestart' } },
    overrides: { skipDefaultRuleExposures: true },
    last: ['exposure', 'filtered (default_rule)', 'metadata.ruleID prestart'],
  },
  {
    title: 'an exposure without a rule',
    event: { eventName: 'statsig::gate_exposure', userID: 'u' },
    overrides: { skipDefaultRuleExposures: true },
    last: ['exposure', 'filtered (default_rule)', 'metadata.ruleID missing'],
  },
  {
    title: 'an exposure of somebody anonymous',
    event: { eventName: 'statsig::gate_exposure', statsigMetadata: { stableID: 's' } },
    overrides: { skipAnonymousExposures: true },
    last: ['exposure', 'filtered (anonymous)', 'no userId'],
  },
  {
    title: 'an exposure that is not in the sample',
    event: { eventName: 'statsig::gate_exposure', userID: 'u' },
    overrides: { exposureSampleRate: 0 },
    last: ['exposure', 'filtered (not_sampled)', 'userId u'],
  },
] as const) {
  test(`the last line about ${title} says why it is not sent`, () => {
    assert.deepEqual(explainOutbound(event, overrides).at(-1), last);
  });
}

test('a config change names its environments and who made it', () => {
  const event = {
    eventName: 'statsig::config_change',
    user: { email: 'ada@shop.example' },
    metadata: { environments: 'dev, staging' },
  };
  const lines = explainOutbound(event, { environments: new Set(['staging']) });
  assert.deepEqual(
    lines.filter(([stage]) => stage === 'environment' || stage === 'identity'),
    [
      ['environment', 'dev, staging', 'environments'],
      ['identity', 'userId = ada@shop.example', 'user of the config change'],
    ],
  );
  const unnamed = explainOutbound({ ...event, metadata: {} }, { environments: new Set(['staging']) });
  assert.deepEqual(
    unnamed.find(([stage]) => stage === 'environment'),
    ['environment', 'none named', 'environments'],
  );
});
