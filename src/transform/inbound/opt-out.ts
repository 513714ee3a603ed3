// Decides by consent and by `integrations` whether an event may go to Statsig.

import type { Trace } from '../../base/trace.js';
import type { Filtered } from '../../model/conversion.js';
import { ownField, type SegmentEvent } from '../../model/segment-event.js';

/** What decides whether an event that comes straight from an SDK may go to Statsig. */
export interface OptOutRules {
  /** Our names in an event's `integrations`. */
  readonly integrationNames: readonly string[];
  /** Consent categories that must all be granted, where an event has consent. */
  readonly requiredConsent: readonly string[];
}

/** The first category that lacks consent. Where the event has no consent at all, no one asked the user, and all is granted. */
function findMissingConsent(event: SegmentEvent, required: readonly string[]): string | undefined {
  const consent = ownField(event.context, 'consent');
  if (consent === undefined || consent === null) return undefined;
  const preferences = ownField(consent, 'categoryPreferences');
  return required.find((category) => ownField(preferences, category) !== true);
}

/** The entry of `integrations` that switches us off: one of our names, or `All` where none of our names stands. An object counts as on. */
function findSwitchedOff(event: SegmentEvent, names: readonly string[]): string | undefined {
  const named = names.filter((name) => (ownField(event.integrations, name) ?? null) !== null);
  const entries = named.length === 0 ? ['All'] : named;
  return entries.find((entry) => ownField(event.integrations, entry) === false);
}

function filtered(reason: 'consent_missing' | 'integration_off', detail: string, why: string, trace?: Trace): Filtered {
  trace?.add('opt-out', reason, why);
  return { kind: 'filtered', reason, detail };
}

/**
 * Why the sender does not want the event at Statsig, or `undefined`. Segment applies these rules before its destinations get an event; anyone who takes
 * events straight from the SDKs has to (Segment's documentation: consent in Connections, the Spec's integrations object). Consent comes first.
 *
 * @param trace collects which rule decided
 */
export function findOptOut(event: SegmentEvent, rules: OptOutRules, trace?: Trace): Filtered | undefined {
  const category = findMissingConsent(event, rules.requiredConsent);
  if (category !== undefined) {
    const detail = `context.consent.categoryPreferences.${category} is not true`;
    return filtered('consent_missing', detail, `trackingApi.requiredConsent ${category}`, trace);
  }
  const entry = findSwitchedOff(event, rules.integrationNames);
  if (entry !== undefined)
    return filtered('integration_off', `integrations.${entry} is false`, 'trackingApi.integrationNames', trace);
  return undefined;
}
