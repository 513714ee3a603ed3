// The trace of a conversion into Statsig, which `statsig-cdp transform --explain` prints, names each decision and the rule or the field behind it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Trace } from '../../src/base/trace.js';
import { compileWorkspace } from '../../src/settings/compile.js';
import type { WorkspaceSettings } from '../../src/settings/settings.generated.js';
import { convertInbound } from '../../src/transform/inbound/index.js';
import { canBeWritten } from '../../testkit/written.js';

const RECEIVED_AT = Date.UTC(2026, 0, 2, 3, 4, 5);

type Told = readonly (readonly [stage: string, decision: string, why: string])[];

function explainInbound(event: object, settings: WorkspaceSettings = {}): Told {
  const trace = new Trace();
  convertInbound({ ...event }, compileWorkspace('shop', settings, undefined, 'rudderstack'), RECEIVED_AT, trace);
  return trace.entries.map(({ stage, decision, why }) => [stage, decision, why]);
}

const NO_TIME = ['time', 'no time', 'Statsig uses the time it receives the event'] as const;

test('an event of which every field is used', () => {
  const settings: WorkspaceSettings = {
    identifierMappings: [
      { from: 'anonymousId', to: 'stableID' },
      { from: 'properties.company', to: 'companyID' },
    ],
    environmentMappings: [{ from: 'prod', to: 'production' }],
    valueFrom: ['properties.revenue'],
  };
  const event = {
    type: 'track',
    event: 'Order Completed',
    userId: 'user-42',
    anonymousId: 'anon-1',
    timestamp: '2026-01-02T03:04:05Z',
    properties: { revenue: 12, statsigCustomIDs: ['companyID', 'acme', 'stableID', ''], statsigEnvironment: 'prod' },
    context: {
      ip: '192.0.2.1',
      userAgent: 'agent',
      locale: 'de-DE',
      location: { country: 'DE' },
      geo: { country: 'FR' },
      app: { version: '1.2' },
      os: { name: 'iOS', version: 17 },
      traits: { email: 'ada@shop.example', statsigCustom: { plan: 'pro' } },
    },
  };
  assert.deepEqual(explainInbound(event, settings), [
    ['event-name', 'eventName = rudderstack::Order Completed', 'template {prefix}{event}'],
    ['identifiers', 'customIDs.companyID = acme', 'properties.statsigCustomIDs[1]'],
    ['identifiers', 'customIDs.stableID not set', 'properties.statsigCustomIDs[3]'],
    ['identifiers', 'customIDs.stableID = anon-1', 'identifierMappings anonymousId -> stableID'],
    ['identifiers', 'customIDs.companyID not set', 'identifierMappings properties.company -> companyID'],
    ['identifiers', 'userID = user-42', 'userId'],
    ['user', 'email = ada@shop.example', 'context.traits.email'],
    ['user', 'ip = 192.0.2.1', 'context.ip'],
    ['user', 'userAgent = agent', 'context.userAgent'],
    ['user', 'locale = de-DE', 'context.locale'],
    ['user', 'country = DE', 'context.location.country'],
    ['user', 'appVersion = 1.2', 'context.app.version'],
    ['custom', 'custom.plan = pro', 'context.traits.statsigCustom.plan'],
    ['custom', 'custom.os_name = iOS', 'context.os.name'],
    ['custom', 'custom.os_version = 17', 'context.os.version'],
    ['environment', 'statsigEnvironment.tier = production', 'properties.statsigEnvironment, environmentMappings prod'],
    ['time', `time = ${RECEIVED_AT}`, 'timestamp'],
    ['value', 'value = 12', 'properties.revenue'],
    ['metadata', 'metadata.revenue = 12', 'properties.revenue'],
  ]);
});

test('an event of which hardly anything can be used', () => {
  const event = { type: 'page', timestamp: 'yesterday', originalTimestamp: null, context: { browser: { name: 'B' } } };
  assert.deepEqual(explainInbound(event, { defaultEnvironment: 'staging' }), [
    ['event-name', 'eventName = rudderstack::page', 'template {prefix}page:{name}'],
    ['identifiers', 'no id', 'Statsig keeps the event but counts it to no one; map anonymousId to a custom id'],
    ['custom', 'custom.browser_name = B', 'context.browser.name'],
    ['environment', 'statsigEnvironment.tier = staging', 'defaultEnvironment'],
    ['time', 'timestamp ignored', 'no time that can be read'],
    NO_TIME,
  ]);
});

