// What the hot path needs to know of a workspace, with every setting already turned into a look-up or a closure.

import type { Secret } from '../base/secret.js';
import type { CompiledAudiences } from './compiled-audiences.js';
import type { EventFilter } from './event-filter.js';
import type { EventNamer, InboundType } from './event-name.js';
import type { EventTypes } from './event-types.js';
import type { IdentifierMapping } from './identifiers.js';
import type { OptOutRules } from './inbound/opt-out.js';
import type { ValuePath } from './value.js';

/** The ID list that `audiencelist` and `record` events of a RudderStack destination change. */
export interface CompiledIdList {
  /** Id of the Statsig segment. Absent: the destination names none. */
  readonly listId?: string;
  /** Name or dotted path of the field that holds an id, within a row of the event. */
  readonly field: string;
  /** Absent: no list can be changed. */
  readonly consoleKey?: Secret;
  /** Base URL without a slash at its end. */
  readonly consoleUrl: string;
}

/** One revision of one workspace's settings, compiled. Immutable. */
export interface CompiledWorkspace {
  /** Name for logs and metrics. */
  readonly id: string;
  readonly mode: 'events' | 'webhook';
  /** Pushed events are shown instead of sent: there is no key, and none was lost. */
  readonly isDryRun: boolean;
  /** What was pushed waits, because the settings say so. */
  readonly isPaused: boolean;
  /** Absent: no event can be sent. */
  readonly secretKey: Secret | undefined;
  /** Base URL of Statsig's API without a slash at its end. */
  readonly apiUrl: string;
  /** Full URL of log_event. */
  readonly eventsEndpoint: string;
  /** Full URL of Statsig's RudderStack webhook. */
  readonly webhookEndpoint: string;
  readonly eventNamers: Readonly<Record<InboundType, EventNamer>>;
  /** What the code makes of each type. */
  readonly types: EventTypes;
  /** Those of the types that become Statsig events which the settings select. */
  readonly eventTypes: ReadonlySet<string>;
  readonly eventFilter: EventFilter;
  /** What a person may say against us in an event. */
  readonly optOut: OptOutRules;
  readonly identifierMappings: readonly IdentifierMapping[];
  readonly defaultEnvironment: string | undefined;
  readonly environmentMappings: ReadonlyMap<string, string>;
  readonly valuePaths: readonly ValuePath[];
  /** The field that supplied the value stays in the metadata. */
  readonly isValueInMetadata: boolean;
  /** Characters. */
  readonly metadataMaxLength: number;
  readonly maxBatchEvents: number;
  /** Bytes of event JSON. */
  readonly maxBatchBytes: number;
  /** What audience events of Segment change. Absent: audiences are off, as they always are for a RudderStack destination. */
  readonly audiences: CompiledAudiences | undefined;
  readonly idList: CompiledIdList;
}
