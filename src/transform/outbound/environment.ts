// Decides by an event's environment whether it is sent.

import type { Trace } from '../../base/trace.js';
import type { Filtered } from '../../model/conversion.js';
import { isJsonObject } from '../../model/segment-event.js';
import { toText } from '../scalars.js';
import type { EventParts } from './event-parts.js';
import { filtered } from './filtered.js';

/** What Statsig takes a user without a tier for (Statsig's documentation, Environments). */
const DEFAULT_TIER = 'production';

/** The tier of an exposure or a custom event. */
export function findTier({ user }: EventParts): string {
  const environment = user?.statsigEnvironment;
  return (isJsonObject(environment) ? toText(environment.tier) : undefined) ?? DEFAULT_TIER;
}

/**
 * Why an exposure or a custom event of this tier is not sent, or `undefined`.
 *
 * @param selected tiers in small letters, since people write them by hand on either side; empty means all
 */
export function findTierObstacle(tier: string, selected: ReadonlySet<string>, trace?: Trace): Filtered | undefined {
  if (selected.size === 0) return undefined;
  if (!selected.has(tier.toLowerCase())) return filtered('environment', 'environment_not_selected', tier, trace);
  trace?.add('environment', tier, 'environments');
  return undefined;
}

/**
 * The same for a config change, which may concern several environments; one that names none passes. Statsig sends `environments`, a comma-separated
 * text; its older events have `environment`.
 */
export function findChangeObstacle(
  { metadata }: EventParts,
  selected: ReadonlySet<string>,
  trace?: Trace,
): Filtered | undefined {
  if (selected.size === 0) return undefined;
  const named = toText(metadata?.environments) ?? toText(metadata?.environment);
  if (named !== undefined && !named.split(',').some((tier) => selected.has(tier.trim().toLowerCase())))
    return filtered('environment', 'environment_not_selected', named, trace);
  trace?.add('environment', named ?? 'none named', 'environments');
  return undefined;
}
