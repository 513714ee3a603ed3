// The library: everything the package exports.

export type { Conversion, Converted, Filtered, FilterReason, Invalid } from './model/conversion.js';
export type { SegmentEvent } from './model/segment-event.js';
export type { CustomValue, StatsigEvent, StatsigUser } from './model/statsig-event.js';
export { Trace, type TraceEntry } from './observe/trace.js';
export { type RunningServer, startServer } from './server.js';
export { convertInbound } from './transform/inbound/index.js';
export { compileWorkspace } from './workspace/compile.js';
export type { CompiledWorkspace } from './workspace/compiled-workspace.js';
export { Secret } from './workspace/secret.js';
export type { WorkspaceSettings } from './workspace/settings.generated.js';
export { findSettingsFaults, type SettingsFault } from './workspace/validate-settings.js';
