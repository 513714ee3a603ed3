// The library: everything the package exports.

export { Secret } from './base/secret.js';
export { Trace, type TraceEntry } from './base/trace.js';
export {
  createStatsigCdp,
  type Router,
  type ServedPaths,
  type StatsigCdp,
  type StatsigCdpOptions,
} from './library/create.js';
export type {
  ConvertedNotice,
  DeadNotice,
  DeliveredNotice,
  EventDirection,
  EventProtocol,
  EventsNotice,
  FilteredNotice,
  Listener,
  Notices,
  RefusedEventsNotice,
  RefusedNotice,
  RefusedRequestNotice,
} from './library/hooks.js';
export type { Conversion, Converted, Filtered, FilterReason, Invalid } from './model/conversion.js';
export type { SegmentEvent } from './model/segment-event.js';
export type { CustomValue, StatsigEvent, StatsigUser } from './model/statsig-event.js';
export { type RunningServer, startServer } from './server/server.js';
export { compileWorkspace } from './settings/compile.js';
export type { WorkspaceSettings } from './settings/settings.generated.js';
export { findSettingsFaults, type SettingsFault } from './settings/validate-settings.js';
export type { CompiledWorkspace } from './transform/compiled-workspace.js';
export { convertInbound } from './transform/inbound/index.js';
