// Decides by consent and by `integrations` whether an event may go to Statsig.

import type { Trace } from '../../base/trace.js';
import type { Filtered } from '../../model/conversion.js';
import { isJsonObject, type JsonObject, ownField, type SegmentEvent } from '../../model/segment-event.js';

/** What settings say of the events that may go to Statsig. Names are alike in any letter case. */
export interface OptOutSettings {
  /** Our names in an event's `integrations`. */
  readonly integrationNames: readonly string[];
  /** Consent categories that must all be granted, where an event has consent. */
  readonly requiredConsent: readonly string[];
}

/** The same, compiled. */
export interface OptOutRules {
  /** In small letters. */
  readonly integrationNames: ReadonlySet<string>;
  /** As written and in small letters. */
  readonly requiredConsent: ReadonlyMap<string, string>;
}

/** Prepares the names once for all events: in settings and events they may be in any letter case. */
export function compileOptOut({ integrationNames, requiredConsent }: OptOutSettings): OptOutRules {
  return {
    integrationNames: new Set(integrationNames.map((name) => name.toLowerCase())),
    requiredConsent: new Map(requiredConsent.map((category) => [category, category.toLowerCase()])),
  };
}

/** True where a field is `true`, in whatever letter case its name is written, and in no other case something else. */
function isGranted(preferences: unknown, category: string): boolean {
  if (!isJsonObject(preferences)) return false;
  const answers = Object.keys(preferences).filter((key) => key.toLowerCase() === category);
  return answers.length > 0 && answers.every((key) => preferences[key] === true);
}

/** Why a category lacks consent, in the words of Segment's SDKs or of RudderStack's, or `undefined`. Where the event has none of them no one asked the user. */
function findRefusal(event: SegmentEvent, category: string): string | undefined {
  const consent = ownField(event.context, 'consent') ?? undefined;
  if (consent !== undefined && !isGranted(ownField(consent, 'categoryPreferences'), category))
    return 'context.consent.categoryPreferences';
  const denied = ownField(ownField(event.context, 'consentManagement'), 'deniedConsentIds');
  if (denied === undefined) return undefined;
  // One alone may stand without its list.
  const ids: readonly unknown[] = Array.isArray(denied) ? denied : [denied];
  const isDenied = ids.some((id) => typeof id === 'string' && id.trim().toLowerCase() === category);
  return isDenied ? 'context.consentManagement.deniedConsentIds' : undefined;
}

/** Nearly no event says no to anybody. */
function holdsFalse(integrations: JsonObject): boolean {
  for (const entry in integrations) if (integrations[entry] === false) return true;
  return false;
}

/** The entry of `integrations` that switches us off: one of our names, or `all` where none of our names stands. An object counts as on. */
function findSwitchedOff(
  { integrations }: SegmentEvent,
  names: ReadonlySet<string>,
  isApplied: (entry: string) => boolean,
): string | undefined {
  if (!isJsonObject(integrations)) return undefined;
  if (!holdsFalse(integrations)) return undefined;
  let isNamed = false;
  let all: string | undefined;
  for (const entry in integrations) {
    const value = integrations[entry];
    if (value === null || isApplied(entry)) continue;
    const name = entry.toLowerCase();
    if (names.has(name)) {
      if (value === false) return entry;
      isNamed = true;
    } else if (value === false && name === 'all') all = entry;
  }
  return isNamed ? undefined : all;
}

function filtered(reason: 'consent_missing' | 'integration_off', detail: string, why: string, trace?: Trace): Filtered {
  trace?.add('opt-out', reason, why);
  return { kind: 'filtered', reason, detail };
}

function switchedOff(entry: string | undefined, why: string, trace?: Trace): Filtered | undefined {
  return entry === undefined ? undefined : filtered('integration_off', `integrations.${entry} is false`, why, trace);
}

const NONE = (): boolean => false;

/**
 * Why the sender does not want the event at Statsig, or `undefined`. Segment applies these rules before its destinations get an event; anyone who takes
 * events straight from the SDKs has to (Segment's documentation: consent in Connections, the Spec's integrations object). Consent comes first. Letter case
 * does not count: Segment's Python and PHP libraries document `all`, and Segment itself reads it in any case (Segment's facade, `enabled`).
 *
 * @param trace collects which rule decided
 */
export function findOptOut(event: SegmentEvent, rules: OptOutRules, trace?: Trace): Filtered | undefined {
  for (const [category, name] of rules.requiredConsent) {
    const refusal = findRefusal(event, name);
    if (refusal === undefined) continue;
    const detail = refusal.endsWith('Ids') ? `${refusal} has ${category}` : `${refusal}.${category} is not true`;
    return filtered('consent_missing', detail, `trackingApi.requiredConsent ${category}`, trace);
  }
  return switchedOff(findSwitchedOff(event, rules.integrationNames, NONE), 'trackingApi.integrationNames', trace);
}

/** What rudder-server sends to its destinations by (rudder-server, filter of client integrations). */
const READ_BY_RUDDER_SERVER = 'All';

/**
 * The same for an event of rudder-server's, which has applied `All` and its destinations' names as it writes them, but passes over every other letter case: what a person wrote
 * so is applied here.
 */
export function findOverlookedOptOut(event: SegmentEvent, rules: OptOutRules, trace?: Trace): Filtered | undefined {
  const entry = findSwitchedOff(event, rules.integrationNames, (name) => name === READ_BY_RUDDER_SERVER);
  return switchedOff(entry, 'integrations, in any letter case', trace);
}
