// What becomes of one event: the three answers a converter can give. Data never throws.

import type { InvalidEventCode } from '../base/errors.js';
import type { EpochMs } from '../base/time.js';
import type { Notes } from './notes.js';
import type { StatsigEvent } from './statsig-event.js';
import type { CallFormat, TrackCall } from './track-call.js';

/** Why an event is deliberately not sent. The list is closed: it is a metric label. */
export type FilterReason =
  | 'unsupported_type'
  | 'identify_without_audience'
  | 'computed_trait'
  | 'event_type_not_selected'
  | 'event_not_included'
  | 'event_excluded'
  | 'loop'
  | 'consent_missing'
  | 'integration_off'
  | 'no_audience_id'
  | 'internal_event'
  | 'event_category_not_selected'
  | 'environment_not_selected'
  | 'no_identity'
  | 'default_rule'
  | 'anonymous'
  | 'not_sampled'
  | 'exposure_repeated';

/** Not sent on purpose; no error. */
export interface Filtered {
  readonly kind: 'filtered';
  readonly reason: FilterReason;
  /** The part of the event the rule looked at, for the reader. */
  readonly detail: string;
}

/** Cannot be sent: the event or its settings are wrong. */
export interface Invalid {
  readonly kind: 'invalid';
  readonly code: InvalidEventCode;
  /** Path of the field at fault, from the top of what the sender sent: `message.event`. */
  readonly path: string;
  /** What is wrong with it, where the code alone doesn't say. */
  readonly detail?: string;
}

/** Ready to send. */
export interface Converted {
  readonly kind: 'converted';
  readonly event: StatsigEvent;
  readonly notes: Notes | undefined;
}

export type Conversion = Converted | Filtered | Invalid;

/** One id that enters or leaves an ID list. */
export interface MembershipChange {
  /** Id of the Statsig segment. */
  readonly listId: string;
  /** Its id type: `userID`, `stableID`, `companyID`… */
  readonly idType: string;
  readonly id: string;
  readonly member: boolean;
  /** Of several changes of an id the newest counts. */
  readonly time: EpochMs;
}

/** An event that changes an ID list. */
export interface MembershipConverted {
  readonly kind: 'membership';
  readonly change: MembershipChange;
  readonly notes?: Notes;
}

export type MembershipConversion = MembershipConverted | Filtered | Invalid;

/** One call that an outbound event becomes. */
export interface OutboundCall {
  readonly format: CallFormat;
  readonly call: TrackCall;
}

/** Tells whether an exposure says anything new. 43 and 22 characters. */
export interface ExposureKey {
  /** Equal for exposures of the same unit to the same thing. */
  readonly key: string;
  /** Equal for those of a key with the same result. */
  readonly value: string;
}

/** Ready to go to each target. */
export interface OutboundConverted {
  readonly kind: 'converted';
  /** The event's own id, or one made of its content: what the messageIds of its calls begin with. */
  readonly eventId: string;
  /** At least one. */
  readonly calls: readonly OutboundCall[];
  /** Of an exposure that is sent once per window. */
  readonly exposure?: ExposureKey;
  readonly notes?: Notes;
}

export type OutboundConversion = OutboundConverted | Filtered | Invalid;
