// One lane: sends the deliveries of one target of a workspace, in order, when they are due and the target takes them.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { type LaneId, partsOfLane } from '../outbox/lane-id.js';
import type { Settlement } from '../outbox/outbox.js';
import { attemptBatch } from './batch-attempt.js';
import { putBack } from './batch-decision.js';
import type { Circuit, Reading } from './circuit.js';
import { claimRequests, requestsToClaim } from './claim-requests.js';
import type { DeliveryTarget } from './delivery-target.js';
import type { LaneReport } from './dispatcher-options.js';
import { type Attribution, createFaultFinder, putBackRefused } from './fault-finder.js';
import type { Lane, LaneContext } from './lane-contract.js';
import { createLaneHost } from './lane-host.js';
import { createLaneTarget } from './lane-target.js';
import { createLaneWorker, type LaneWorker, type Plan, putBackIfAsleep } from './lane-worker.js';
import { tellOutcomes } from './outcomes.js';
import { type Permit, SLOW_MS } from './permits.js';
import { retryDelay } from './retry-policy.js';
import { settleSurely } from './settle-surely.js';

/** How often a lane without a target looks for what has waited too long. */
const MISSING_LOOK_MS = 60 * 60_000;

/** For so long a lane counts as slow after a slow request, in milliseconds. */
const SLOW_FOR_MS = 60_000;

/** For so long it is remembered that a target refuses what is sent, in milliseconds. */
const AWARE_FOR_MS = 60 * 60_000;

