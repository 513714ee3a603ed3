// What the overview tells, as JSON. Types alone, which the page reads, too.

import type { EpochMs } from '../../base/time.js';

/** Where events are on their way, in the words of Segment's Delivery Overview, and `converted`: taken, with a request of its own to be made of it. */
export type Stage =
  | 'received'
  | 'failed_on_ingest'
  | 'filtered'
  | 'converted'
  | 'delivered'
  | 'pending_retry'
  | 'failed_delivery';

export type StageCounts = Readonly<Record<Stage, number>>;

export type PipelineDirection = 'inbound' | 'outbound';

/** `error`: events are not delivered, or are lost. `warning`: somebody should look. `info`: good to know. */
export type Severity = 'error' | 'warning' | 'info';

/** What an item is about. */
export type AttentionKind =
  | 'refused_sender'
  | 'wrong_key'
  | 'target_down'
  | 'host_down'
  | 'lane_waits'
  | 'dead_letters'
  | 'outbox'
  | 'outbox_full'
  | 'settings_faults'
  | 'settings_missing'
  | 'settings_warning'
  | 'no_settings'
  | 'upstream_down'
  | 'senders_off'
  | 'dry_run'
  | 'paused'
  | 'nothing_received'
  | 'row_unused'
  | 'all_filtered'
  | 'failed_on_ingest'
  | 'odd_events'
  | 'clock'
  | 'history';

/** Something that needs attention, and what to do about it. Holds nothing secret. */
export interface AttentionItem {
  /** The same as long as it is the same trouble. */
  readonly id: string;
  readonly kind: AttentionKind;
  readonly severity: Severity;
  readonly workspace?: string;
  readonly target?: string;
  /** One sentence each. */
  readonly what: string;
  readonly why: string;
  readonly fix: string;
  /** Where on the console it is worked on: `#/dead-letters?workspace=shop`. */
  readonly link: string;
  /** When it was seen last, where that is known. */
  readonly lastAt?: EpochMs;
}

/** One row of the pipeline: the ingest of a workspace, where `target` is empty, or one target. */
export interface PipelineRow {
  /** Empty: destinations of RudderStack that no settings document names. `*`: the workspaces beyond those that have rows of their own. */
  readonly workspace: string;
  readonly direction: PipelineDirection;
  /** All ID lists of a workspace are one target. */
  readonly target: string;
  readonly lastHour: StageCounts;
  readonly last14Days: StageCounts;
}

/** Counts over time: as many of each stage as there are times. */
export interface PipelineSeries {
  /** Milliseconds. */
  readonly stepMs: number;
  /** Where each step begins, the oldest first. */
  readonly at: readonly EpochMs[];
  readonly counts: Readonly<Record<Stage, readonly number[]>>;
}

/** Counts over time, of all rows or of those that were asked for. */
export interface PipelineHistory {
  /** One hour. */
  readonly minutes: PipelineSeries;
  /** 14 days. */
  readonly hours: PipelineSeries;
  /** Where it is kept across restarts; absent where it is not. */
  readonly file?: string;
  /** What is wrong with that. */
  readonly problem?: string;
}

/** An entry of the live log. */
export interface DiscardSample {
  readonly id: string;
  readonly at: EpochMs;
  /** The event's name, as the sender wrote it. */
  readonly event?: string;
  readonly user?: string;
  /** The event as received is known: the tester shows it. */
  readonly hasEvent: boolean;
}

/** Why events did not go on, since the start of the process. */
export interface DiscardReason {
  readonly workspace: string;
  readonly direction: PipelineDirection;
  readonly target: string;
  readonly outcome: Stage | 'duplicate';
  readonly reason: string;
  readonly count: number;
  /** From the live log, the newest first, at most three; none where it is off. */
  readonly samples: readonly DiscardSample[];
}

