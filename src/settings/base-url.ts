// Reads the settings that are base URLs.

import type { WorkspaceSettings } from './settings.generated.js';
import { defaultsAt } from './settings-schema.js';

/** The settings that a path is appended to. */
export type BaseUrlSettings = Pick<WorkspaceSettings, 'eventsUrl' | 'apiUrl' | 'consoleUrl'>;

const DEFAULTS = defaultsAt([]);

/** The base URL without slashes at its end, the manifest's default where the settings have none. */
export function baseUrlOf(settings: BaseUrlSettings, name: keyof BaseUrlSettings): string {
  const url = ({ ...DEFAULTS, ...settings } as Required<BaseUrlSettings>)[name];
  let end = url.length;
  // A regular expression would try a URL of slashes again from each of them.
  while (url.endsWith('/', end)) end -= 1;
  return url.slice(0, end);
}

/** Full URL of log_event. */
export function eventsEndpointOf(settings: BaseUrlSettings): string {
  return `${baseUrlOf(settings, 'eventsUrl')}/v1/log_event`;
}

/** Full URL of Statsig's RudderStack webhook. */
export function webhookEndpointOf(settings: BaseUrlSettings): string {
  return `${baseUrlOf(settings, 'apiUrl')}/v1/webhooks/rudderstack`;
}
