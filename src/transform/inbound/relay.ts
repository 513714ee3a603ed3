// Decides whether a message is relayed untouched to Statsig's RudderStack webhook (mode `webhook`).

import type { Filtered, Invalid } from '../../model/conversion.js';
import type { SegmentEvent } from '../../model/segment-event.js';
import type { EventTypes } from '../event-types.js';

/** Why a message is not relayed, or `undefined`. Filters and mappings don't apply: in this mode they live in the Statsig console. */
export function findRelayObstacle(event: SegmentEvent, { relayed }: EventTypes): Filtered | Invalid | undefined {
  const { type } = event;
  if (typeof type !== 'string' || type === '')
    return { kind: 'invalid', code: 'EVENT_TYPE_MISSING', path: 'message.type' };
  if (relayed.has(type.toLowerCase())) return undefined;
  return { kind: 'filtered', reason: 'unsupported_type', detail: `type ${type}` };
}
