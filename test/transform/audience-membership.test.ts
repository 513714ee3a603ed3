// Which id enters or leaves which ID list by an audience event, rule by rule.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Trace } from '../../src/base/trace.js';
import type { MembershipChange, MembershipConversion } from '../../src/model/conversion.js';
import type { JsonObject } from '../../src/model/segment-event.js';
import { findMembership } from '../../src/transform/inbound/audience.js';
import { isListId, toListId } from '../../src/transform/inbound/list-id.js';
import { compiledAudiences } from '../../testkit/audiences.js';

const RECEIVED = Date.UTC(2026, 0, 15, 12);
const HAPPENED = '2026-01-15T11:00:00.000Z';

const AUDIENCE = { computation_class: 'audience', computation_id: 'aud_1', computation_key: 'vip' };
const ENTERS: MembershipChange = {
  listId: 'vip',
  idType: 'userID',
  id: 'u1',
  member: true,
  time: Date.parse(HAPPENED),
};

/** An identify call by which `u1` enters `vip`. */
function identify(fields: JsonObject = {}, personas: JsonObject = {}): JsonObject {
  return {
    type: 'identify',
    userId: 'u1',
    timestamp: HAPPENED,
    traits: { vip: true },
    context: { personas: { ...AUDIENCE, ...personas } },
    ...fields,
  };
}

/** The same as a track call. */
function track(properties: JsonObject, personas: JsonObject = {}): JsonObject {
  const { traits: _, ...fields } = identify({}, personas);
  return { ...fields, type: 'track', event: 'Audience Entered', properties };
}

function find(event: JsonObject, settings: object = {}): MembershipConversion | undefined {
  return findMembership(event, compiledAudiences({ audiences: settings }), RECEIVED);
}

function changeOf(event: JsonObject, settings: object = {}): MembershipChange {
  const found = find(event, settings);
  assert.ok(found?.kind === 'membership', JSON.stringify(found));
  return found.change;
}

test('an identify, a group and a track call of an audience change its list', () => {
  assert.deepEqual(changeOf(identify()), ENTERS);
  assert.deepEqual(changeOf(identify({ type: 'Group' })), ENTERS);
  assert.deepEqual(changeOf(track({ audience_key: 'vip', vip: true })), ENTERS);
  assert.deepEqual(changeOf(identify({ traits: { vip: false } })), { ...ENTERS, member: false });
  assert.deepEqual(changeOf(track({ vip: false })), { ...ENTERS, member: false });
});

test('a group call has no membership in properties, a track call none in traits', () => {
  const missing = (path: string) => ({ kind: 'invalid', code: 'AUDIENCE_MEMBERSHIP_MISSING', path });
  const swapped = { traits: undefined, properties: { vip: true } };
  assert.deepEqual(find(identify(swapped)), missing('message.traits.vip'));
  assert.deepEqual(find(identify({ ...swapped, type: 'group' })), missing('message.traits.vip'));
  assert.deepEqual(find(identify({ type: 'track' })), missing('message.properties.vip'));
});

test('other types are about no audience', () => {
  for (const type of ['page', 'screen', 'alias', 'delete', '', null, 7, undefined])
    assert.equal(find(identify({ type, properties: { vip: true } })), undefined, String(type));
});

test('a computed trait is never an audience, even where a row names it', () => {
  const rows = { lists: [{ key: 'vip', id: 'vip_list' }] };
  for (const computation_class of ['trait', 'AUDIENCE', '', null, undefined, ['audience']]) {
    assert.equal(find(identify({}, { computation_class }), rows), undefined, String(computation_class));
    assert.equal(find(track({ audience_key: 'vip', vip: true }, { computation_class }), rows), undefined);
  }
});

test('without a key that is a string an event is about no audience', () => {
  for (const computation_key of ['', null, 7, undefined, {}, ['vip']])
    assert.equal(find(identify({}, { computation_key })), undefined, JSON.stringify(computation_key));
});

test('only booleans and their words are a membership', () => {
  for (const [value, member] of [
    [true, true],
    ['true', true],
    [false, false],
    ['false', false],
    ['True', true],
    ['FALSE', false],
  ])
    assert.deepEqual(changeOf(identify({ traits: { vip: value } })), { ...ENTERS, member }, String(value));
  const missing = { kind: 'invalid', code: 'AUDIENCE_MEMBERSHIP_MISSING', path: 'message.traits.vip' };
  for (const value of ['Yes', 'yes', '', 1, 0, null, undefined, {}, [true]])
    assert.deepEqual(find(identify({ traits: { vip: value } })), missing, JSON.stringify(value));
  for (const traits of [undefined, null, [], 'vip', { other: true }])
    assert.deepEqual(find(identify({ traits })), missing, JSON.stringify(traits));
});

