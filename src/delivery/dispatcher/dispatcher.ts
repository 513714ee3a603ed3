// Delivers what is in the outbox: one lane per target of a workspace, all of them sharing a number of places.
//
// At least once: a request whose answer is lost is sent again, because nobody knows whether the target has its events. One that was accepted is not.

import { type LaneId, partsOfLane } from '../outbox/lane-id.js';
import { afterTimeout } from './alarm.js';
import { DEFAULT_DISPATCHER_LIMITS, type DispatcherOptions, type DispatcherStatus } from './dispatcher-options.js';
import { createLane } from './lane.js';
import type { Lane, LaneContext } from './lane-contract.js';
import { createSendsUnderWay } from './sends-under-way.js';
import { createSlots } from './slots.js';

/** After the deadline of a stop, for the outbox to write down what became of the last requests. One whose disk fails may wait for ever. */
const LAST_WRITE_MS = 1_000;

/** Delivers what is in the outbox. */
export interface Dispatcher {
  /** Starts with what waits already; later appends wake it. */
  start(): void;
  /** The settings changed, or a dead letter was put back: looks at every lane again. */
  wake(): void;
  /**
   * Puts back what the lanes of a workspace hold between two tries, so that others find it in the outbox.
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
  const { outbox, now = Date.now, random = Math.random, after = afterTimeout, onOutcome = () => {} } = options;
  const limits = { ...DEFAULT_DISPATCHER_LIMITS, ...options.limits };
  const sends = createSendsUnderWay();
  const slots = createSlots(limits.maxConcurrent);
  const context: LaneContext = { ...options, now, random, after, onOutcome, limits, sends, slots };
  const lanes = new Map<LaneId, Lane>();
  const touched = new Set<LaneId>();
  let soon: NodeJS.Immediate | undefined;
  let running = false;
  let stopped: Promise<void> | undefined;

  function laneOf(id: LaneId): Lane {
    let lane = lanes.get(id);
    if (lane === undefined) {
      lane = createLane(id, context);
      lanes.set(id, lane);
    }
    return lane;
  }

  /** Appends come in crowds, while the state of all lanes need be asked for once. */
  function tellLanes(): void {
    soon = undefined;
    const waiting = new Map(outbox.status().lanes.map((status) => [status.lane, status.waiting]));
    for (const lane of touched) laneOf(lane).appended(waiting.get(lane) ?? 0);
    touched.clear();
  }

  function wakeAll(): void {
    if (!running) return;
    for (const lane of new Set([...outbox.lanes(), ...lanes.keys()])) laneOf(lane).wake();
  }

  async function finish(deadlineMs: number): Promise<void> {
    running = false;
    if (soon !== undefined) clearImmediate(soon);
    slots.close();
    const cancelAbort = after(deadlineMs, () => sends.abort());
    let cancelWait = () => {};
    const waitedLongEnough = new Promise<void>((resolve) => {
      cancelWait = after(deadlineMs + LAST_WRITE_MS, resolve);
    });
    await Promise.race([Promise.all([...lanes.values()].map((lane) => lane.close())), waitedLongEnough]);
    cancelAbort();
    cancelWait();
  }

  return {
    start() {
      if (running || stopped !== undefined) return;
      running = true;
      outbox.onAppend((lane) => {
        if (!running) return;
        touched.add(lane);
        soon ??= setImmediate(tellLanes);
      });
      wakeAll();
    },
    wake: wakeAll,
    async putBackIdle(workspaceId) {
      for (const [id, lane] of lanes) if (partsOfLane(id).workspaceId === workspaceId) await lane.putBackIdle();
    },
    stop(deadlineMs) {
      stopped ??= finish(deadlineMs);
      return stopped;
    },
    status() {
      return { running, inFlight: slots.taken, lanes: [...lanes.values()].map((lane) => lane.report()) };
    },
  };
}
