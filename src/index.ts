// The library: everything the package exports.

export type { ErrorCode } from './base/errors.js';
export type { Logger } from './base/logger.js';
export { Trace, type TraceEntry } from './base/trace.js';
export { describeInvalid } from './convert/describe-invalid.js';
export * from './convert.js';
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
export type { MetricsRegistry } from './operate/metrics.js';
export { ProcessSettingsError } from './settings/environment.js';
export { findSettingsFaults, type SettingsFault } from './settings/validate-settings.js';