/** @param context shared by all lanes of the dispatcher @param onIdle told when nothing waits in it any more */
export function createLane(lane: LaneId, context: LaneContext, onIdle: () => void): Lane {
  const { outbox, resolve, log, limits, permits, sends, hostRefusals, now, random, after } = context;
  const { workspaceId, target: targetName } = partsOfLane(lane);
  const where = { workspaceId, target: targetName };
  const workers = new Map<LaneWorker, Promise<void>>();
  let closing = false;
  let inFlight = 0;
  let pausedUntil = 0;
  /** Failed requests in a row. */
  let failures = 0;
  /** Times in a row that no request could be made. */
  let faults = 0;
  /** Why there is no target. */
  let missing: string | undefined;
  /** Milliseconds since the epoch. */
  let lookedForOld = 0;
  /** How long the first event of a batch lingers. */
  let lingerMs = limits.batchIntervalMs;
  let fullAt = Number.POSITIVE_INFINITY;
  /** When it was last looked at. */
  let waiting = 0;
  let lastReading: Reading = 'answered';
  /** Milliseconds since the epoch. */
  let slowUntil = 0;
  const finder = createFaultFinder(hostRefusals);
  /** When an event that stood alone was refused last. */
  let refusedAt = 0;
  let problem: string | undefined;

  const ringAll = () => {
    for (const { alarm } of workers.keys()) alarm.ring();
  };
  let circuitStatus: LaneReport['circuit'] = 'closed';
  let lastCircuit: Circuit | undefined;
  const host = createLaneHost(lane, context, () => lastReading === 'failed');
  const laneTarget = createLaneTarget(
    {
      now,
      failuresToOpen: limits.failuresToOpen,
      onChange(status) {
        circuitStatus = status;
        if (status === 'open') log.warn({ ...where, problem }, 'The target takes no events, its deliveries wait');
        if (status === 'closed') log.info(where, 'The target takes events again');
        ringAll();
      },
    },
    () => {
      circuitStatus = 'closed';
      lastReading = 'answered';
      slowUntil = 0;
      pausedUntil = 0;
      finder.reset();
    },
  );

  /** What failed while its host was down is tried anew when the host is back. */
  function circuitOf(target: DeliveryTarget): Circuit {
    if (host.follow(target) && lastReading === 'failed') {
      if (circuitStatus !== 'closed') log.info(where, 'The target takes events again');
      laneTarget.renew();
    }
    lastCircuit = laneTarget.circuitOf(target);
    return lastCircuit;
  }

  function findTarget(): DeliveryTarget | undefined {
    const target = resolve(workspaceId, targetName);
    const before = missing;
    if (!('kind' in target)) {
      missing = undefined;
      return target;
    }
    missing = target.why;
    if (missing !== before)
      log.warn({ ...where, why: missing }, 'Nothing is delivered to this target, the deliveries wait');
    return undefined;
  }

  /** `undefined` when nothing waits. */
  async function plan({ parts }: LaneWorker): Promise<Plan | undefined> {
    const due = parts.length > 0 ? 0 : await outbox.nextDueAt(lane);
    if (due === undefined) return undefined;
    const target = findTarget();
    if (target === undefined) return { at: lookedForOld + MISSING_LOOK_MS, isLingering: false };
    const ownAt = Math.max(circuitOf(target).readyAt, pausedUntil);
    if (ownAt > now())
      return { at: ownAt, isLingering: false, ...(lastReading === 'failed' && { wait: host.onRecovery }) };
    const shared = host.planShared(target);
    if (shared !== undefined) return shared;
    if (parts.length > 0) return { at: ownAt, isLingering: false };
    lingerMs = target.batchIntervalMs ?? limits.batchIntervalMs;
    fullAt = target.maxBatchEvents;
    waiting = outbox.countWaiting(lane);
    return { at: waiting >= fullAt ? due : due + lingerMs, isLingering: true };
  }

  function settle(worker: LaneWorker, settlements: readonly Settlement[]): Promise<boolean> {
    const stopping = () => closing;
    return settleSurely(settlements, { lane, outbox, log, now, random, alarm: worker.alarm, stopping });
  }

  /** Makes sure that the worker has something to send. */
  async function takeParts(
    worker: LaneWorker,
    target: DeliveryTarget,
    circuit: Circuit,
    permit: Permit,
  ): Promise<void> {
    if (worker.parts.length > 0) return;
    if (worker.prefetched.length === 0) {
      const isOpen = circuit.status !== 'closed' || host.isDown;
      const requests = isOpen || permit.wanted ? 1 : requestsToClaim(waiting, target);
      // The request that finds out whether the target is back risks a single event, or some one by one.
      const maxBatchEvents = isOpen ? Math.max(1, finder.depth) : target.maxBatchEvents;
      const limits = { maxBatchEvents, maxBatchBytes: target.maxBatchBytes };
      worker.prefetched = await claimRequests(outbox, lane, now(), limits, requests);
      if (isOpen) {
        worker.parts = worker.prefetched.flat().map((delivery) => [delivery]);
        worker.prefetched = [];
        return;
      }
    }
    worker.parts = worker.prefetched.slice(0, 1);
    worker.prefetched = worker.prefetched.slice(1);
  }

  /** Without a target nothing is claimed to be sent, and what waited too long would never be found out. */
  async function dropExpired(): Promise<void> {
    lookedForOld = now();
    await outbox.settle(putBack(await outbox.claim(lane, now(), 1, 1)));
  }

  const decisionLimits = () => ({
    maxAttempts: limits.maxAttempts,
    retryWindowMs: limits.retryWindowMs,
    failures: failures + 1,
    now: now(),
    random,
  });

  /** Sends one request; while the target is blamed for what it refuses, one after the other until it takes something. */
  async function request(worker: LaneWorker, target: DeliveryTarget, isProbe: boolean): Promise<Attribution> {
    for (;;) {
      const [batch = [], ...rest] = worker.parts;
      const made = await attemptBatch(sends, { target, batch, rest }, decisionLimits);
      const isLast = made.parts.length === 0 && worker.prefetched.length === 0;
      const attribution = finder.attribute(
        { attempted: made, refusedAlone: worker.refusedAlone, isLast, host: target.host },
        decisionLimits(),
      );
      const { attempted, refusedAlone } = attribution;
      worker.refusedAlone = refusedAlone;
      if (attempted.refused !== undefined) refusedAt = now();
      if (
        isProbe &&
        attempted.refused !== undefined &&
        attempted.reading === 'answered' &&
        attempted.parts.length > 0
      ) {
        worker.parts = attempted.parts;
        continue;
      }
      problem = attempted.reading === 'answered' ? attempted.problem : attempted.answer.message;
      return attribution;
    }
  }

  /** Sends through the lane's circuit and its host, which both learn from it. */
  async function sendThrough(circuit: Circuit, send: () => Promise<Attribution>): Promise<Attribution> {
    const { made } = await circuit.run(async () => {
      const made = await host.run(send);
      const { reading } = made.attempted;
      const isOthersFault = reading === 'failed' && circuit.status === 'closed' && host.isDown;
      return { made, reading: isOthersFault ? ('answered' as const) : reading };
    });
    return made;
  }

  /** Where nothing is left of their claim no one would learn more about them. */
  function takeBackRefused(worker: LaneWorker): readonly Settlement[] {
    if (worker.parts.length + worker.prefetched.length > 0 && !closing) return [];
    const { refusedAlone } = worker;
    worker.refusedAlone = [];
    return putBackRefused(refusedAlone);
  }

  /** Sends one request and settles what its answer settles. */
  async function sendRequest(
    worker: LaneWorker,
    permit: Permit,
  ): Promise<'well' | 'not well' | 'held' | 'nothing to send'> {
    const target = findTarget();
    if (target === undefined) {
      await dropExpired();
      return 'not well';
    }
    const circuit = circuitOf(target);
    const readyAt = () => Math.max(circuit.readyAt, host.readyAt);
    if (Math.max(readyAt(), target.readyAt?.() ?? 0) > now()) return 'held';
    await takeParts(worker, target, circuit, permit);
    if (worker.parts.length === 0) return 'nothing to send';
    if (closing || readyAt() > now()) return 'not well';

    inFlight += 1;
    permit.begin();
    const begunAt = now();
    const isProbe = circuit.status !== 'closed';
    const { attempted, rejected } = await sendThrough(circuit, () => request(worker, target, isProbe)).finally(() => {
      inFlight -= 1;
      slowUntil = now() - begunAt > SLOW_MS ? now() + SLOW_FOR_MS : 0;
    });
    lastReading = attempted.reading;
    // Of a host that is down nothing is learned about the lane, and the pause is the host's.
    const isOthersFault = attempted.reading === 'failed' && host.isDown;
    if (!isOthersFault) failures = attempted.reading === 'answered' ? 0 : failures + 1;
    if (!isOthersFault || attempted.isAsked) pausedUntil = Math.max(pausedUntil, attempted.pauseUntil ?? 0);
    // The request that finds out whether the target is back claims anew.
    const isOpen = circuit.status !== 'closed' || host.isDown;
    worker.parts = isOpen ? [] : attempted.parts;
    const settlements = [
      ...rejected.map(({ dead }) => dead),
      ...attempted.settlements,
      ...(isOpen ? putBack(attempted.parts.flat()) : []),
      ...takeBackRefused(worker),
    ];
    if (await settle(worker, settlements)) {
      for (const { dead: settlement, answer } of rejected)
        tellOutcomes(lane, { settlements: [settlement], failed: [], answer }, context);
      tellOutcomes(lane, attempted, context);
    }
    return lastReading === 'answered' && pausedUntil <= now() && !isOpen ? 'well' : 'not well';
  }

  /** Sends requests as long as all is well and no one else wants the permit; what is claimed for more goes back then. */
  async function sendRequests(worker: LaneWorker, permit: Permit): Promise<'done' | 'nothing to send'> {
    try {
      let outcome = await sendRequest(worker, permit);
      while (outcome === 'well' && worker.prefetched.length > 0 && !permit.wanted)
        outcome = await sendRequest(worker, permit);
      // Thousands may have waited for the permit while their host went down: each gives it to the next, and others are to be served in between.
      if (outcome === 'held') await nextTurn();
      return outcome === 'nothing to send' ? outcome : 'done';
    } finally {
      permit.release();
      if (worker.prefetched.length > 0) {
        const prefetched = putBack(worker.prefetched.flat());
        worker.prefetched = [];
        await settle(worker, [...prefetched, ...takeBackRefused(worker)]);
      }
    }
  }

  async function work(worker: LaneWorker): Promise<void> {
    while (!closing) {
      worker.alarm.reset();
      try {
        const next = await plan(worker);
        if (next === undefined) {
          if (worker.alarm.rung) continue;
          break;
        }
        if (next.at > now()) {
          await worker.sleepUntil(next);
          continue;
        }
        const slow = lastReading !== 'answered' || host.isDown || slowUntil > now();
        const permit = await permits.take({ owner: workspaceId, slow });
        if (permit === undefined) break;
        const outcome = await sendRequests(worker, permit);
        faults = 0;
        // Another worker was faster, or what waited has expired.
        if (outcome === 'nothing to send') {
          await worker.sleepUntil({ at: now() + limits.batchIntervalMs, isLingering: true });
        }
      } catch (error) {
        faults += 1;
        problem = error instanceof Error ? error.message : String(error);
        log.error({ ...where, problem }, 'Cannot send, the deliveries wait');
        pausedUntil = now() + retryDelay({ attempts: faults, retryAfter: undefined, now: now(), random });
        if (closing) break;
        worker.alarm.reset();
        await worker.sleepUntil({ at: pausedUntil, isLingering: false });
      }
    }
    const left = putBack(worker.parts.flat());
    worker.parts = [];
    await settle(worker, [...left, ...takeBackRefused(worker)]);
    workers.delete(worker);
    if (workers.size === 0 && !closing) onIdle();
  }

  function startWorkers(): void {
    while (!closing && workers.size < limits.maxConcurrentPerLane) {
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
    wake() {
      ringAll();
      startWorkers();
    },
    async putBackIdle() {
      for (const worker of workers.keys()) await putBackIfAsleep(worker, outbox);
      ringAll();
      startWorkers();
    },
    async close() {
      closing = true;
      ringAll();
      await Promise.all(workers.values());
    },
    get isIdle() {
      return workers.size === 0;
    },
    get heldUntil() {
      return Math.max(pausedUntil, slowUntil, finder.isAware ? refusedAt + AWARE_FOR_MS : 0, lastCircuit?.readyAt ?? 0);
    },
    report() {
      const why = missing ?? problem ?? host.problem;
      return {
        lane,
        ...where,
        circuit: circuitStatus === 'closed' ? host.status : circuitStatus,
        inFlight,
        ...(pausedUntil > now() && { pausedUntil }),
        ...(why !== undefined && { problem: why }),
      };
    },
  };
}
