// What a lane shares with others: the host that its target is on, and a limit.

import type { EpochMs } from '../base/time.js';
import type { LaneId } from '../outbox/lane-id.js';
import type { Attempted } from './batch-attempt.js';
import type { CircuitStatus } from './circuit.js';
import type { DeliveryTarget } from './delivery-target.js';
import type { Host, HostReading } from './host.js';
import type { LaneContext } from './lane-contract.js';
import type { Plan } from './lane-worker.js';

/** 429 is about the sender, and says that the host is there. */
const TOO_MANY_REQUESTS = 429;

function readHost({ reading, answer: { status, message } }: Attempted): HostReading {
  if (status === undefined) return 'unknown';
  return reading === 'failed' && status !== TOO_MANY_REQUESTS ? { problem: message } : 'answered';
}

/** The host of a lane, while nothing is called the one that is always there. */
export interface LaneHost {
  readonly status: CircuitStatus;
  readonly isDown: boolean;
  /** The time before which nothing may be sent; 0 while it is not down, Infinity while a request finds out. */
  readonly readyAt: EpochMs;
  /** Why nothing can be sent to it; absent while it is not down. */
  readonly problem: string | undefined;
  /** @returns whether the host of the lane's target has come back since this was last asked */
  follow(target: DeliveryTarget): boolean;
  /** What the lane has to wait for beside others; `undefined` when there is nothing. */
  planShared(target: DeliveryTarget): Plan | undefined;
  /** @param ring called when it comes back @returns ends that */
  onRecovery(ring: () => void): () => void;
  /** Does not wait for the end of its pause, unless it was asked since. */
  tryNow(since: EpochMs): void;
  /** Runs a request, from which the host learns. */
  run<T extends { readonly attempted: Attempted }>(request: () => Promise<T>): Promise<T>;
}

/** @param hasFailed whether the lane's last request did: those whose did not find out first, because the others may be to blame themselves */
export function createLaneHost(
  lane: LaneId,
  { hosts, limitRooms, now }: Pick<LaneContext, 'hosts' | 'limitRooms' | 'now'>,
  hasFailed: () => boolean,
): LaneHost {
  let host: Host | undefined;
  let recoveries = 0;
  const readyAt = () => (hasFailed() ? host?.readyAt : host?.readyForOthersAt) ?? 0;
  return {
    get status() {
      return host?.status ?? 'closed';
    },
    get isDown() {
      return host !== undefined && host.status !== 'closed';
    },
    get readyAt() {
      return readyAt();
    },
    get problem() {
      return host?.problem;
    },
    follow(target) {
      const its = target.host === undefined ? undefined : hosts.of(target.host);
      const isBack = its === host && its !== undefined && its.recoveries !== recoveries;
      host = its;
      recoveries = its?.recoveries ?? 0;
      return isBack;
    },
    planShared({ readyAt: limitAt = () => 0, limitName }) {
      const room = host?.room;
      if (room !== undefined && readyAt() > now())
        return { at: Number.POSITIVE_INFINITY, isLingering: false, wait: (ring) => room.enter(ring, !hasFailed()) };
      if (limitAt() <= now()) return undefined;
      if (limitName === undefined) return { at: limitAt(), isLingering: false };
      const { enter } = limitRooms(limitName, limitAt);
      return { at: Number.POSITIVE_INFINITY, isLingering: false, wait: enter };
    },
    onRecovery: (ring) => host?.onRecovery(ring) ?? (() => {}),
    tryNow: (since) => host?.tryNow(since),
    run: (request) =>
      host === undefined ? request() : host.run(lane, hasFailed(), request, ({ attempted }) => readHost(attempted)),
  };
}
