// One lane: sends the deliveries of one target of a workspace, in order, when they are due and the target takes them.

import { messageOf } from '../base/system-error.js';
import type { EpochMs } from '../base/time.js';
import { type LaneId, partsOfLane } from '../outbox/lane-id.js';
import type { Circuit } from './circuit.js';
import type { DeliveryTarget } from './delivery-target.js';
import { createFaultFinder } from './fault-finder.js';
import type { Lane, LaneContext } from './lane-contract.js';
import { createLaneHost } from './lane-host.js';
import { createLaneSender } from './lane-sender.js';
import { LaneState } from './lane-state.js';
import { createLaneTarget } from './lane-target.js';
import { createLaneWorker, forgetHeld, type LaneWorker, type Plan, putBackIfAsleep } from './lane-worker.js';
import { retryDelay } from './retry-policy.js';

/** How often a lane without a target looks for what has waited too long. */
const MISSING_LOOK_MS = 60 * 60_000;

/** Beside the time of a request: until it has begun, and until what it answers is written down. */
const HELD_MARGIN_MS = 1_000;

/** How often it is looked whether the lane is held for long enough again. */
const HELD_LOOK_MS = 1_000;

/** For so long the settings of this process may know nothing of a target before another replica, whose settings may be newer, may have its lane. */
const UNKNOWN_MS = 10_000;

