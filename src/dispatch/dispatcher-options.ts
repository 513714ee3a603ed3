// What a dispatcher is given and what it tells.

import type { Logger } from '../base/logger.js';
import type { EpochMs } from '../base/time.js';
import type { LaneId } from '../outbox/lane-id.js';
import type { Delivery, Outbox } from '../outbox/outbox.js';
import type { After } from './alarm.js';
import type { CircuitStatus } from './circuit.js';
import type { DeliveryTarget, NoTarget } from './delivery-target.js';
import type { HostReport } from './host.js';

/** Bounds of a dispatcher. Times in milliseconds. */
export interface DispatcherLimits {
  /** Requests under way in the whole process; at least 1. */
  readonly maxConcurrent: number;
  /** Requests under way for one lane. Only with 1 do the events of a user arrive in order. */
  readonly maxConcurrentPerLane: number;
  /** How long the first event of a batch lingers; a full batch does not wait. */
  readonly batchIntervalMs: number;
  /** Tries until an event may become a dead letter. */
  readonly maxAttempts: number;
  /** How long an event is tried in any case: an outage is not its fault. */
  readonly retryWindowMs: number;
  /** Milliseconds that a request may take: one begins only while its lane is held for longer. */
  readonly requestMs: number;
  /** Failures in a row that open the circuit of a target; and as many lanes that fail in a row, that of a host. */
  readonly failuresToOpen: number;
}

/** Bounds that hold where no one says otherwise. */
export const DEFAULT_DISPATCHER_LIMITS: DispatcherLimits = {
  maxConcurrent: 16,
  maxConcurrentPerLane: 1,
  batchIntervalMs: 1_000,
  maxAttempts: 30,
  retryWindowMs: 86_400_000,
  requestMs: 10_000,
  failuresToOpen: 5,
};

/** What became of deliveries. `delivered` and `dead` are told after they are written down; what is tried again may stay claimed, with nothing to write. */
export interface DeliveryOutcome {
  readonly workspaceId: string;
  readonly target: string;
  readonly kind: 'delivered' | 'retry' | 'dead';
  readonly deliveries: readonly Delivery[];
  /** Of a dead letter. */
  readonly reason?: string;
  /** HTTP status of the answer, or the one that stands for no answer; absent in a dry run. */
  readonly status?: number;
  /** The answer, without anything secret. */
  readonly message: string;
}

/** What a dispatcher is made of. */
export interface DispatcherOptions {
  readonly outbox: Outbox;
  /** Where a lane's deliveries go now, or why they wait. */
  readonly resolve: (workspaceId: string, target: string) => DeliveryTarget | NoTarget;
  readonly log: Logger;
  readonly onOutcome?: (outcome: DeliveryOutcome) => void;
  readonly limits?: Partial<DispatcherLimits>;
  readonly now?: () => EpochMs;
  /** From 0 up to but not including 1. */
  readonly random?: () => number;
  readonly after?: After;
}

/** How one lane stands. */
export interface LaneReport {
  readonly lane: LaneId;
  readonly workspaceId: string;
  readonly target: string;
  readonly circuit: CircuitStatus;
  /** Requests under way. */
  readonly inFlight: number;
  /** Absent unless something holds the lane back. */
  readonly pausedUntil?: EpochMs;
  /** Why the last request failed, or why none can be made; absent when all is well. Holds nothing secret. */
  readonly problem?: string;
}

/** How the dispatcher stands. */
export interface DispatcherStatus {
  readonly running: boolean;
  readonly inFlight: number;
  /** Hosts that do not answer. */
  readonly hosts: readonly HostReport[];
  /** Lanes with something to send, and those whose target is in trouble. */
  readonly lanes: readonly LaneReport[];
}
