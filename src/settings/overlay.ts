// Reads workspace settings from the Config of a RudderStack destination.

import { isJsonObject, type JsonObject } from '../model/segment-event.js';
import { manifest, type SettingSchema } from './manifest.js';

/** The settings a Config may hold: all but those that belong to a document, and without the keys, which have rules of their own. */
const OVERLAY_SETTINGS = Object.entries(manifest.settings.properties).filter(
  ([, { documentOnly, secret }]) => !documentOnly && !secret,
);

/** RudderStack's forms write numbers as texts and lists as lists of one-key objects. */
function fromForm(value: unknown, schema: SettingSchema): unknown {
  if (schema.type === 'integer' && typeof value === 'string' && /^\d+$/.test(value)) return Number(value);
  const tagKey = schema.ui?.tagKey;
  if (tagKey === undefined || !Array.isArray(value)) return value;
  return value.map((item) => (isJsonObject(item) ? item[tagKey] : item)).filter((item) => item !== '');
}

/** A mapping form keeps a row that no one filled in. */
function withoutEmptyRows(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.filter((row) => !isJsonObject(row) || Object.values(row).some((cell) => cell !== ''));
}

function isUnset(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

/**
 * The settings in a Config, not validated yet. Unset fields (absent, null, empty string) and keys that are no settings, such as RudderStack's consent
 * fields, are left out.
 */
export function readOverlay(config: JsonObject): JsonObject {
  const settings: Record<string, unknown> = {};
  for (const [name, schema] of OVERLAY_SETTINGS) {
    const value = config[name];
    if (!isUnset(value)) settings[name] = withoutEmptyRows(fromForm(value, schema));
  }
  return settings;
}
