// What must hold for any event at all that may be about an audience or a deletion: no throw, a change Statsig can take, an untouched input.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Trace } from '../../src/base/trace.js';
import type { JsonObject } from '../../src/model/segment-event.js';
import { findMembership } from '../../src/transform/inbound/audience.js';
import { findDeletion } from '../../src/transform/inbound/deletion.js';
import { isListId, toListId } from '../../src/transform/inbound/list-id.js';
import { anyCharacter } from '../../testkit/any-character.js';
import { compiledAudiences } from '../../testkit/audiences.js';
import { propertyRuns } from '../../testkit/property-runs.js';

const RUNS = propertyRuns(300);
const RECEIVED = Date.UTC(2026, 0, 15, 12);

/** Through JSON, as events arrive. */
const json = fc.json({ maxDepth: 4 }).map((text): unknown => JSON.parse(text));
const key = fc.constantFrom('vip', 'gold', 'aud_1', '__proto__', 'constructor', 'audience_key', 'a b', '');
const listed = fc.constantFrom('vip', 'gold', 'aud_1', '__proto__', 'constructor');
const membership = fc.oneof(fc.boolean(), fc.constantFrom('true', 'false', 'TRUE', 1, null), json);
const fields = fc.oneof(
  { weight: 4, arbitrary: fc.array(fc.tuple(fc.oneof(key, fc.string()), membership)).map(Object.fromEntries) },
  { weight: 1, arbitrary: json },
);
const personas = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record(
      {
        computation_class: fc.oneof(
          { weight: 5, arbitrary: fc.constantFrom('audience', 'journey_step') },
          fc.constantFrom('trait', ''),
          json,
        ),
        computation_key: fc.oneof({ weight: 5, arbitrary: key }, json),
        computation_id: fc.oneof(key, json),
        external_audience_id: fc.oneof(key, json),
      },
      { requiredKeys: ['computation_class', 'computation_key'] },
    ),
  },
  { weight: 1, arbitrary: json },
);
const event: fc.Arbitrary<JsonObject> = fc.record(
  {
    type: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom('identify', 'Track', 'group', 'delete', 'DELETE') },
      { weight: 1, arbitrary: json },
    ),
    userId: fc.oneof(fc.string(), json, fc.double()),
    anonymousId: fc.oneof(fc.string(), json),
    timestamp: fc.oneof(
      json,
      fc.double(),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    ),
    traits: fields,
    properties: fields,
    context: fc.oneof({ weight: 5, arbitrary: fc.record({ personas }, { requiredKeys: [] }) }, json),
  },
  { requiredKeys: ['type'] },
);

const settings = fc.record({
  lists: fc.uniqueArray(
    fc.record(
      { key: listed, id: fc.constantFrom('list-1', 'list-2'), idType: fc.constantFrom('userID', 'stableID') },
      { requiredKeys: ['key', 'id'] },
    ),
    { selector: (row) => row.key },
  ),
  units: fc.constant([
    { from: 'userId', idType: 'userID' },
    { from: 'anonymousId', idType: 'stableID' },
    { from: 'traits.__proto__', idType: 'stableID' },
  ]),
});

test('any event is about no audience, filtered, an error, or a change that Statsig can take', () => {
  const seen = { none: 0, filtered: 0, invalid: 0, membership: 0 };
  fc.assert(
    fc.property(event, settings, (input, audiences) => {
      const compiled = compiledAudiences({ audiences });
      const before = JSON.stringify(input);
      const found = findMembership(input, compiled, RECEIVED);
      assert.equal(JSON.stringify(input), before);
      assert.deepEqual(findMembership(input, compiled, RECEIVED, new Trace()), found, 'a trace changes nothing');
      seen[found?.kind ?? 'none'] += 1;
      if (found?.kind !== 'membership') return;
      const { listId, idType, id, member, time } = found.change;
      assert.ok(isListId(listId), listId);
      assert.ok(['userID', 'stableID'].includes(idType));
      assert.notEqual(id.trim(), '');
      assert.equal(typeof member, 'boolean');
      assert.ok(Number.isSafeInteger(time), String(time));
    }),
    { numRuns: RUNS },
  );
  for (const [kind, count] of Object.entries(seen))
    assert.ok(count > RUNS / 1_000, `${kind}: ${count} of ${RUNS}: the generator proves too little`);
});

test('a computed trait is about no audience whatever else it holds', () => {
  fc.assert(
    fc.property(event, settings, json, (input, audiences, computation_key) => {
      const trait = { ...input, context: { personas: { computation_class: 'trait', computation_key } } };
      assert.equal(findMembership(trait, compiledAudiences({ audiences }), RECEIVED), undefined);
    }),
    { numRuns: RUNS },
  );
});

test('any event is a deletion of somebody, an error, or none', () => {
  fc.assert(
    fc.property(event, (input) => {
      const found = findDeletion(input);
      const isOne = typeof input.type === 'string' && input.type.toLowerCase() === 'delete';
      assert.equal(found !== undefined, isOne);
      if (found?.kind === 'deletion') assert.equal(found.userId, String(input.userId));
      else if (found !== undefined) assert.equal(found.code, 'DELETION_USER_MISSING');
    }),
    { numRuns: RUNS },
  );
});

test('any name gives a list id, and a list id stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter, maxLength: 130, size: 'max' }), (name) => {
      const id = toListId(name);
      assert.ok(isListId(id), id);
      assert.equal(toListId(id), id);
    }),
    { numRuns: RUNS },
  );
});

test('an event nested as deep as JSON can carry is no danger', () => {
  const deep: unknown = JSON.parse(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`);
  const input = { type: 'identify', userId: 'u1', traits: deep, context: { personas: deep } };
  assert.equal(findMembership(input, compiledAudiences(), RECEIVED), undefined);
});
