// Decides by consent and by `integrations` whether an event may go to Statsig.

import type { Filtered } from '../../model/conversion.js';
import { isJsonObject, type SegmentEvent } from '../../model/segment-event.js';
import type { TrackingApiSenders } from '../../settings/document.js';

/** Own fields only: a category may be called `constructor`. */
function own(object: unknown, key: string): unknown {
  return isJsonObject(object) && Object.hasOwn(object, key) ? object[key] : undefined;
}

/** The first category that lacks consent. Where the event has no consent at all, no one asked the user, and all is granted. */
function findMissingConsent(event: SegmentEvent, required: readonly string[]): string | undefined {
  const consent = own(event.context, 'consent');
  if (consent === undefined || consent === null) return undefined;
  const preferences = own(consent, 'categoryPreferences');
  return required.find((category) => own(preferences, category) !== true);
}

/** The entry of `integrations` that switches us off: one of our names, or `All` where none of our names stands. An object counts as on. */
function findSwitchedOff(event: SegmentEvent, names: readonly string[]): string | undefined {
  const named = names.filter((name) => (own(event.integrations, name) ?? null) !== null);
  const entries = named.length === 0 ? ['All'] : named;
  return entries.find((entry) => own(event.integrations, entry) === false);
}

/**
 * Why the sender does not want the event at Statsig, or `undefined`. Segment applies these rules before its destinations get an event; anyone who takes
 * events straight from the SDKs has to (Segment's documentation: consent in Connections, the Spec's integrations object). Consent comes first.
 */
export function findOptOut(event: SegmentEvent, senders: TrackingApiSenders): Filtered | undefined {
  const category = findMissingConsent(event, senders.requiredConsent);
  if (category !== undefined)
    return {
      kind: 'filtered',
      reason: 'consent_missing',
      detail: `context.consent.categoryPreferences.${category} is not true`,
    };
  const entry = findSwitchedOff(event, senders.integrationNames);
  if (entry !== undefined)
    return { kind: 'filtered', reason: 'integration_off', detail: `integrations.${entry} is false` };
  return undefined;
}