/** @param context shared by all lanes of the dispatcher @param onIdle told when nothing waits in it any more */
export function createLane(lane: LaneId, context: LaneContext, onIdle: () => void): Lane {
  const { outbox, resolve, log, limits, permits, hostRefusals, sends, now, random, after } = context;
  const { workspaceId, target: targetName } = partsOfLane(lane);
  const where = { workspaceId, target: targetName };
  const workers = new Map<LaneWorker, Promise<void>>();
  const state = new LaneState();
  const finder = createFaultFinder(hostRefusals);
  let closing = false;
  let lost = false;
  let unknownSince: EpochMs | undefined;
  let lookedForOld: EpochMs = 0;
  /** How long the first event of a batch lingers. */
  let lingerMs = limits.batchIntervalMs;
  let fullAt = Number.POSITIVE_INFINITY;
  /** When it was last looked at. */
  let waiting = 0;
  let lastCircuit: Circuit | undefined;
  /** What may have changed since the target or its host took nothing, and when; until a request has found out. */
  let news: { readonly kind: 'settings' | 'redelivered'; readonly at: EpochMs } | undefined;

  const ringAll = () => {
    for (const { alarm } of workers.keys()) alarm.ring();
  };
  const host = createLaneHost(lane, context, () => state.hasFailed);
  const known = outbox.noteOf(lane);
  let isNoted = known !== undefined;
  if (known !== undefined) state.restore(known, now());
  const laneTarget = createLaneTarget(
    {
      now,
      failuresToOpen: limits.failuresToOpen,
      onChange(status) {
        state.circuitChanged(status);
        const problem = state.lastProblem;
        if (status === 'open') log.warn({ ...where, problem }, 'The target takes no events, its deliveries wait');
        if (status === 'closed') log.info(where, 'The target takes events again');
        ringAll();
      },
    },
    () => {
      state.targetRenewed();
      finder.reset();
    },
    known,
  );

  /** For the replica that has the lane next. */
  function noteDown(): void {
    const pausedUntil = state.pausedUntil > now() ? state.pausedUntil : 0;
    const { failures } = state;
    const isWell = pausedUntil === 0 && failures === 0 && state.circuit === 'closed';
    if (lost || (isWell && !isNoted)) return;
    isNoted = !isWell;
    outbox.note(lane, isWell ? undefined : { pausedUntil, failures, ...laneTarget.note() });
  }

  const mayBegin = () => outbox.heldUntil(lane) > now() + limits.requestMs + HELD_MARGIN_MS;

  function lose(): void {
    if (lost) return;
    lost = true;
    for (const worker of workers.keys()) {
      forgetHeld(worker);
      worker.alarm.ring();
    }
    sends.abortLane(lane);
  }

  /** What failed while its host was down is tried anew when the host is back. */
  function circuitOf(target: DeliveryTarget): Circuit {
    if (host.follow(target) && state.hasFailed) {
      if (state.circuit !== 'closed') log.info(where, 'The target takes events again');
      laneTarget.renew();
    }
    lastCircuit = laneTarget.circuitOf(target);
    return lastCircuit;
  }

  function findTarget(): DeliveryTarget | undefined {
    const target = resolve(workspaceId, targetName);
    if (!('kind' in target)) {
      state.targetFound();
      unknownSince = undefined;
      return target;
    }
    const { why, isUnknown } = target;
    unknownSince = isUnknown ? (unknownSince ?? now()) : undefined;
    if (state.targetMissing(why))
      log.warn({ ...where, why }, 'Nothing is delivered to this target, the deliveries wait');
    return undefined;
  }

  /** A single request finds out: were all sent at once, a key that is wrong still would make dead letters of them. */
  function heedNews(circuit: Circuit): void {
    if (news === undefined) return;
    const { kind, at } = news;
    news = undefined;
    if (kind === 'redelivered' || circuit.status !== 'closed') state.pausedTo(0);
    circuit.tryNow();
    host.tryNow(at);
  }

  const sender = createLaneSender({
    ...{ lane, context, state, host, finder, findTarget, circuitOf },
    waiting: () => waiting,
    isEnding: () => closing || lost,
    isLost: () => lost,
    lose,
    noteDown,
    mayBegin,
  });

  /** `undefined` when nothing waits. */
  async function plan({ parts }: LaneWorker): Promise<Plan | undefined> {
    const due = parts.length > 0 ? 0 : await outbox.nextDueAt(lane);
    if (due === undefined) return undefined;
    const target = findTarget();
    if (target === undefined) {
      const at = lookedForOld + MISSING_LOOK_MS;
      if (at <= now()) lookedForOld = now();
      // A lane that only this process can have stays.
      if (unknownSince === undefined || outbox.heldUntil(lane) === Number.POSITIVE_INFINITY)
        return { at, isLingering: false };
      if (unknownSince + UNKNOWN_MS <= now()) {
        unknownSince = now();
        await outbox.release(lane);
      }
      return { at: Math.min(at, unknownSince + UNKNOWN_MS), isLingering: false };
    }
    if (!mayBegin()) return { at: now() + HELD_LOOK_MS, isLingering: false };
    const circuit = circuitOf(target);
    heedNews(circuit);
    const ownAt = Math.max(circuit.readyAt, state.pausedUntil);
    if (ownAt > now()) return { at: ownAt, isLingering: false, ...(state.hasFailed && { wait: host.onRecovery }) };
    const shared = host.planShared(target);
    if (shared !== undefined) return shared;
    if (parts.length > 0) return { at: ownAt, isLingering: false };
    lingerMs = target.batchIntervalMs ?? limits.batchIntervalMs;
    fullAt = target.maxBatchEvents;
    waiting = outbox.countWaiting(lane);
    // The one event that finds out fills no batch.
    const isProbe = circuit.status !== 'closed' || host.isDown;
    return { at: isProbe || waiting >= fullAt ? due : due + lingerMs, isLingering: true };
  }

  /** Sends one request after the other, or sleeps. @returns false when there is nothing more to do */
  async function step(worker: LaneWorker): Promise<boolean> {
    const next = await plan(worker);
    if (next === undefined) return worker.alarm.rung;
    if (next.at > now()) {
      await worker.sleepUntil(next);
      return true;
    }
    const permit = await permits.take({ owner: workspaceId, slow: host.isDown || state.mayBeSlow(now()) });
    if (permit === undefined) return false;
    const sent = await sender.send(worker, permit);
    state.requestMade();
    // Another worker was faster, or what waited has expired.
    if (sent === 'nothing to send') await worker.sleepUntil({ at: now() + limits.batchIntervalMs, isLingering: true });
    return true;
  }

  async function rest(worker: LaneWorker, error: unknown): Promise<void> {
    const problem = messageOf(error);
    const attempts = state.requestFaulted(problem);
    log.error({ ...where, problem }, 'Cannot send, the deliveries wait');
    const at = now() + retryDelay({ attempts, retryAfter: undefined, now: now(), random });
    state.pausedTo(at);
    noteDown();
    if (closing || lost) return;
    worker.alarm.reset();
    await worker.sleepUntil({ at, isLingering: false });
  }

  async function work(worker: LaneWorker): Promise<void> {
    let isBusy = true;
    while (isBusy && !closing && !lost) {
      worker.alarm.reset();
      try {
        isBusy = await step(worker);
      } catch (error) {
        await rest(worker, error);
      }
    }
    await sender.release(worker);
    workers.delete(worker);
    if (workers.size === 0 && !closing) onIdle();
  }

  function startWorkers(): void {
    while (!closing && !lost && workers.size < limits.maxConcurrentPerLane) {
      const worker = createLaneWorker(now, after);
      workers.set(worker, work(worker));
    }
  }

  return {
    appended(waiting) {
      for (const { alarm, sleep } of workers.keys()) {
        // No one is woken for one more event of a batch that isn't full, or in a pause.
        const isNews = sleep === undefined || (sleep.isLingering && sleep.at > now() + lingerMs);
        if (isNews || (sleep?.isLingering && waiting >= fullAt)) alarm.ring();
      }
      startWorkers();
    },
    wake(at) {
      news ??= { kind: 'settings', at };
      ringAll();
      startWorkers();
    },
    tryNow(at) {
      news = { kind: 'redelivered', at };
      ringAll();
      startWorkers();
    },
    async putBackIdle() {
      for (const worker of workers.keys()) await putBackIfAsleep(worker, outbox);
      ringAll();
      startWorkers();
    },
    lose,
    get isLost() {
      return lost;
    },
    async close() {
      closing = true;
      ringAll();
      await Promise.all(workers.values());
    },
    get isIdle() {
      return workers.size === 0;
    },
    get knowsUntil() {
      return Math.max(state.keptUntil(finder.isAware), lastCircuit?.readyAt ?? 0);
    },
    report() {
      const problem = state.problem ?? host.problem;
      const { circuit, inFlight } = state;
      // The circuit of a lane that lets one request through to find out is ready at no time that is known.
      const times = [state.pausedUntil, lastCircuit?.readyAt ?? 0].filter(Number.isFinite);
      const pausedUntil = Math.max(...times);
      return {
        lane,
        ...where,
        circuit: circuit === 'closed' ? host.status : circuit,
        inFlight,
        ...(pausedUntil > now() && { pausedUntil }),
        ...(problem !== undefined && { problem }),
      };
    },
  };
}
