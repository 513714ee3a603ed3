// How the process stands: what the overview, the command and what needs attention are read from.

import type { EpochMs } from '../../base/time.js';
import type { DeliveryService } from '../../dispatch/delivery-service.js';
import type { OutboxUsage } from '../../outbox/outbox.js';
import type { WorkspaceDocument } from '../../settings/document.js';
import type { StoreStatus } from '../../settings/store.js';
import type { NotedLabel } from '../metrics.js';
import type { CountedSeries } from '../series-counter.js';
import type { ClockJump } from './clock-watch.js';
import type { RefusedSender } from './refused-senders.js';
import type { PipelineRow, UpstreamState } from './shapes.js';
import type { CountedDiscard, Tallies } from './tallies.js';
import type { RefusedKey } from './target-answers.js';

/** A look at the process. Nothing in it is secret but the documents. */
export interface OverviewState {
  readonly at: EpochMs;
  readonly startedAt: EpochMs;
  readonly documents: readonly WorkspaceDocument[];
  readonly settings: StoreStatus;
  readonly delivery: ReturnType<DeliveryService['status']>;
  readonly usage: OutboxUsage | undefined;
  readonly outboxMaxBytes: number;
  readonly upstream: UpstreamState | undefined;
  readonly senders: { readonly servedOn: string; readonly reason?: string; readonly isWanted: boolean };
  /** Since the start. */
  readonly tallies: Tallies;
  readonly noted: readonly CountedSeries<NotedLabel>[];
  readonly rows: readonly PipelineRow[];
  readonly discards: readonly CountedDiscard[];
  readonly refusedKeys: readonly RefusedKey[];
  readonly refusedSenders: readonly RefusedSender[];
  /** Rows of settings that have applied to none of many events. */
  readonly unusedRows: readonly UnusedRow[];
  /** Settings whose `includeEvents` has let nothing through. */
  readonly silenced: readonly Silenced[];
  readonly clockJump: ClockJump | undefined;
  readonly historyProblem: string | undefined;
}

/** A document of which no event was taken since it is in force. */
export interface Silenced {
  readonly workspace: string;
  /** The file. */
  readonly source: string;
  readonly direction: 'inbound' | 'outbound';
  readonly events: number;
}

/** A row of settings that has applied to no event. */
export interface UnusedRow {
  readonly workspace: string;
  /** The file. */
  readonly source: string;
  readonly setting: string;
  readonly row: string;
  /** Events that have come meanwhile. */
  readonly events: number;
}
