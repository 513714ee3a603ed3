// Decides whether an exposure is sent, and which exposures count as the same.

import { hash } from 'node:crypto';
import { toJsonText } from '../../base/json.js';
import type { Trace } from '../../base/trace.js';
import type { ExposureKey, Filtered } from '../../model/conversion.js';
import type { JsonObject } from '../../model/segment-event.js';
import type { CompiledOutbound } from '../compiled-outbound.js';
import { toText } from '../scalars.js';
import type { EventParts } from './event-parts.js';
import { filtered } from './filtered.js';
import { type CallIds, findUnit } from './identity.js';
import { isSampled } from './sampling.js';

/** The gate, else the dynamic config, layer or experiment (Statsig's documentation, Event Webhook, exposures); `undefined` where neither is named. */
export function findExposedName(metadata: JsonObject | undefined): string | undefined {
  return toText(metadata?.gate) ?? toText(metadata?.config);
}

/** What Statsig puts into `ruleID` where no one was in a rule or a group. */
const NO_RULE: ReadonlySet<string> = new Set(['default', 'disabled', 'prestart']);

/** What was exposed: a unit by its name and value. */
export interface ExposedUnit {
  readonly name: string;
  readonly value: string;
}

/** The unit that `unitID` names, else the one the call is about. */
export function findExposedUnit(parts: EventParts, ids: CallIds): ExposedUnit {
  const { unitID } = parts.event;
  if (typeof unitID === 'string') {
    const value = findUnit(parts, unitID);
    if (value !== undefined) return { name: unitID, value };
  }
  if (ids.userId !== undefined) return { name: 'userId', value: ids.userId };
  return { name: 'anonymousId', value: ids.anonymousId ?? '' };
}

/** Why an exposure is not sent, or `undefined`. */
export function findExposureObstacle(
  { metadata }: EventParts,
  ids: CallIds,
  unit: ExposedUnit,
  outbound: CompiledOutbound,
  trace?: Trace,
): Filtered | undefined {
  if (outbound.skipDefaultRuleExposures) {
    const rule = toText(metadata?.ruleID);
    if (rule === undefined || NO_RULE.has(rule))
      return filtered('exposure', 'default_rule', `metadata.ruleID ${rule ?? 'missing'}`, trace);
    trace?.add('exposure', 'in a rule', `metadata.ruleID ${rule}`);
  }
  if (outbound.skipAnonymousExposures && ids.userId === undefined)
    return filtered('exposure', 'anonymous', 'no userId', trace);
  if (!isSampled(unit.value, outbound.exposureSampleRate))
    return filtered('exposure', 'not_sampled', `${unit.name} ${unit.value}`, trace);
  if (outbound.exposureSampleRate < 1) trace?.add('exposure', 'sampled', `${unit.name} ${unit.value}`);
  return undefined;
}

const VALUE_LENGTH = 22;

/** What was exposed to whom, and with which result of which rule. `undefined` where the metadata is nested too deep. */
export function keyOfExposure(
  eventName: string,
  { metadata }: EventParts,
  unit: ExposedUnit,
  tier: string,
  trace?: Trace,
): ExposureKey | undefined {
  const key = toJsonText([unit.name, unit.value, eventName, findExposedName(metadata), metadata?.parameterName, tier]);
  const value = toJsonText([metadata?.ruleID, metadata?.gateValue]);
  if (key === undefined || value === undefined) return undefined;
  trace?.add('exposure', 'once per window, unless it differs from the last one', `${value} of ${key}`);
  return {
    key: hash('sha256', key, 'base64url'),
    value: hash('sha256', value, 'base64url').slice(0, VALUE_LENGTH),
  };
}