/** How one lane stands. */
export interface LaneOverview {
  readonly workspace: string;
  readonly target: string;
  readonly waiting: number;
  readonly deadLetters: number;
  readonly oldestAcceptedAt?: EpochMs;
  readonly circuit: 'closed' | 'open' | 'half-open';
  /** Requests under way. */
  readonly inFlight: number;
  /** When its target is tried next; absent unless something holds it back. */
  readonly nextTryAt?: EpochMs;
  readonly problem?: string;
}

/** `starting`: it has not stated its features since the start of this process. */
export type UpstreamState = 'up' | 'down' | 'starting';

/** A host of targets that does not answer. */
export interface HostOverview {
  readonly host: string;
  readonly circuit: 'closed' | 'open' | 'half-open';
  readonly nextTryAt?: EpochMs;
  readonly problem?: string;
}

export interface SettingsOverview {
  /** The file, directory or service. */
  readonly source: string;
  readonly documents: number;
  readonly generation: number;
  /** Of the newest, for which the last good ones are in force. */
  readonly faults: number;
  readonly lastError?: string;
  readonly warnings: readonly string[];
  /** What an edit takes away, in force for a moment more. */
  readonly missing: readonly string[];
}

export interface OutboxOverview {
  readonly state: 'not needed yet' | 'opening' | 'open';
  readonly ok: boolean;
  readonly problem?: string;
  /** Bytes of waiting events, and how many they may have. */
  readonly bytes: number;
  readonly maxBytes: number;
  readonly waiting: number;
  readonly deadLetters: number;
  readonly diskBytes?: number;
  readonly deadLetterBytes?: number;
  /** The numbers are those of before, or unknown: the disk cannot be read. */
  readonly counts?: 'last known' | 'unknown';
}

/** Calls that the Console API takes of one key in an interval. */
export interface RateBudgetOverview {
  /** Those that share the key. */
  readonly workspaces: readonly string[];
  readonly limits: readonly { readonly calls: number; readonly windowMs: number; readonly left: number }[];
  /** When the next call may be made, where that is not now. */
  readonly readyAt?: EpochMs;
}

/** What the command shows, on one screen. */
export interface StatusAnswer {
  readonly at: EpochMs;
  readonly startedAt: EpochMs;
  readonly version: string;
  readonly ready: boolean;
  readonly attention: readonly AttentionItem[];
  /** At most twenty: those whose targets take nothing, then those that wait longest. */
  readonly lanes: readonly LaneOverview[];
  readonly laneCount: number;
  readonly lanesOpen: number;
  readonly hosts: readonly HostOverview[];
  readonly settings: SettingsOverview;
  /** Absent: there is none. */
  readonly upstream?: { readonly state: UpstreamState };
  readonly outbox: OutboxOverview;
  /** Where the routes for senders outside are served. */
  readonly senders: { readonly servedOn: string; readonly reason?: string };
  /** Workspaces that send nothing, because they have no key. */
  readonly dryRun: readonly string[];
  readonly paused: readonly string[];
}

/** The whole page. */
export interface OverviewAnswer extends StatusAnswer {
  readonly pipeline: readonly PipelineRow[];
  readonly history: PipelineHistory;
  /** The most frequent first, at most fifty. */
  readonly discards: readonly DiscardReason[];
  readonly rateBudgets: readonly RateBudgetOverview[];
}

/** Which rows of the pipeline the history is of. What is absent means all. */
export interface OverviewQuery {
  /** Id of a settings document. @maxLength 100 */
  readonly workspace?: string;
  readonly direction?: PipelineDirection;
  /** As in the pipeline: `statsig`, `statsig-list`. Empty: what was ingested. @maxLength 100 */
  readonly target?: string;
}

/** The routes of the overview. */
export interface OverviewRoutes {
  /**
   * What became of events over the last hour and 14 days, why events did not go on, how lanes, settings, outbox and upstream stand, and what needs attention, the worst first, each item with its fix.
   *
   * @example ?workspace=shop
   */
  readonly overview: { role: 'read'; query: OverviewQuery; answer: OverviewAnswer };
  /** How the process stands, without what became of events: what `statsig-cdp status` shows. */
  readonly status: { role: 'read'; answer: StatusAnswer };
}
