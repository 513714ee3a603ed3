// What the hot path needs to know of a workspace, with every setting already turned into a look-up or a closure.

import type { EventFilter } from '../transform/event-filter.js';
import type { EventNamer, InboundType } from '../transform/event-name.js';
import type { IdentifierMapping } from '../transform/identifiers.js';
import type { ValuePath } from '../transform/value.js';
import type { Secret } from './secret.js';

/** One revision of one workspace's settings, compiled. Immutable. */
export interface CompiledWorkspace {
  /** Name for logs and metrics. */
  readonly id: string;
  readonly mode: 'events' | 'webhook';
  /** Absent: no event can be sent. */
  readonly secretKey: Secret | undefined;
  /** Full URL of log_event. */
  readonly eventsEndpoint: string;
  /** Full URL of Statsig's RudderStack webhook. */
  readonly webhookEndpoint: string;
  readonly eventNamers: Readonly<Record<InboundType, EventNamer>>;
  readonly eventTypes: ReadonlySet<string>;
  readonly eventFilter: EventFilter;
  readonly identifierMappings: readonly IdentifierMapping[];
  readonly defaultEnvironment: string | undefined;
  readonly environmentMappings: ReadonlyMap<string, string>;
  readonly valuePaths: readonly ValuePath[];
  /** Characters. */
  readonly metadataMaxLength: number;
  readonly maxBatchEvents: number;
  /** Bytes of event JSON. */
  readonly maxBatchBytes: number;
}
