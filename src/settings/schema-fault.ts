// Words the faults that the settings schema finds.

import type { ErrorObject } from 'ajv';
import type { ValueSchema } from './manifest/model.js';
import { manifest } from './manifest.js';
import { findNearestName } from './nearest-name.js';
import type { SettingsPath } from './settings-path.js';
import { schemaAt } from './settings-schema.js';

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a string',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping of names to values',
};

/** What the patterns of the manifest mean. */
const PATTERN_MEANINGS: ReadonlyMap<string | undefined, string> = new Map([
  [
    '^https?://[^\\s?#]+$',
    'must be a URL that begins with http:// or https://, without white space, query or fragment',
  ],
  ['^https?://[^\\s?#/]+/?$', 'must be http:// or https:// and a host, without a path or anything else behind it'],
  ['^/[^\\s?#]*$', 'must be a path that begins with /, without white space, query or fragment'],
  ['^[A-Za-z0-9_-]{1,64}$', 'must be 1 to 64 letters, digits, - or _'],
  ['^[A-Za-z0-9_-]{3,100}$', 'must be 3 to 100 letters, digits, - or _'],
  [
    '^(?!statsig|dry-run$)[A-Za-z0-9_-]{1,64}$',
    'must be 1 to 64 letters, digits, - or _, must not begin with statsig and must not be dry-run',
  ],
]);

/**
 * What is wrong and what would be right.
 *
 * @param parent the place the broken rule belongs to: for a missing or unknown name the object around it
 * @param value the value at fault; its type is told, never the value itself
 */
export function describeSchemaFault({ keyword, params }: ErrorObject, parent: SettingsPath, value: unknown): string {
  const schema = schemaAt(parent);
  switch (keyword) {
    case 'additionalProperties':
      return describeUnknown(String(params.additionalProperty), schema, parent);
    case 'required':
      return 'is missing';
    case 'type':
      return describeType(String(params.type), value);
    case 'enum':
      return `must be ${alternatives(schema?.enum ?? [])}`;
    case 'pattern':
      return PATTERN_MEANINGS.get(schema?.pattern) ?? `must match ${schema?.pattern}`;
    case 'minLength':
    case 'minItems':
      return 'must not be empty';
    case 'maxItems':
      return `must have ${schema?.maxItems} rows or fewer`;
    case 'maxLength':
      return `must have ${schema?.maxLength} characters or fewer`;
    case 'minimum':
    case 'maximum':
      return describeRange(schema);
    default:
      return `breaks the rule ${keyword}`;
  }
}

function describeType(wanted: string, value: unknown): string {
  const needed = `must be ${TYPE_NAMES[wanted] ?? wanted}`;
  const found = nameOfType(value);
  const isScalar = typeof value === 'number' || typeof value === 'boolean';
  const advice = adviceFor(wanted, value);
  if (advice !== undefined) return `${needed}, but is ${found}: ${advice}`;
  if (wanted === 'string' && isScalar) return `${needed}, but is ${found}: write it in quotes`;
  if (wanted !== 'string' && typeof value === 'string' && wanted !== 'array' && wanted !== 'object') {
    return `${needed}, but is ${found}: write it without quotes`;
  }
  return `${needed}, but is ${found}`;
}

/** For what is almost right, and YAML reads otherwise. */
function adviceFor(wanted: string, value: unknown): string | undefined {
  if (wanted === 'string' && typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const [name, ...more] = Object.keys(value);
    if (name === 'env' || name === 'file') return `write ${name}:${name === 'env' ? 'NAME' : 'PATH'} without a blank`;
    return name !== undefined && more.length === 0 ? 'write it in quotes' : undefined;
  }
  if (typeof value !== 'string') return undefined;
  if (wanted === 'object' && /^\w+[:=]\S/.test(value)) return 'write name: value, with a blank behind the colon';
  return wanted === 'array' && value.startsWith('-') ? 'write a blank behind each -' : undefined;
}

function nameOfType(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'number':
      return Number.isInteger(value) ? 'a number' : 'a number with a fraction';
    case 'string':
      return 'a string';
    case 'object':
      return 'a mapping';
    default:
      return String(value) === 'true' || String(value) === 'false' ? 'true or false' : 'something else';
  }
}

function describeRange(schema: ValueSchema | undefined): string {
  const { minimum, maximum } = schema ?? {};
  if (minimum === undefined) return `must be at most ${maximum}`;
  return maximum === undefined ? `must be at least ${minimum}` : `must be between ${minimum} and ${maximum}`;
}

function describeUnknown(name: string, schema: ValueSchema | undefined, parent: SettingsPath): string {
  const names = Object.keys(schema?.properties ?? {});
  const nearest = findNearestName(name, names);
  if (nearest !== undefined) return `is not a setting. Did you mean ${nearest}?`;
  const home = parent.length === 0 ? homeOf(name) : undefined;
  if (home !== undefined) return `does not belong at the top: write it under ${home}`;
  return parent.length === 0
    ? 'is not a setting; docs/settings.md lists them'
    : `is not a setting: here may stand ${alternatives(names)}`;
}

/** The setting that has a field of this name: `rudderstack` for `destinationIds`. */
function homeOf(name: string): string | undefined {
  return Object.entries(manifest.settings.properties).find(([, { properties }]) =>
    Object.hasOwn(properties ?? {}, name),
  )?.[0];
}

/** `a`, `a or b`, `a, b or c`. */
function alternatives(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}
