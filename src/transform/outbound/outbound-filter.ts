// Decides by an outbound event's name whether it is sent, and what kind of event it is.

import type { Trace } from '../../base/trace.js';
import type { Filtered } from '../../model/conversion.js';
import { isJsonObject } from '../../model/segment-event.js';
import type { WebhookEvent } from '../../model/webhook-event.js';
import { compileMatcher } from '../event-filter.js';
import { type FindRowUse, unwatched } from '../row-use.js';
import { toText } from '../scalars.js';
import { findExposedName } from './exposure.js';
import { filtered } from './filtered.js';
import { compileLoopGuard } from './loop-guard.js';

/** Kinds of outbound events; those of exposures and config changes are Statsig's event names without `statsig::`. */
export type EventCategory =
  | 'gate_exposure'
  | 'config_exposure'
  | 'layer_exposure'
  | 'experiment_exposure'
  | 'holdout_exposure'
  | 'config_change'
  | 'custom_event';

/** The category of an event that passes, or why it does not. */
export type OutboundFilter = (eventName: string, event: WebhookEvent, trace?: Trace) => EventCategory | Filtered;

/** The settings of `outbound` that look at an event's name; defaults are filled in. */
export interface OutboundFilterSettings {
  readonly eventCategories: readonly EventCategory[];
  /** Names in which `*` matches any characters. */
  readonly includeEvents: readonly string[];
  readonly excludeEvents: readonly string[];
  readonly includeNewEvents: boolean;
  /** The workspace's own `eventNamePrefix`. */
  readonly inboundPrefix: string | undefined;
}

interface KnownName {
  readonly category: EventCategory;
  /** What the event's name in the lists begins with: `gate`. */
  readonly kind: string;
}

/** Statsig's event names (Statsig's documentation, Event Webhook). */
const KNOWN_NAMES: ReadonlyMap<string, KnownName> = new Map([
  ['statsig::gate_exposure', { category: 'gate_exposure', kind: 'gate' }],
  ['statsig::config_exposure', { category: 'config_exposure', kind: 'config' }],
  ['statsig::layer_exposure', { category: 'layer_exposure', kind: 'layer' }],
  ['statsig::experiment_exposure', { category: 'experiment_exposure', kind: 'experiment' }],
  ['statsig::holdout_exposure', { category: 'holdout_exposure', kind: 'holdout' }],
  ['statsig::config_change', { category: 'config_change', kind: 'config_change' }],
]);

function isInternal(eventName: string): boolean {
  return eventName.startsWith('statsig::') || eventName.startsWith('auto_capture::');
}

/** The name that the lists know an event by. */
function listedName({ category, kind }: KnownName, { metadata }: WebhookEvent): string {
  const fields = isJsonObject(metadata) ? metadata : {};
  // With the colon even without a name, so that `config_change:*` means every config change.
  if (category === 'config_change') return `${kind}:${toText(fields.name) ?? ''}`;
  const exposed = findExposedName(fields);
  return exposed === undefined ? kind : `${kind}:${exposed}`;
}

/** Compiles the rules of docs/outbound.md from the loop guard to the lists of names, in their order. */
export function compileOutboundFilter(settings: OutboundFilterSettings, useOf: FindRowUse = unwatched): OutboundFilter {
  const { includeNewEvents } = settings;
  const findOrigin = compileLoopGuard(settings.inboundPrefix);
  const categories: ReadonlySet<EventCategory> = new Set(settings.eventCategories);
  const included = compileMatcher(settings.includeEvents, useOf('outbound.includeEvents'));
  const excluded =
    settings.excludeEvents.length === 0
      ? undefined
      : compileMatcher(settings.excludeEvents, useOf('outbound.excludeEvents'));

  return (eventName, event, trace) => {
    const origin = findOrigin(eventName, event);
    if (origin !== undefined) return filtered('loop', 'loop', origin, trace);
    trace?.add('loop', 'no loop', 'neither eventName nor statsigMetadata.sdkType is of a CDP');

    const known = KNOWN_NAMES.get(eventName);
    const category = known?.category ?? 'custom_event';
    if (known === undefined && isInternal(eventName) && included(eventName) === undefined)
      return filtered('category', 'internal_event', eventName, trace);
    if (!categories.has(category)) return filtered('category', 'event_category_not_selected', category, trace);
    trace?.add('category', category, 'eventName');

    if (excluded !== undefined) {
      const name = known === undefined ? eventName : listedName(known, event);
      const excluding = excluded(name);
      if (excluding !== undefined) {
        trace?.add('name', 'matches', `outbound.excludeEvents ${excluding}`);
        return filtered('name', 'event_excluded', name, trace);
      }
    }
    if (known !== undefined || includeNewEvents) return category;
    const including = included(eventName);
    if (including === undefined) return filtered('name', 'event_not_included', eventName, trace);
    trace?.add('name', 'included', `outbound.includeEvents ${including}`);
    return category;
  };
}
