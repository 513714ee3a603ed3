// Delivers what is in the outbox: one lane per workspace, all of them sharing a number of places.
//
// At least once: a request whose answer is lost is sent again, because nobody knows whether Statsig has its events. One that Statsig accepted is not.

import { randomUUID } from 'node:crypto';
import { afterTimeout } from './alarm.js';
import { createBatchSender } from './batch-sender.js';
import { DEFAULT_DISPATCHER_LIMITS, type DispatcherOptions, type DispatcherStatus } from './dispatcher-options.js';
import { createLane, type Lane, type LaneContext } from './lane.js';
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
  const { outbox, record, now = Date.now, random = Math.random, after = afterTimeout, onOutcome = () => {} } = options;
  const limits = { ...DEFAULT_DISPATCHER_LIMITS, ...options.limits };
  const sender = createBatchSender({ sessionId: randomUUID(), timeoutMs: limits.timeoutMs, now, record });
  const slots = createSlots(limits.maxConcurrent);
  const context: LaneContext = { ...options, now, random, after, onOutcome, limits, sender, slots };
  const lanes = new Map<string, Lane>();
  const touched = new Set<string>();
  let soon: NodeJS.Immediate | undefined;
  let running = false;
  let stopped: Promise<void> | undefined;

  function laneOf(workspaceId: string): Lane {
    let lane = lanes.get(workspaceId);
    if (lane === undefined) {
      lane = createLane(workspaceId, context);
      lanes.set(workspaceId, lane);
    }
    return lane;
  }

  /** Appends come in crowds, while the state of all lanes need be asked for once. */
  function tellLanes(): void {
    soon = undefined;
    const waiting = new Map(outbox.status().lanes.map((lane) => [lane.workspaceId, lane.waiting]));
    for (const workspaceId of touched) laneOf(workspaceId).appended(waiting.get(workspaceId) ?? 0);
    touched.clear();
  }

  function wakeAll(): void {
    if (!running) return;
    for (const workspaceId of new Set([...outbox.lanes(), ...lanes.keys()])) laneOf(workspaceId).wake();
  }

  async function finish(deadlineMs: number): Promise<void> {
    running = false;
    if (soon !== undefined) clearImmediate(soon);
    slots.close();
    const cancelAbort = after(deadlineMs, () => sender.abort());
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
      outbox.onAppend((workspaceId) => {
        if (!running) return;
        touched.add(workspaceId);
        soon ??= setImmediate(tellLanes);
      });
      wakeAll();
    },
    wake: wakeAll,
    stop(deadlineMs) {
      stopped ??= finish(deadlineMs);
      return stopped;
    },
    status() {
      return { running, inFlight: slots.taken, lanes: [...lanes.values()].map((lane) => lane.report()) };
    },
  };
}