test('a step of a journey that says nothing lets people in, one that says it also lets them out', () => {
  const step = { computation_class: 'journey_step' };
  assert.deepEqual(changeOf(identify({ traits: {} }, step)), ENTERS);
  assert.deepEqual(changeOf(identify({ traits: undefined }, step)), ENTERS);
  assert.deepEqual(changeOf(track({ vip: null }, step)), ENTERS);
  assert.deepEqual(changeOf(identify({ traits: { vip: 'true' } }, step)), ENTERS);
  assert.deepEqual(changeOf(identify({ traits: { vip: 'false' } }, step)), { ...ENTERS, member: false });
  assert.equal(find(identify({ traits: { vip: 'maybe' } }, step))?.kind, 'invalid');
});

test('a row beats the id Segment was given, which beats the key; the key of a row beats its computation id', () => {
  const listOf = (lists: readonly object[], external?: unknown) =>
    changeOf(identify({}, { external_audience_id: external }), { lists }).listId;
  const byKey = { key: 'vip', id: 'by_key' };
  const byId = { key: 'aud_1', id: 'by_computation_id' };
  assert.equal(listOf([]), 'vip');
  assert.equal(listOf([], 'external'), 'external');
  for (const external of ['', null, 7]) assert.equal(listOf([], external), 'vip', String(external));
  assert.equal(listOf([byId], 'external'), 'by_computation_id');
  assert.equal(listOf([byId, byKey], 'external'), 'by_key');
  assert.equal(listOf([{ key: 'external', id: 'not_this' }], 'external'), 'external');
});

test('what can be no id of a segment is an error that names the field', () => {
  const invalid = (field: string, detail: string) => ({
    kind: 'invalid',
    code: 'AUDIENCE_LIST_INVALID',
    path: `message.context.personas.${field}`,
    detail,
  });
  for (const key of ['vi', 'very important', '../x', 'ключ', '__proto__ ', 'x'.repeat(101)]) {
    const event = identify({ traits: { [key]: true } }, { computation_key: key });
    assert.deepEqual(find(event), invalid('computation_key', key.slice(0, 100)), key);
  }
  const external = identify({}, { external_audience_id: 'a b' });
  assert.deepEqual(find(external), invalid('external_audience_id', 'a b'));
  const longest = 'x'.repeat(100);
  assert.equal(changeOf(identify({}, { external_audience_id: longest })).listId, longest);
});

const UNITS = [
  { from: 'traits.loyaltyId', idType: 'userID' },
  { from: 'userId', idType: 'userID' },
  { from: 'anonymousId', idType: 'stableID' },
  { from: 'groupId', idType: 'companyID' },
];

test('the first row of the id type that finds an id gives it', () => {
  const idOf = (fields: JsonObject) => changeOf(identify(fields), { units: UNITS }).id;
  assert.equal(idOf({ traits: { vip: true, loyaltyId: 'l1' } }), 'l1');
  assert.equal(idOf({ traits: { vip: true, loyaltyId: 42 } }), '42');
  for (const loyaltyId of ['', ' ', '\u200b', null, true, {}, ['l1'], Number.POSITIVE_INFINITY])
    assert.equal(idOf({ traits: { vip: true, loyaltyId } }), 'u1', JSON.stringify(loyaltyId));
});

test('a row of audiences.lists says of which id type its list is', () => {
  const lists = [{ key: 'vip', id: 'vip_list', idType: 'companyID' }];
  const event = identify({ type: 'group', groupId: 'acme', anonymousId: 'a1' });
  assert.deepEqual(changeOf(event, { units: UNITS, lists }), {
    ...ENTERS,
    listId: 'vip_list',
    idType: 'companyID',
    id: 'acme',
  });
});

test('an event without an id of the list is filtered and says where it was looked for', () => {
  const event = identify({ userId: undefined, anonymousId: 'a1' });
  assert.deepEqual(find(event, { units: UNITS }), {
    kind: 'filtered',
    reason: 'no_audience_id',
    detail: 'no userID in traits.loyaltyId or userId',
  });
});

test('the time is that of the event, else when it was received', () => {
  assert.equal(changeOf(identify({ timestamp: 'soon', originalTimestamp: HAPPENED })).time, Date.parse(HAPPENED));
  assert.equal(changeOf(identify({ timestamp: undefined })).time, RECEIVED);
});

test('without context.personas the rows of audiences.lists tell audiences from other events', () => {
  const lists = [
    { key: 'gold', id: 'gold_list' },
    { key: 'vip', id: 'vip_list', idType: 'stableID' },
  ];
  const settings = { lists, units: UNITS };
  for (const context of [undefined, null, [], {}, { personas: null }, { personas: [] }]) {
    const stripped = identify({ context, anonymousId: 'a1' });
    const expected = { ...ENTERS, listId: 'vip_list', idType: 'stableID', id: 'a1' };
    assert.deepEqual(changeOf(stripped, settings), expected);
    assert.deepEqual(changeOf({ ...stripped, type: 'group' }, settings), expected);
    assert.equal(find({ ...stripped, type: 'track' }, settings), undefined, 'traits of a track call');
    const entered = { ...stripped, type: 'track', properties: { audience_key: 'vip', vip: 'true' } };
    assert.deepEqual(changeOf(entered, settings), expected);
    assert.equal(find({ ...entered, properties: { audience_key: 'others', others: true } }, settings), undefined);
    assert.equal(find({ ...entered, properties: { vip: true } }, settings), undefined, 'no audience_key');
    assert.equal(find(stripped), undefined, 'no rows');
  }
  const both = identify({ context: {}, traits: { vip: true, gold: false } });
  assert.equal(changeOf(both, settings).listId, 'gold_list', 'the rows are gone through in their order');
  const unusable = identify({ context: {}, traits: { gold: 'since 2019' } });
  assert.equal(find(unusable, settings)?.kind, 'invalid');
});

