// What must hold for any event at all: no throw, a valid Statsig event, an untouched input.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { Trace } from '../../src/base/trace.js';
import { compileWorkspace } from '../../src/settings/compile.js';
import type { WorkspaceSettings } from '../../src/settings/settings.generated.js';
import { convertInbound } from '../../src/transform/inbound/index.js';
import { propertyRuns } from '../../testkit/property-runs.js';
import { ownLogEventSchema } from '../../testkit/statsig-event-schema.js';

const ajv = new Ajv({ strict: true, strictTypes: false });
addFormats.default(ajv);
const isLogEventBody = ajv.compile(ownLogEventSchema);

const RECEIVED_AT = Date.UTC(2026, 0, 2);

const RUNS = propertyRuns(300);

/** Through JSON, as events arrive: `1e999` becomes infinity, `__proto__` an own key. */
const json = fc.json({ maxDepth: 6 }).map((text): unknown => JSON.parse(text.replaceAll('"infinity"', '1e999')));
const key = fc.constantFrom(
  '__proto__',
  'constructor',
  'toString',
  'userID',
  'stableID',
  'companyID',
  'a.b',
  'infinity',
  '',
  'statsigX',
  'ключ',
);
const flat = fc.array(fc.oneof(key, json), { maxLength: 7 });
const fields = fc.oneof(
  json,
  fc.dictionary(fc.oneof(key, fc.string()), json, { maxKeys: 8 }),
  fc.record(
    {
      value: json,
      revenue: json,
      name: json,
      category: json,
      email: fc.oneof(json, fc.emailAddress(), fc.constantFrom('a@b', 'a@b..c', 'ä@example.com', 'a b@example.com')),
      statsigCustomIDs: fc.oneof(json, flat, fc.dictionary(key, json)),
      statsigCustom: fc.oneof(json, flat, fc.dictionary(key, json)),
      statsigEnvironment: fc.oneof(json, fc.record({ tier: json })),
    },
    { requiredKeys: [] },
  ),
);
const context = fc.oneof(
  json,
  fc.record(
    {
      traits: fields,
      ip: json,
      userAgent: json,
      locale: json,
      location: fc.record({ country: json }),
      geo: fields,
      app: fc.record({ version: json }),
      os: fc.record({ name: json, version: json }),
      browser: fields,
      page: fields,
      library: fc.record({ name: json }),
    },
    { requiredKeys: [] },
  ),
);
const event = fc.record(
  {
    type: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom('track', 'page', 'screen', 'group', 'Track') },
      { weight: 1, arbitrary: json },
    ),
    event: fc.oneof(fc.string({ minLength: 1, maxLength: 300 }), json),
    name: json,
    category: json,
    userId: fc.oneof(json, fc.double()),
    anonymousId: json,
    groupId: json,
    timestamp: fc.oneof(
      json,
      fc.double(),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    ),
    originalTimestamp: json,
    receivedAt: json,
    properties: fields,
    traits: fields,
    context,
  },
  { requiredKeys: ['type'] },
);

const mapping = fc.record({
  from: fc.constantFrom('anonymousId', 'properties.name', 'traits.email', 'context.os.name', 'a..b'),
  to: fc.oneof(
    key.filter((k) => k !== ''),
    fc.constant('userID'),
  ),
});
const settings: fc.Arbitrary<WorkspaceSettings> = fc.record(
  {
    eventNamePreset: fc.constantFrom('rudderstack', 'segment', 'segment-legacy'),
    eventNamePrefix: fc.string({ minLength: 1, maxLength: 20 }),
    eventNameMaxLength: fc.integer({ min: 1, max: 200 }),
    identifierMappings: fc.array(mapping, { maxLength: 4 }),
    defaultEnvironment: fc.constantFrom('staging', 'qa'),
    valueInMetadata: fc.boolean(),
    valueFrom: fc.array(fc.constantFrom('properties.value', 'traits.value', 'context.ip', 'properties.__proto__'), {
      maxLength: 3,
    }),
    metadataMaxLength: fc.integer({ min: 0, max: 6000 }),
  },
  { requiredKeys: [] },
);

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const item of Object.values(value)) deepFreeze(item);
  }
  return value;
}

test('any event converts without throwing into what Statsig publishes, and stays as it was', () => {
  let converted = 0;
  fc.assert(
    fc.property(event, settings, (input, given) => {
      const workspace = compileWorkspace('ws', given, undefined, 'rudderstack');
      const frozen = deepFreeze(input);
      const before = JSON.stringify(frozen);
      const conversion = convertInbound(frozen, workspace, RECEIVED_AT);
      assert.equal(JSON.stringify(frozen), before);
      if (conversion.kind !== 'converted') return;
      converted += 1;
      const sent: unknown = JSON.parse(JSON.stringify({ events: [conversion.event] }));
      assert.ok(isLogEventBody(sent), ajv.errorsText(isLogEventBody.errors));
      for (const name of Object.keys(conversion.event.metadata ?? {}))
        assert.ok(!name.includes('.') && !name.startsWith('statsig'));
      assert.doesNotMatch(conversion.event.eventName, /[\\"[\]{}<>#=;&$%|\0\n\r]/);
      assert.ok(Array.from(conversion.event.eventName).length <= (given.eventNameMaxLength ?? 128));
    }),
    { numRuns: RUNS },
  );
  assert.ok(
    converted > RUNS / 4,
    `only ${converted} of ${RUNS} events were converted: the generator proves too little`,
  );
});

test('a trace changes nothing about the conversion', () => {
  fc.assert(
    fc.property(event, settings, (input, given) => {
      const workspace = compileWorkspace('ws', given, undefined, 'rudderstack');
      assert.deepEqual(
        convertInbound(input, workspace, RECEIVED_AT, new Trace()),
        convertInbound(input, workspace, RECEIVED_AT),
      );
    }),
    { numRuns: RUNS },
  );
});

test('an object nested as deep as JSON can carry is converted', () => {
  const workspace = compileWorkspace('ws', {}, undefined, 'rudderstack');
  for (const [open, close] of [
    ['{"a":', '}'],
    ['[', ']'],
  ]) {
    const deep: unknown = JSON.parse(`${open?.repeat(100_000)}1${close?.repeat(100_000)}`);
    const conversion = convertInbound(
      { type: 'track', event: 'E', properties: { deep, statsigCustom: deep, kept: 'yes' }, context: deep },
      workspace,
      RECEIVED_AT,
    );
    assert.equal(conversion.kind, 'converted');
    assert.deepEqual(conversion.kind === 'converted' && conversion.event.metadata, { kept: 'yes' });
  }
});