test('ids and environments that the event names itself, under the traits too', () => {
  const event = {
    type: 'group',
    traits: { email: 'team@shop.example', statsigCustomIDs: { userID: 'ada', __proto__: null } },
    properties: { statsigEnvironment: { tier: 'dev' } },
    context: { geo: { country: 'FR' } },
  };
  assert.deepEqual(explainInbound(event), [
    ['event-name', 'eventName = rudderstack::group', 'template {prefix}group'],
    ['identifiers', 'userID = ada', 'traits.statsigCustomIDs.userID'],
    ['user', 'country = FR', 'context.geo.country'],
    ['environment', 'statsigEnvironment.tier = dev', 'properties.statsigEnvironment'],
    NO_TIME,
    ['metadata', 'metadata.email = team@shop.example', 'traits.email'],
  ]);
});

test('the email of a person is in the traits of any call but group', () => {
  const lines = explainInbound({ type: 'track', event: 'E', userId: 'u', traits: { email: 'ada@shop.example' } });
  assert.deepEqual(lines[2], ['user', 'email = ada@shop.example', 'traits.email']);
});

test('somebody with nothing but a custom id is somebody', () => {
  const settings: WorkspaceSettings = { identifierMappings: [{ from: 'anonymousId', to: 'stableID' }] };
  const lines = explainInbound({ type: 'track', event: 'E', anonymousId: 'anon-1' }, settings);
  assert.deepEqual(lines.slice(1), [
    ['identifiers', 'customIDs.stableID = anon-1', 'identifierMappings anonymousId -> stableID'],
    NO_TIME,
  ]);
});

test('a name with forbidden characters, and one that is too long', () => {
  const [, replaced, cut] = explainInbound(
    { type: 'track', event: 'A|BCDEFG', userId: 'u' },
    { eventNameMaxLength: 16 },
  );
  assert.deepEqual(replaced, ['event-name', 'forbidden characters replaced by _', 'rudderstack::A|BCDEFG']);
  assert.deepEqual(cut, ['event-name', 'cut to 16 characters', 'rudderstack::A_BCDEFG']);
});

test('each key of the metadata that is kept, with the field that it came from', () => {
  const event = {
    type: 'page',
    name: 'Home',
    properties: { plan: 'pro', cart: { items: [1], total: 5 } },
    context: { page: { path: '/' } },
  };
  assert.deepEqual(
    explainInbound(event).filter(([stage]) => stage === 'metadata'),
    [
      ['metadata', 'metadata.name = Home', 'name'],
      ['metadata', 'metadata.plan = pro', 'properties.plan'],
      ['metadata', 'metadata.cart_items = [1]', 'properties.cart.items'],
      ['metadata', 'metadata.cart_total = 5', 'properties.cart.total'],
      ['metadata', 'metadata.path = /', 'context.page.path'],
    ],
  );
});

test('the pattern that decided about a name', () => {
  const lines = (event: string) =>
    explainInbound(
      { type: 'track', event, userId: 'u' },
      { includeEvents: ['Order *', 'Signed Up'], excludeEvents: ['* Draft'] },
    ).filter(([stage]) => stage === 'name');
  assert.deepEqual(lines('Order Draft'), [['name', 'event_excluded', 'excludeEvents * Draft']]);
  assert.deepEqual(lines('Order Completed'), [['name', 'included', 'includeEvents Order *']]);
  assert.deepEqual(lines('Signed Up'), [['name', 'included', 'includeEvents Signed Up']]);
  assert.deepEqual(lines('Other'), [['name', 'event_not_included', 'no pattern of includeEvents matches Other']]);
});

test('metadata that is left out', () => {
  const nested = (levels: number): unknown => (levels === 0 ? 'x' : { a: nested(levels - 1) });
  let array: unknown[] = [];
  for (let level = 0; level < 100_000; level += 1) array = [array];
  const event = {
    type: 'track',
    event: 'E',
    userId: 'u',
    properties: { 'a.b': 'first', a_b: 'second', deep: nested(17), array, long: 'x'.repeat(3000) },
  };
  const lines = explainInbound(event, { metadataMaxLength: 1000 }).filter(([stage]) => stage === 'metadata');
  assert.deepEqual(lines, [
    ['metadata', 'metadata.a_b = first', 'properties.a.b'],
    ['metadata', 'a_b left out', 'the key is taken'],
    ['metadata', `deep${'_a'.repeat(15)} left out`, 'nested deeper than 16 levels'],
    ['metadata', 'array left out', canBeWritten(array) ? 'over metadataMaxLength (1000)' : 'an array nested too deep'],
    ['metadata', 'long left out', 'over metadataMaxLength (1000)'],
  ]);
});

test('a property that is the value alone is left out of the metadata without a word', () => {
  const event = { type: 'track', event: 'E', userId: 'u', properties: { value: 3 } };
  const lines = explainInbound(event, { valueFrom: ['properties.value'], valueInMetadata: false });
  assert.deepEqual(lines.slice(2), [NO_TIME, ['value', 'value = 3', 'properties.value']]);
});