test('keys that objects are born with do no harm', () => {
  for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    const personas = { computation_class: 'audience', computation_key: key };
    const event = identify({ traits: {} }, personas);
    const missing = { kind: 'invalid', code: 'AUDIENCE_MEMBERSHIP_MISSING', path: `message.traits.${key}` };
    assert.deepEqual(find(event), missing, key);
    const step = identify({ traits: {} }, { ...personas, computation_class: 'journey_step' });
    assert.equal(changeOf(step).member, true, key);
    const own: JsonObject = JSON.parse(`{"${key}": true}`);
    assert.equal(changeOf(identify({ traits: own }, personas)).listId, key);
    assert.equal(find(identify({ context: {}, traits: {} }), { lists: [{ key, id: 'list' }] }), undefined, key);
  }
  assert.equal(Object.hasOwn(Object.prototype, 'vip'), false);
});

test('a trace says where each part comes from', () => {
  const trace = new Trace();
  const audiences = compiledAudiences({ audiences: { lists: [{ key: 'vip', id: 'vip_list' }] } });
  findMembership(identify(), audiences, RECEIVED, trace);
  assert.deepEqual(
    trace.entries.map(({ stage, decision, why }) => [stage, decision, why]),
    [
      ['audience', 'audience = vip', 'context.personas'],
      ['audience', 'list = vip_list of userID', 'audiences.lists'],
      ['audience', 'enters', 'traits.vip'],
      ['audience', 'id = u1', 'audiences.units userId -> userID'],
      ['audience', `time = ${ENTERS.time}`, 'when it happened'],
    ],
  );
});

for (const { title, event, settings = {}, told } of [
  {
    title: 'one that only the settings tell from other events, by its traits',
    event: identify({ context: {}, traits: { vip: 'false' } }),
    settings: { lists: [{ key: 'vip', id: 'vip_list' }] },
    told: [
      'audience = vip <- a trait that audiences.lists names',
      'list = vip_list of userID <- audiences.lists',
      'leaves <- traits.vip',
    ],
  },
  {
    title: 'one that only the settings tell from other events, by its properties',
    event: { ...track({ audience_key: 'vip', vip: true }), context: {} },
    settings: { lists: [{ key: 'vip', id: 'vip_list' }] },
    told: [
      'audience = vip <- properties.audience_key',
      'list = vip_list of userID <- audiences.lists',
      'enters <- properties.vip',
    ],
  },
  {
    title: 'one with a list that Segment knows',
    event: identify({}, { external_audience_id: 'known_list' }),
    told: [
      'audience = vip <- context.personas',
      'list = known_list of userID <- context.personas.external_audience_id',
    ],
  },
  {
    title: 'a step of a journey, which says nothing',
    event: identify({ traits: { vip: null }, timestamp: '2099-01-01' }, { computation_class: 'journey_step' }),
    told: [
      'audience = vip <- context.personas',
      'list = vip of userID <- context.personas.computation_key',
      'enters <- journey_step',
      'id = u1 <- audiences.units userId -> userID',
      `time = ${RECEIVED} <- when it was received`,
    ],
  },
] as const) {
  test(`a trace of an audience event: ${title}`, () => {
    const trace = new Trace();
    findMembership(event, compiledAudiences({ audiences: settings }), RECEIVED, trace);
    assert.ok(trace.entries.every(({ stage }) => stage === 'audience'));
    const lines = trace.entries.map(({ decision, why }) => `${decision} <- ${why}`);
    assert.deepEqual(lines.slice(0, told.length), told);
  });
}

test('the list of a new audience is called after it, and like no other where Statsig does not allow the name', () => {
  for (const [name, id] of [
    ['vip_2026-A', 'vip_2026-A'],
    ['First time shoppers!', 'First_time_shoppers__ff7c33a8'],
    ['a/../b', 'a____b_900ea8b7'],
    ['😀👍', '___b33692af'],
    ['ab', 'ab_fb8e20fc'],
    ['x'.repeat(100), 'x'.repeat(100)],
    ['x'.repeat(101), `${'x'.repeat(91)}_c675a2e6`],
  ] as const) {
    assert.equal(toListId(name), id);
    assert.ok(isListId(toListId(name)), name);
  }
});
