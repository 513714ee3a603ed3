// Names what an exposure exposed.

import type { JsonObject } from '../../model/segment-event.js';
import { toText } from '../scalars.js';

/** The gate, else the dynamic config, layer or experiment (Statsig's documentation, Event Webhook, exposures); `undefined` where neither is named. */
export function findExposedName(metadata: JsonObject | undefined): string | undefined {
  return toText(metadata?.gate) ?? toText(metadata?.config);
}
