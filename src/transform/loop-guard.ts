// Recognises events that came out of Statsig, so that they don't go back in.

import { isJsonObject, type SegmentEvent } from '../model/segment-event.js';

/**
 * The field that shows that Statsig made the event, or `undefined`. Statsig's outbound events carry `context.library.name` "statsig", and its own
 * event names start with `statsig::` (Statsig's documentation, Segment integration, outbound event schema).
 */
export function findStatsigOrigin(event: SegmentEvent): string | undefined {
  if (typeof event.event === 'string' && event.event.startsWith('statsig::')) return 'event';
  const { context } = event;
  if (!isJsonObject(context) || !isJsonObject(context.library)) return undefined;
  return context.library.name === 'statsig' ? 'context.library.name' : undefined;
}
