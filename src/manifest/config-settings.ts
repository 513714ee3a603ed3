// Tells which settings the Config of a RudderStack destination may hold.

import type { Manifest, SettingSchema } from './model.js';

/** All settings, in the manifest's order, but those that make sense in a settings document only. */
export function configSettings(manifest: Manifest): [string, SettingSchema][] {
  return Object.entries(manifest.settings.properties).filter(([, setting]) => !setting.documentOnly);
}
