// Checks what manifest.json holds and says in one line where it is broken and how to fix it.

import { readFileSync } from 'node:fs';
import type { ErrorObject } from 'ajv';
import { messageOf } from '../../base/system-error.js';
import { ManifestError, type ManifestFault } from './manifest-error.js';
import { hasManifestShape } from './manifest-shape.js';
import type { EnvironmentVariable, Manifest, SettingSchema, ValueSchema } from './model.js';
import { schemaParts } from './schema-parts.js';

/**
 * Reads and checks a manifest file.
 *
 * @throws ManifestError when the file cannot be read, is not JSON or breaks a rule; only the first fault is told.
 */
export function readManifest(file: string | URL): Manifest {
  return checkManifest(parse(readText(file)));
}

/**
 * Gives the value back as a `Manifest`. Costly checks, such as each default against its schema, are left to `costlyManifestFaults`.
 *
 * @throws ManifestError for the first broken rule.
 */
export function checkManifest(value: unknown): Manifest {
  if (!hasManifestShape(value)) {
    const [error] = hasManifestShape.errors ?? [];
    throw new ManifestError(error === undefined ? NOT_A_MANIFEST : shapeFault(error));
  }
  for (const [name, setting] of Object.entries(value.settings.properties)) {
    const fault = settingFault(name, setting, value);
    if (fault !== undefined) {
      throw new ManifestError(fault);
    }
  }
  for (const faults of [environmentFaults(value), eventTypeFaults(value)])
    for (const fault of faults) throw new ManifestError(fault);
  return value;
}

function* environmentFaults({ environment }: Manifest): Generator<ManifestFault, void> {
  const names = environment.map(({ name }) => name);
  for (const [index, variable] of environment.entries()) {
    const { name, minimum, maximum } = variable;
    const path = `environment.${index}`;
    const earlier = names.indexOf(name);
    if (earlier !== index)
      yield { path: `${path}.name`, problem: `${name} is environment.${earlier} too.`, fix: 'Remove one of the two.' };
    if (minimum !== undefined && maximum !== undefined && minimum > maximum)
      yield {
        path,
        problem: `No value of ${name} is possible: minimum is above maximum.`,
        fix: 'Correct one of the two.',
      };
    if (!isAsDeclared(variable)) {
      const problem = `The default of ${name} is none of its values.`;
      yield { path: `${path}.default`, problem, fix: 'Correct the default, or what the variable may be.' };
    }
  }
}

/** Types of events are compared in lower case. */
function* eventTypeFaults({ eventTypes, relayedEventTypes }: Manifest): Generator<ManifestFault, void> {
  const places = [
    ...Object.keys(eventTypes).map((type) => [`eventTypes.${type}`, type] as const),
    ...relayedEventTypes.map((type, index) => [`relayedEventTypes.${index}`, type] as const),
  ];
  for (const [path, type] of places)
    if (type !== type.toLowerCase()) {
      const problem = `No event is of the type ${type}: types are read in lower case.`;
      yield { path, problem, fix: `Write ${type.toLowerCase()}, once.` };
    }
}

/** Whether the default, if there is one, is of the type, among the choices and in the range. Compiling a schema for each would cost the start 10 ms. */
function isAsDeclared({ type, enum: values, minimum, maximum, default: value }: EnvironmentVariable): boolean {
  if (value === undefined) return true;
  if (type !== (typeof value === 'number' && Number.isInteger(value) ? 'integer' : typeof value)) return false;
  if (typeof value === 'string') return values?.includes(value) ?? true;
  return typeof value !== 'number' || (value >= (minimum ?? value) && value <= (maximum ?? value));
}

const NOT_A_MANIFEST = { path: '', problem: 'This is not a manifest.', fix: 'Restore the file from the package.' };

function readText(file: string | URL): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const problem = `The file cannot be read (${messageOf(error)}).`;
    throw new ManifestError({ ...NOT_A_MANIFEST, problem });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const problem = `The file is not JSON (${messageOf(error)}).`;
    throw new ManifestError({ path: '', problem, fix: 'Correct it, or restore the file from the package.' });
  }
}

