// Tells which settings the Config of a RudderStack destination may hold, and which it must.

import type { Manifest, SettingSchema } from './model.js';

/** All settings, in the manifest's order, but those that make sense in a settings document only. */
export function configSettings(manifest: Manifest): [string, SettingSchema][] {
  return Object.entries(manifest.settings.properties).filter(([, setting]) => !setting.documentOnly);
}

/** A destination can't be saved without it: the only field of the definition that comes with RudderStack. */
const REQUIRED = 'secretKey';

/** Whether a Config must have the setting. */
export function isRequired(name: string): boolean {
  return name === REQUIRED;
}
