// Compiled outbound settings for tests of the conversion, without a settings document.

import assert from 'node:assert/strict';
import type { OutboundConversion, OutboundConverted } from '../src/model/conversion.js';
import type { CompiledOutbound } from '../src/transform/compiled-outbound.js';
import { compileOutboundFilter, type OutboundFilterSettings } from '../src/transform/outbound/outbound-filter.js';

/** What the manifest's defaults come to. */
const RULES: Omit<CompiledOutbound, 'filter'> & OutboundFilterSettings = {
  workspaceId: 'shop',
  targets: [],
  hasLostTargets: false,
  isPaused: false,
  identifierMappings: [],
  environments: new Set(),
  experimentViewed: 'off',
  exposureWindowMs: 86_400_000,
  exposureSampleRate: 1,
  skipAnonymousExposures: false,
  skipDefaultRuleExposures: false,
  configChangeUserId: 'statsig',
  eventCategories: [
    'gate_exposure',
    'config_exposure',
    'layer_exposure',
    'experiment_exposure',
    'holdout_exposure',
    'config_change',
    'custom_event',
  ],
  includeEvents: [],
  excludeEvents: [],
  includeNewEvents: true,
  inboundPrefix: undefined,
};

/** What a test changes about the defaults. */
export type OutboundOverrides = Partial<typeof RULES>;

/** Compiled rules with the manifest's defaults, except for the overrides. */
export function outboundRules(overrides: OutboundOverrides = {}): CompiledOutbound {
  const { eventCategories, includeEvents, excludeEvents, includeNewEvents, inboundPrefix, ...rules } = {
    ...RULES,
    ...overrides,
  };
  const filter = compileOutboundFilter({
    eventCategories,
    includeEvents,
    excludeEvents,
    includeNewEvents,
    inboundPrefix,
  });
  return { ...rules, filter };
}

/** The conversion, which must have converted. */
export function converted(conversion: OutboundConversion): OutboundConverted {
  assert.ok(conversion.kind === 'converted', JSON.stringify(conversion));
  return conversion;
}
