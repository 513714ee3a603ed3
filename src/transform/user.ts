// Builds the StatsigUser of an event from its context and traits.

import type { FieldPath, Trace } from '../base/trace.js';
import type { Invalid } from '../model/conversion.js';
import { isJsonObject, type JsonObject, type SegmentEvent } from '../model/segment-event.js';
import type { CustomValue, StatsigUser } from '../model/statsig-event.js';
import type { CompiledWorkspace } from './compiled-workspace.js';
import { resolveEnvironment } from './environment.js';
import { resolveIdentifiers } from './identifiers.js';
import { isBlankText, isFiniteNumber, isSafeKey, toText } from './scalars.js';
import { findStatsigSources, placeOfPair, readPairs, type StatsigSource } from './statsig-properties.js';
import { findUserAddress } from './user-address.js';

const NOTHING: JsonObject = {};

/** The shape Statsig's OpenAPI asks of an email. Each part excludes its separator, so matching takes linear time. */
const EMAIL =
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
const MAX_EMAIL_LENGTH = 254;

function objectAt(fields: JsonObject, key: string): JsonObject {
  const value = fields[key];
  return isJsonObject(value) ? value : NOTHING;
}

function toEmail(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const email = value.trim();
  return email.length <= MAX_EMAIL_LENGTH && EMAIL.test(email) ? email : undefined;
}

/** A text with anything to see in it; one of blanks would override what Statsig finds out by itself. */
function toUserField(value: unknown): string | undefined {
  const text = toText(value);
  return isBlankText(text) ? undefined : text;
}

function toCustomValue(value: unknown): CustomValue | undefined {
  if (typeof value === 'string' || typeof value === 'boolean' || isFiniteNumber(value)) return value;
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
}

function resolveCustom(context: JsonObject, sources: readonly StatsigSource[], trace?: Trace): StatsigUser['custom'] {
  let custom: Record<string, CustomValue> | undefined;
  const set = (name: string, value: CustomValue | undefined, why: string, pair?: FieldPath): void => {
    if (value === undefined || !isSafeKey(name)) return;
    custom ??= {};
    if (Object.hasOwn(custom, name)) return;
    custom[name] = value;
    trace?.add('custom', `custom.${name} = ${value}`, why);
    trace?.origin(['user', 'custom', name], why, [pair ?? why.split('.')]);
  };
  for (const source of sources) {
    for (const pair of readPairs(source.fields.statsigCustom)) {
      const place = trace && placeOfPair(source, 'statsigCustom', pair);
      set(pair.name, toCustomValue(pair.value), `${source.path}.statsigCustom${pair.at}`, place);
    }
  }
  const os = objectAt(context, 'os');
  set('os_name', toUserField(os.name), 'context.os.name');
  set('os_version', toUserField(os.version), 'context.os.version');
  const browser = objectAt(context, 'browser');
  set('browser_name', toUserField(browser.name), 'context.browser.name');
  set('browser_version', toUserField(browser.version), 'context.browser.version');
  return custom;
}

/**
 * Builds the user of one event: ids, the context's fields, custom properties, environment (Statsig's OpenAPI, `StatsigUser`; Statsig's documentation,
 * Segment integration). The event is not changed.
 *
 * @returns the user, or why there is none: an id is too long
 */
export function buildUser(
  event: SegmentEvent,
  type: string,
  workspace: CompiledWorkspace,
  trace?: Trace,
): StatsigUser | Invalid {
  const user: StatsigUser = {};
  const context = isJsonObject(event.context) ? event.context : NOTHING;
  const sources = findStatsigSources(event);

  const long = resolveIdentifiers(user, event, sources, workspace.identifierMappings, trace);
  if (long !== undefined) return long;

  const set = (
    field: 'email' | 'userAgent' | 'country' | 'locale' | 'appVersion',
    value: string | undefined,
    why: string,
  ): void => {
    if (value === undefined || user[field] !== undefined) return;
    user[field] = value;
    trace?.add('user', `${field} = ${value}`, why);
    trace?.origin(['user', field], why, [why.split('.')]);
  };
  set('email', toEmail(objectAt(context, 'traits').email), 'context.traits.email');
  // The traits of a group call describe the group.
  if (type !== 'group' && isJsonObject(event.traits)) set('email', toEmail(event.traits.email), 'traits.email');
  const ip = findUserAddress(event, context, trace);
  if (ip !== undefined) user.ip = ip;
  set('userAgent', toUserField(context.userAgent), 'context.userAgent');
  set('locale', toUserField(context.locale), 'context.locale');
  set('country', toUserField(objectAt(context, 'location').country), 'context.location.country');
  set('country', toUserField(objectAt(context, 'geo').country), 'context.geo.country');
  set('appVersion', toUserField(objectAt(context, 'app').version), 'context.app.version');

  const custom = resolveCustom(context, sources, trace);
  if (custom !== undefined) user.custom = custom;

  const tier = resolveEnvironment(sources, workspace.defaultEnvironment, workspace.environmentMappings, trace);
  if (tier !== undefined) user.statsigEnvironment = { tier };
  return user;
}
