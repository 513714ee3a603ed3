// Generates outbound events as senders get them wrong, and settings to convert them by.

import fc from 'fast-check';
import { anyCharacter } from './any-character.js';
import type { OutboundOverrides } from './outbound.js';

/** Stands in every private attribute of a generated user, and nowhere else. */
export const SECRET = 'only-for-evaluation';

/** Through JSON, as events arrive: `1e999` becomes infinity, `__proto__` an own key, `\ud800` half a character. */
export const json = fc
  .json({ maxDepth: 6, stringUnit: anyCharacter })
  .map((text): unknown => JSON.parse(text.replaceAll('"infinity"', '1e999').replaceAll('half', '\\ud800')));
const key = fc.constantFrom('__proto__', 'constructor', 'privateAttributes', 'companyID', 'infinity', 'half', '');
const id = fc.oneof(json, fc.constantFrom('user-42', 'ид', '\ud800', 7, 0, ''));
const privately = fc.oneof(fc.constant({ salary: SECRET }), fc.constant([SECRET]), fc.constant(SECRET));

/** An object whose `__proto__` is a field of its own, as JSON.parse makes it. */
function withProto(fields: object, proto: unknown): object {
  return JSON.parse(`{"__proto__":${JSON.stringify(proto)},${JSON.stringify(fields).slice(1)}`.replace(/,\}$/, '}'));
}

const customIDs = fc.oneof(
  json,
  fc.dictionary(key, id),
  fc.record(
    { stableID: id, companyID: id, segmentAnonymousId: id, privateAttributes: privately },
    { requiredKeys: [] },
  ),
);
const plainUser = fc.record(
  {
    userID: id,
    stableID: id,
    companyID: id,
    email: id,
    name: id,
    customIDs,
    custom: fc.oneof(json, fc.record({ list: fc.array(fc.record({ privateAttributes: privately })) })),
    statsigEnvironment: fc.oneof(json, fc.record({ tier: fc.constantFrom('production', 'staging') })),
    privateAttributes: privately,
  },
  { requiredKeys: [] },
);
const user = fc.oneof(
  { weight: 4, arbitrary: plainUser },
  { weight: 1, arbitrary: fc.tuple(plainUser, plainUser).map(([fields, proto]) => withProto(fields, proto)) },
  { weight: 1, arbitrary: json },
);
const text = fc.oneof(json, fc.constantFrom('checkout', 'default', 'production', 'development,staging', 'true', ''));
const metadata = fc.oneof(
  { weight: 1, arbitrary: json },
  {
    weight: 3,
    arbitrary: fc.record(
      {
        gate: text,
        config: text,
        ruleID: text,
        gateValue: text,
        parameterName: text,
        allocatedExperiment: text,
        experimentGroupName: text,
        name: text,
        environment: text,
        environments: text,
        tags: json,
      },
      { requiredKeys: [] },
    ),
  },
);
/** Any outbound event, most of them convertible. */
export const webhookEvent = fc.record(
  {
    eventName: fc.oneof(
      { weight: 1, arbitrary: fc.oneof(json, fc.string({ unit: anyCharacter })) },
      {
        weight: 9,
        arbitrary: fc.constantFrom(
          'statsig::gate_exposure',
          'statsig::config_exposure',
          'statsig::experiment_exposure',
          'statsig::layer_exposure',
          'statsig::holdout_exposure',
          'statsig::config_change',
          'statsig::diagnostics',
          'auto_capture::page_view',
          'Order Completed',
          'ключ',
        ),
      },
    ),
    user,
    userID: id,
    unitID: fc.oneof(json, key, fc.constantFrom('userID', 'stableID', 'companyID')),
    timestamp: fc.oneof(
      json,
      fc.double(),
      fc.integer({ min: 0, max: 9e15 }),
      fc.integer({ min: 0, max: 9e15 }).map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    ),
    value: json,
    metadata,
    statsigMetadata: fc.oneof(json, fc.record({ stableID: id, sdkType: text })),
    timeUUID: fc.oneof(json, fc.uuid()),
    companyID: id,
    privateAttributes: json,
  },
  { requiredKeys: ['eventName'] },
);

/** Any settings of the conversion. */
export const outboundOverrides: fc.Arbitrary<OutboundOverrides> = fc.record(
  {
    identifierMappings: fc.array(
      fc.record({
        from: fc.oneof(key, fc.constantFrom('userID', 'stableID', 'email')),
        to: fc.constantFrom('userId', 'anonymousId', 'groupId'),
      }),
      { maxLength: 3 },
    ),
    environments: fc.constantFrom(new Set<string>(), new Set(['staging', 'production'])),
    experimentViewed: fc.constantFrom('off', 'also', 'instead'),
    exposureWindowMs: fc.constantFrom(0, 1000),
    exposureSampleRate: fc.constantFrom(1, 0.5),
    skipAnonymousExposures: fc.boolean(),
    skipDefaultRuleExposures: fc.boolean(),
    includeEvents: fc.constantFrom([], ['auto_capture::*']),
    excludeEvents: fc.constantFrom([], ['gate:check*', 'config_change:']),
    inboundPrefix: fc.constantFrom(undefined, '', 'cdp/'),
  },
  { requiredKeys: [] },
);
