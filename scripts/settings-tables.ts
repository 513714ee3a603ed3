// Writes the tables of docs/settings.md: workspace settings and environment variables.

import type { EnvironmentVariable, Manifest, SettingSchema, ValueSchema } from '../src/settings/manifest/model.js';

import { markdownTable } from './markdown-table.js';

const HEAD = ['Name', 'Type', 'Default', 'Description'];

/** Both tables, each under its heading. */
export function settingsTables({ settings, environment }: Manifest): string {
  return [
    '## Workspace settings',
    markdownTable(HEAD, Object.entries(settings.properties).flatMap(settingRows)),
    '## Environment variables',
    markdownTable(HEAD, environment.map(environmentRow)),
  ].join('\n\n');
}

/** The setting's row, and one for each of its parts. */
function settingRows([name, setting]: [string, SettingSchema]): string[][] {
  const only = setting.documentOnly ? ['In settings documents only.'] : [];
  return [row(name, setting, ...only), ...partRows(name, setting)];
}

/** One row for each part of an object, or of each object of a list whose parts have descriptions. */
function partRows(name: string, { properties, items }: ValueSchema): string[][] {
  const own = Object.entries(properties ?? {}).flatMap(([part, schema]) => {
    const path = `${name}.${part}`;
    return [row(path, schema), ...partRows(path, schema)];
  });
  const described = Object.values(items?.properties ?? {}).some(({ description }) => description !== undefined);
  return described && items !== undefined ? [...own, ...partRows(`${name}[]`, items)] : own;
}

function row(name: string, schema: ValueSchema, ...notes: readonly string[]): string[] {
  const isSecret = schema.secret || schema.items?.secret;
  const description = [schema.description ?? [], isSecret ? 'Secret: never logged.' : [], notes].flat().join(' ');
  return [code(name), typeOf(schema), defaultOf(schema), description];
}

function environmentRow(variable: EnvironmentVariable): string[] {
  const description = variable.secret ? `${variable.description} Secret: never logged.` : variable.description;
  return [code(variable.name), typeOf(variable), defaultOf(variable), description];
}

function defaultOf({ default: value }: { readonly default?: unknown }): string {
  return value === undefined ? '' : code(typeof value === 'string' ? value : JSON.stringify(value));
}

function typeOf(schema: ValueSchema): string {
  if (schema.enum !== undefined) {
    return schema.enum.map(code).join(', ');
  }
  switch (schema.type) {
    case 'array':
      return `list of ${schema.maxItems === undefined ? '' : `up to ${schema.maxItems} `}${rowsOf(schema.items)}`;
    case 'integer':
    case 'number':
      return `${schema.type}${rangeOf(schema.minimum, schema.maximum)}`;
    case 'string':
      return schema.maxLength === undefined ? 'string' : `string, at most ${schema.maxLength} characters`;
    default:
      return schema.type;
  }
}

function rowsOf(items: ValueSchema | undefined): string {
  if (items?.enum !== undefined) {
    return items.enum.map(code).join(', ');
  }
  const keys = Object.keys(items?.properties ?? {});
  return keys.length > 0 ? code(`{${keys.join(', ')}}`) : `${items?.type ?? 'value'}s`;
}

function rangeOf(minimum: number | undefined, maximum: number | undefined): string {
  if (minimum === undefined || maximum === undefined) return '';
  return maximum === Number.MAX_SAFE_INTEGER ? `, from ${minimum}` : `, ${minimum} to ${maximum}`;
}

function code(text: string): string {
  return `\`${text}\``;
}
