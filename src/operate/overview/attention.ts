// What needs attention, the worst first.

import { findDeliveries } from './find-deliveries.js';
import { findEvents, RANK } from './find-events.js';
import { findSettings } from './find-settings.js';
import type { AttentionItem } from './shapes.js';
import type { OverviewState } from './state.js';

/** Items that are shown. */
const MAX_ITEMS = 100;

/** Each with its cause and what to do about it. Nothing in them is secret. */
export function findAttention(state: OverviewState): readonly AttentionItem[] {
  return [...findDeliveries(state), ...findEvents(state), ...findSettings(state)]
    .sort((a, b) => RANK[a.severity] - RANK[b.severity])
    .slice(0, MAX_ITEMS);
}
