// Delivers what is in the outbox: one lane per target of a workspace, all of them sharing a number of permits.
//
// At least once: a request whose answer is lost is sent again, because no one knows whether the target has its events. One that was accepted is not.

import { messageOf } from '../base/system-error.js';
import type { EpochMs } from '../base/time.js';
import { afterReading } from '../call/deadline.js';
import type { LaneId } from '../outbox/lane-id.js';
import { LaneMap } from '../outbox/lane-map.js';
import { afterTimeout } from './alarm.js';
import { DEFAULT_DISPATCHER_LIMITS, type DispatcherOptions, type DispatcherStatus } from './dispatcher-options.js';
import { createHosts } from './host.js';
import { createLane } from './lane.js';
import type { Lane, LaneContext } from './lane-contract.js';
import { createLimitRooms } from './limit-rooms.js';
import { createPermits } from './permits.js';
import { createSendsUnderWay } from './sends-under-way.js';

/** Lanes that are told something in one turn of the event loop: each begins to look at the disk. */
const LANES_PER_TURN = 100;

/** After the deadline of a stop, for the outbox to write down what became of the last requests. One whose disk fails may wait for ever. */
const LAST_WRITE_MS = 1_000;

/** What a lane is told, and when that was. */
interface News {
  readonly kind: 'appended' | 'wake' | 'redelivered';
  readonly at: EpochMs;
}

/** Delivers what is in the outbox. */
export interface Dispatcher {
  /** Starts with what waits already; later appends wake it. */
  start(): void;
  /** The settings changed: looks at the lanes of these workspaces again, or at all. */
  wake(workspaceIds?: Iterable<string>): void;
  /**
   * Puts back what the lanes of a workspace hold between two tries, so that others find it in the outbox; other replicas are asked to.
   *
   * @throws PluginError OUTBOX_UNAVAILABLE
   */
  putBackIdle(workspaceId: string): Promise<void>;
  /**
   * Claims nothing more and waits for requests under way. Those without an answer at the deadline are given up and stay in the outbox. Does not close the
   * outbox. Resolves a second after the deadline at the latest.
   *
   * @param deadlineMs milliseconds from now
   */
  stop(deadlineMs: number): Promise<void>;
  status(): DispatcherStatus;
}