function shapeFault(error: ErrorObject): ManifestFault {
  const path = error.instancePath.slice(1).replaceAll('/', '.');
  const { missingProperty, additionalProperty, allowedValues, allowedValue, type, pattern } = error.params;
  switch (error.keyword) {
    case 'required':
      return { path, problem: `"${missingProperty}" is missing.`, fix: `Add "${missingProperty}".` };
    case 'additionalProperties':
      return {
        path,
        problem: `"${additionalProperty}" is not known here.`,
        fix: `Remove "${additionalProperty}" or correct its spelling.`,
      };
    case 'enum':
      return { path, problem: 'The value is not known.', fix: `Use one of ${allowedValues.join(', ')}.` };
    case 'const':
      return { path, problem: 'The value is not allowed.', fix: `Write ${JSON.stringify(allowedValue)}.` };
    case 'type':
      return { path, problem: `The value is not of type ${type}.`, fix: `Write a value of type ${type}.` };
    case 'pattern':
      return {
        path,
        problem: 'The string does not have the right form.',
        fix: `Write a string that matches ${pattern}.`,
      };
    default:
      return { path, problem: 'The value is empty.', fix: 'Fill it in.' };
  }
}

function settingFault(name: string, setting: SettingSchema, manifest: Manifest): ManifestFault | undefined {
  const path = `settings.properties.${name}`;
  const { ui } = setting;
  const secret = secretWithDefault(setting, path);
  if (secret !== undefined) {
    return { path: `${secret}.default`, problem: 'A secret has a default.', fix: 'Remove the default.' };
  }
  const { requiredInConfig } = setting;
  const conditions = [
    ['requiredInConfig', requiredInConfig === true ? undefined : requiredInConfig],
    ['ui.showWhen', ui?.showWhen],
  ] as const;
  for (const [at, condition] of conditions)
    if (condition !== undefined && !Object.hasOwn(manifest.settings.properties, condition.setting)) {
      const problem = `There is no setting "${condition.setting}".`;
      return { path: `${path}.${at}.setting`, problem, fix: 'Name a setting of this manifest.' };
    }
  if (requiredInConfig !== undefined && setting.documentOnly)
    return { path: `${path}.requiredInConfig`, problem: 'A Config does not have this setting.', fix: 'Remove it.' };
  if (ui === undefined) {
    return undefined;
  }
  if (!Object.hasOwn(manifest.settingSections, ui.section)) {
    return {
      path: `${path}.ui.section`,
      problem: `There is no section "${ui.section}".`,
      fix: `Use one of ${Object.keys(manifest.settingSections).join(', ')}, or add the section to settingSections.`,
    };
  }
  const needed = missingForField(setting);
  return needed === undefined
    ? undefined
    : { path, problem: `A ${ui.field} cannot show this setting.`, fix: `Add ${needed}, or choose another ui.field.` };
}

/** The path of the first part that is a secret, or has one in it, and yet a default. */
function secretWithDefault(setting: SettingSchema, path: string): string | undefined {
  const isSecret = ([, part]: readonly [string, ValueSchema]) => part.secret === true;
  for (const [at, part] of schemaParts(setting, path)) {
    if (part.default !== undefined && [...schemaParts(part, at)].some(isSecret)) return at;
  }
  return undefined;
}

function missingForField({ ui, ...schema }: SettingSchema): string | undefined {
  switch (ui?.field) {
    case 'singleSelect':
      return schema.enum === undefined || (schema.default ?? ui.default) === undefined
        ? '"enum" and "default" (or ui.default)'
        : undefined;
    case 'tagInput':
      return ui.tagKey === undefined || schema.items?.type !== 'string'
        ? 'ui.tagKey and "items" of type string'
        : undefined;
    case 'mapping':
      return schema.items?.properties === undefined ? '"items" with "properties"' : undefined;
    default:
      return undefined;
  }
}
