// Tells which settings the Config of a RudderStack destination may hold, and which it must.

import type { Manifest, SettingSchema } from './model.js';

/** All settings, in the manifest's order, but those that make sense in a settings document only. */
export function configSettings(manifest: Manifest): [string, SettingSchema][] {
  return Object.entries(manifest.settings.properties).filter(([, setting]) => !setting.documentOnly);
}

/** Whether a Config must have the setting, whatever else it has. */
export function isRequired({ requiredInConfig }: SettingSchema): boolean {
  return requiredInConfig === true;
}

/** The event types that RudderStack is to send: all that are of use here or that Statsig gets untouched, but for deletions, which come another way. */
export function messageTypes({ eventTypes, relayedEventTypes }: Manifest): readonly string[] {
  const used = Object.entries(eventTypes).flatMap(([type, fate]) =>
    fate === 'converted' || fate === 'audience' ? [type] : [],
  );
  return [...new Set([...used, ...relayedEventTypes])].sort();
}
