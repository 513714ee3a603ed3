// The pure functions: both directions, audiences, deletions, signatures. They run where there is no disk and no Node.js: built, this is `statsig-cdp/convert`.

export {
  convertInbound,
  findMembership,
  type InboundDeletion,
  type InboundEvent,
  type InboundMembership,
  type InboundOptions,
  type InboundResult,
} from './convert/inbound.js';
export {
  type AddressedTrackCall,
  convertOutbound,
  type OutboundCalls,
  type OutboundOptions,
  type OutboundResult,
} from './convert/outbound.js';
export {
  type BuiltRequest,
  buildDeletionRequest,
  buildListRequests,
  buildLogEventRequest,
  type LogEventOptions,
} from './convert/requests.js';
export {
  type RawBody,
  type SegmentSignatureOptions,
  type StatsigSignatureOptions,
  type Verification,
  verifySegmentSignature,
  verifyStatsigSignature,
} from './convert/signatures.js';
export { type ParseSettingsOptions, parseSettings, type Workspace } from './convert/workspace.js';
export type { ExposureKey, Filtered, FilterReason, Invalid, MembershipChange } from './model/conversion.js';
export type { CustomValue, StatsigEvent, StatsigUser } from './model/statsig-event.js';
export type { TrackCall } from './model/track-call.js';
export { type DocumentFault, SettingsError } from './settings/settings-error.js';
