// Writes the `configSchema` of RudderStack's destination definition: what a destination's Config may hold.

import { configSettings, isRequired } from './config-settings.js';
import type { Manifest, SettingSchema, ValueSchema } from './model.js';
import { consentSchemas, consequence } from './rudderstack-consent.js';
import { fieldPattern } from './rudderstack-pattern.js';

/** JSON Schema (draft-07) of the Config, in the shapes that RudderStack's forms save: numbers as texts, lists as lists of one-key objects. */
export function configSchema(manifest: Manifest): object {
  const { sourceTypes, legacyConsentSourceTypes, connectionModes } = manifest.rudderstack.destination;
  const settings = configSettings(manifest);
  const connectionMode = { type: 'string', enum: connectionModes };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    required: settings.flatMap(([key, setting]) => (isRequired(setting) ? [key] : [])),
    properties: {
      ...Object.fromEntries(settings.map(([key, setting]) => [key, settingSchema(setting, isRequired(setting))])),
      ...consentSchemas(sourceTypes, legacyConsentSourceTypes),
      connectionMode: {
        type: 'object',
        properties: Object.fromEntries(sourceTypes.map((sourceType) => [sourceType, connectionMode])),
      },
    },
    ...requirements(settings),
  };
}

/** What is required under a condition. A Config without the other setting has its default. */
function requirements(settings: readonly [string, SettingSchema][]): object {
  const rules = settings.flatMap(([key, setting]) => {
    const { requiredInConfig: when } = setting;
    if (when === undefined || when === true) return [];
    const other = settings.find(([name]) => name === when.setting)?.[1];
    const isDefault = (other?.ui?.default ?? other?.default) === when.is;
    return [
      {
        if: { properties: { [when.setting]: { const: when.is } }, ...(!isDefault && { required: [when.setting] }) },
        ...consequence({ properties: { [key]: settingSchema(setting, true) }, required: [key] }),
      },
    ];
  });
  return rules.length === 0 ? {} : { allOf: rules };
}

function settingSchema(setting: SettingSchema, required: boolean): object {
  switch (setting.ui?.field) {
    case 'singleSelect':
      return { type: 'string', enum: setting.enum, default: setting.ui.default ?? setting.default };
    case 'checkbox':
      return { type: 'boolean', default: setting.default };
    case 'tagInput':
      return {
        type: 'array',
        items: { type: 'object', properties: { [setting.ui.tagKey ?? '']: tagSchema(setting.items) } },
      };
    default:
      return valueSchema(setting, required);
  }
}

/** A row of a tag field may be empty: the form starts with one. */
function tagSchema(items: ValueSchema | undefined): object {
  return items?.enum === undefined ? { type: 'string' } : { type: 'string', enum: ['', ...items.enum] };
}

function valueSchema(schema: ValueSchema, required: boolean): object {
  if (schema.type === 'array') {
    return { type: 'array', items: valueSchema(schema.items ?? { type: 'string' }, false) };
  }
  if (schema.type === 'object') {
    const properties = Object.entries(schema.properties ?? {}).map(([key, value]) => [key, valueSchema(value, false)]);
    return { type: 'object', properties: Object.fromEntries(properties) };
  }
  if (schema.type === 'boolean') return { type: 'boolean' };
  const pattern = fieldPattern(schema, required);
  return { type: 'string', ...(pattern === undefined ? {} : { pattern }) };
}
