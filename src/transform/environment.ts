// Finds the environment tier of an event.

import type { Trace } from '../base/trace.js';
import { isJsonObject } from '../model/segment-event.js';
import { toNonBlankText } from './scalars.js';
import { type StatsigSource, withoutJsonText } from './statsig-properties.js';

const TIER = ['user', 'statsigEnvironment', 'tier'] as const;

/**
 * The tier the event names, renamed by `mappings`, else the workspace's default, else `undefined`, which Statsig reads as production (Statsig's
 * documentation, Segment integration, environments).
 */
export function resolveEnvironment(
  sources: readonly StatsigSource[],
  defaultTier: string | undefined,
  mappings: ReadonlyMap<string, string>,
  trace?: Trace,
): string | undefined {
  for (const { path, fields } of sources) {
    const environment = withoutJsonText(fields.statsigEnvironment);
    const named = toNonBlankText(isJsonObject(environment) ? environment.tier : environment)?.trim();
    if (named === undefined) continue;
    const tier = mappings.get(named) ?? named;
    trace?.collect((told) => {
      const why = `${path}.statsigEnvironment${tier === named ? '' : `, environmentMappings ${named}`}`;
      told.add('environment', `statsigEnvironment.tier = ${tier}`, why);
      const isObject = isJsonObject(fields.statsigEnvironment);
      told.origin(TIER, why, [[...path.split('.'), 'statsigEnvironment', ...(isObject ? ['tier'] : [])]]);
    });
    return tier;
  }
  if (defaultTier !== undefined) {
    trace?.add('environment', `statsigEnvironment.tier = ${defaultTier}`, 'defaultEnvironment');
    trace?.origin(TIER, 'defaultEnvironment');
  }
  return defaultTier;
}