/** Sends nothing before `start`. A dispatcher that was stopped stays so. */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { outbox, log, now = Date.now, random = Math.random, after = afterTimeout, onOutcome = () => {} } = options;
  const limits = { ...DEFAULT_DISPATCHER_LIMITS, ...options.limits };
  const sends = createSendsUnderWay();
  const permits = createPermits(limits.maxConcurrent, now);
  const hosts = createHosts({
    now,
    after,
    lanesToOpen: limits.failuresToOpen,
    onChange(host, status, problem) {
      if (status === 'open') log.warn({ host, problem }, 'The host does not answer, all that is for it waits');
      else log.info({ host }, 'The host answers again');
    },
  });
  const limitRooms = createLimitRooms(now, after);
  const context: LaneContext = {
    ...options,
    now,
    random,
    after,
    onOutcome,
    limits,
    sends,
    permits,
    hosts,
    hostRefusals: new Map(),
    limitRooms,
  };
  const lanes = new LaneMap<Lane>();
  /** Nothing waits in them, and their targets are in trouble. */
  const resting = new Set<LaneId>();
  /** To be told of something new, or to look again. */
  const untold = new Map<LaneId, News>();
  let soon: NodeJS.Immediate | undefined;
  let running = false;
  let stopped: Promise<void> | undefined;

  function laneOf(id: LaneId): Lane {
    let lane = lanes.get(id);
    if (lane === undefined) {
      forgetRested();
      lane = createLane(id, context, () => rest(id));
      lanes.set(id, lane);
    }
    return lane;
  }

  /** Nothing waits in the lane, or it is lost. It is forgotten, unless it knows something of its target that would spare the next event a try in vain. */
  function rest(id: LaneId): void {
    const lane = lanes.get(id);
    if (lane === undefined || !lane.isIdle) return;
    if (lane.knowsUntil > now() && !lane.isLost) {
      resting.add(id);
      return;
    }
    lanes.delete(id);
    // It has come back while its last request was under way.
    if (lane.isLost && running && outbox.heldUntil(id) > now()) tellSoon(id, 'wake');
  }

  /** Two looks for each lane that is made: there are never many more than were made within the longest pause. */
  function forgetRested(): void {
    for (let looks = 0; looks < 2; looks += 1) {
      const [oldest] = resting;
      if (oldest === undefined) return;
      resting.delete(oldest);
      rest(oldest);
    }
  }

  /** Appends come in crowds, and name many lanes at once. */
  function tellLanes(): void {
    soon = undefined;
    let told = 0;
    for (const [id, news] of untold) {
      if (told === LANES_PER_TURN) break;
      told += 1;
      untold.delete(id);
      if (news.kind === 'redelivered') laneOf(id).tryNow(news.at);
      else if (news.kind === 'wake') laneOf(id).wake(news.at);
      else laneOf(id).appended(outbox.countWaiting(id));
    }
    if (untold.size > 0) soon = setImmediate(tellLanes);
  }

  function tellSoon(lane: LaneId, kind: News['kind']): void {
    if (kind === 'redelivered' || !untold.has(lane)) untold.set(lane, { kind, at: now() });
    soon ??= setImmediate(tellLanes);
  }

  async function putBackIdle(workspaceId: string): Promise<void> {
    for (const [, lane] of [...lanes.entries(workspaceId)]) await lane.putBackIdle();
  }

  function wake(workspaceIds: Iterable<string | undefined> = [undefined]): void {
    if (!running) return;
    const at = now();
    for (const workspaceId of workspaceIds) {
      const known = [...lanes.entries(workspaceId)].map(([id]) => id);
      for (const id of [...outbox.lanes(workspaceId), ...known])
        if (untold.get(id)?.kind !== 'redelivered') untold.set(id, { kind: 'wake', at });
    }
    if (soon === undefined) tellLanes();
  }

  async function finish(deadlineMs: number): Promise<void> {
    running = false;
    if (soon !== undefined) clearImmediate(soon);
    permits.close();
    const cancelAbort = after(deadlineMs, () => void afterReading(() => sends.abort()));
    let cancelWait = () => {};
    const waitedLongEnough = new Promise<void>((resolve) => {
      cancelWait = after(deadlineMs + LAST_WRITE_MS, resolve);
    });
    const closed = [...lanes.entries()].map(([, lane]) => lane.close());
    await Promise.race([Promise.all(closed), waitedLongEnough]);
    cancelAbort();
    cancelWait();
  }

  return {
    start() {
      if (running || stopped !== undefined) return;
      running = true;
      outbox.onAppend((lane, origin) => {
        if (running) tellSoon(lane, origin ?? 'appended');
      });
      outbox.onLost((lane) => {
        lanes.get(lane)?.lose();
        rest(lane);
      });
      outbox.onWantedBack((workspaceId) => {
        // It looks again; what cannot be put back now is then.
        putBackIdle(workspaceId).catch((error) =>
          log.warn({ workspaceId, problem: messageOf(error) }, 'Cannot put back what waits for its next try'),
        );
      });
      wake();
    },
    wake,
    async putBackIdle(workspaceId) {
      await outbox.wantBack(workspaceId);
      await putBackIdle(workspaceId);
    },
    stop(deadlineMs) {
      stopped ??= finish(deadlineMs);
      return stopped;
    },
    status() {
      return {
        running,
        inFlight: permits.taken,
        hosts: hosts.report(),
        lanes: [...lanes.entries()].map(([, lane]) => lane.report()),
      };
    },
  };
}
