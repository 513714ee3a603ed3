// What differs between the event types that become Statsig events.

import type { FieldPath } from '../../base/trace.js';
import type { SegmentEvent } from '../../model/segment-event.js';
import type { InboundType } from '../event-name.js';
import type { MetadataBuilder } from '../metadata.js';

/** The rules of one event type. */
export interface InboundRules {
  readonly type: InboundType;
  /** The fields that may have the event's own name, the strongest first. */
  readonly namePlaces: readonly FieldPath[];
  /** The event's own name, or `undefined` where it has none. */
  findName(event: SegmentEvent): string | undefined;
  /** True where an event without a name is an error. */
  readonly nameRequired: boolean;
  /** The name that the workspace's event filter sees. */
  filterName(name: string | undefined): string;
  /** Adds the event's remaining fields. */
  collectMetadata(event: SegmentEvent, metadata: MetadataBuilder): void;
}
