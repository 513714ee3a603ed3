// Recognises events that came out of Statsig, so that they don't go back in.

import { fieldOf, type SegmentEvent } from '../model/segment-event.js';

/**
 * The field that shows that Statsig made the event, or `undefined`. Statsig's outbound events carry `context.library.name` "statsig", and its own
 * event names start with `statsig::` (Statsig's documentation, Segment integration, outbound event schema). Ours carry `context.integration.name` as well, which stays
 * where an SDK on the way names itself as the library.
 */
export function findStatsigOrigin(event: SegmentEvent): string | undefined {
  if (typeof event.event === 'string' && event.event.startsWith('statsig::')) return 'event';
  const { context } = event;
  if (fieldOf(fieldOf(context, 'library'), 'name') === 'statsig') return 'context.library.name';
  return fieldOf(fieldOf(context, 'integration'), 'name') === 'statsig' ? 'context.integration.name' : undefined;
}
