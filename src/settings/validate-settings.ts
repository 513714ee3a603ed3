// Finds what is wrong with a workspace's settings and says it to a person.

import type { ErrorObject } from 'ajv';
import { findDirectionFaults } from './direction-faults.js';
import { settingsCheck } from './manifest/settings-check.js';
import { manifest } from './manifest.js';
import { findRelayFaults } from './relay-faults.js';
import { findRowFaults } from './row-faults.js';
import { describeSchemaFault } from './schema-fault.js';
import { formatPath, parsePointer, type SettingsPath, valueAt } from './settings-path.js';
import { describedValues } from './settings-schema.js';
import { findStarFaults } from './star-faults.js';

/** One fault of settings. */
export interface SettingsFault {
  /** `identifierMappings[0].to`. Empty for the settings as a whole. */
  readonly path: string;
  /** What is wrong and what would be right. Never holds the value. */
  readonly message: string;
}

/** A fault with the place it is at, for anyone who knows the text of the settings. */
export interface LocatedFault extends SettingsFault {
  readonly at: SettingsPath;
  /** Whether the name or the value is at fault. */
  readonly part: 'name' | 'value';
}

/** The placeholders of each event name template. */
const PLACEHOLDERS: Readonly<Record<string, readonly string[]>> = {
  track: ['{prefix}', '{event}'],
  page: ['{prefix}', '{name}'],
  screen: ['{prefix}', '{name}'],
  group: ['{prefix}'],
};

/** What breaks the manifest's schema, in the schema's order. */
function schemaErrors(value: unknown): readonly ErrorObject[] {
  const validate = settingsCheck();
  validate(value);
  return validate.errors ?? [];
}

/** Every fault of one workspace's settings by the manifest's schema and the rules that a schema cannot express. */
export function findSettingsFaults(value: unknown): SettingsFault[] {
  return locateSettingsFaults(value).map(tell);
}

/** As `findSettingsFaults`, with the place of each fault. @param most the first ones: wording tens of thousands would hold up all others */
export function locateSettingsFaults(value: unknown, most?: number): LocatedFault[] {
  const bySchema = firstOfEachPlace(
    schemaErrors(value)
      .slice(0, most)
      .map((error) => toFault(error, value)),
  );
  return [...bySchema, ...faultsBeyondSchema(value)].slice(0, most);
}

/** The first of `findSettingsFaults`. For settings that come in requests: wording a hundred thousand faults would keep everybody waiting. */
export function findFirstSettingsFault(value: unknown): SettingsFault | undefined {
  const [error] = schemaErrors(value);
  const first = error === undefined ? faultsBeyondSchema(value)[0] : toFault(error, value);
  return first && tell(first);
}

function tell({ path, message }: LocatedFault): SettingsFault {
  return { path, message };
}

function faultsBeyondSchema(value: unknown): LocatedFault[] {
  return [...directionFaults(value), ...templateFaults(value), ...urlFaults(value), ...rowFaults(value)];
}

function toFault(error: ErrorObject, value: unknown): LocatedFault {
  const { additionalProperty, missingProperty } = error.params;
  const name: unknown = additionalProperty ?? missingProperty;
  const parent = parsePointer(error.instancePath, value);
  const at = typeof name === 'string' ? [...parent, name] : parent;
  const part = additionalProperty === undefined ? 'value' : 'name';
  return { at, part, path: formatPath(at), message: describeSchemaFault(error, parent, valueAt(value, at)) };
}

/** A value of the wrong type also fails other rules, such as a list of allowed texts; the type is what a person has to know. */
function firstOfEachPlace(faults: readonly LocatedFault[]): LocatedFault[] {
  const byPlace = new Map<string, LocatedFault>();
  for (const fault of faults) {
    const place = JSON.stringify(fault.at);
    if (!byPlace.has(place)) byPlace.set(place, fault);
  }
  return [...byPlace.values()];
}

function directionFaults(value: unknown): LocatedFault[] {
  return findDirectionFaults(value, manifest.directions).map(({ at, message }) => ({
    at,
    part: 'name',
    path: formatPath(at),
    message,
  }));
}

function templateFaults(value: unknown): LocatedFault[] {
  return Object.entries(PLACEHOLDERS).flatMap(([type, placeholders]) => {
    const at = ['eventNameTemplates', type];
    const template = valueAt(value, at);
    if (typeof template !== 'string') return [];
    const rest = placeholders.reduce((text, placeholder) => text.replaceAll(placeholder, ''), template);
    const message = `has a brace that belongs to none of the placeholders ${type} offers: ${placeholders.join(', ')}`;
    return /[{}]/.test(rest) ? [{ at, part: 'value' as const, path: formatPath(at), message }] : [];
  });
}

/** Fetch refuses these URLs with an error that repeats them. */
function urlFaults(value: unknown): LocatedFault[] {
  return [...describedValues(value)].flatMap(({ at, schema, value: url }) => {
    if (!schema.pattern?.startsWith('^https?://') || typeof url !== 'string' || !/^https?:\/\//.test(url)) return [];
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    if (parsed?.username === '' && parsed.password === '') return [];
    const message = parsed === undefined ? 'is not a valid URL' : 'must not hold a user name or a password';
    return [{ at, part: 'value' as const, path: formatPath(at), message }];
  });
}

function rowFaults(value: unknown): LocatedFault[] {
  return [...findRowFaults(value), ...findStarFaults(value), ...findRelayFaults(value)].map(({ at, message }) => ({
    at,
    part: 'value',
    path: formatPath(at),
    message,
  }));
}
