// Sends the requests of a lane: claims what one may hold, sends it through the circuit of the target and its host, and settles what the answer says.

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LaneId } from '../outbox/lane-id.js';
import type { Settlement } from '../outbox/outbox.js';
import { attemptBatch } from './batch-attempt.js';
import { putBack } from './batch-decision.js';
import type { Circuit } from './circuit.js';
import { claimRequests, requestsToClaim } from './claim-requests.js';
import type { DeliveryTarget } from './delivery-target.js';
import { type Attribution, type FaultFinder, putBackRefused } from './fault-finder.js';
import type { LaneContext } from './lane-contract.js';
import type { LaneHost } from './lane-host.js';
import type { LaneState } from './lane-state.js';
import { forgetHeld, type LaneWorker } from './lane-worker.js';
import { tellOutcomes } from './outcomes.js';
import type { Permit } from './permits.js';
import { settleSurely } from './settle-surely.js';

/** What sending works with. */
export interface SenderOptions {
  readonly lane: LaneId;
  readonly context: LaneContext;
  readonly state: LaneState;
  readonly host: LaneHost;
  readonly finder: FaultFinder;
  /** The target as the settings are now; `undefined` while there is none. */
  findTarget(): DeliveryTarget | undefined;
  circuitOf(target: DeliveryTarget): Circuit;
  /** Deliveries that waited when somebody looked last. */
  waiting(): number;
  /** The process stops, or the lane is lost. */
  isEnding(): boolean;
  isLost(): boolean;
  /** The outbox says that it is. */
  lose(): void;
  /** Keeps what is known of the target for the next owner of the lane. */
  noteDown(): void;
  /** The lane is held for as long as a request takes. */
  mayBegin(): boolean;
}

/** Sends for the workers of a lane. */
export interface LaneSender {
  /**
   * Sends requests as long as all is well and no one else wants the permit, which it gives back; what was claimed for more goes back then.
   *
   * @throws Error when no request can be made, or the outbox does not do its part
   */
  send(worker: LaneWorker, permit: Permit): Promise<'done' | 'nothing to send'>;
  /** Gives back all that the worker holds, or forgets it where the lane is lost. */
  release(worker: LaneWorker): Promise<void>;
}

/** What came of one request, or of none: `held` by the target, its host, a limit or the lease since the permit was asked for. */
type RequestOutcome = 'well' | 'not well' | 'held' | 'nothing to send';

export function createLaneSender(options: SenderOptions): LaneSender {
  const { lane, context, state, host, finder, findTarget, circuitOf, waiting } = options;
  const { isEnding, isLost, lose, mayBegin, noteDown } = options;
  const { outbox, log, limits, sends, now, random } = context;

  function settle(worker: LaneWorker, settlements: readonly Settlement[]): Promise<boolean> {
    const { alarm } = worker;
    return settleSurely(settlements, { lane, outbox, log, now, random, alarm, isEnding, onLost: lose });
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
      const requests = isOpen || permit.wanted ? 1 : requestsToClaim(waiting(), target);
      // The request that finds out whether the target is back risks a single event, or some one by one.
      const maxBatchEvents = isOpen ? Math.max(1, finder.depth) : target.maxBatchEvents;
      const limits = { maxBatchEvents, maxBatchBytes: target.maxBatchBytes };
      worker.prefetched = await claimRequests(outbox, lane, limits, requests);
      if (isOpen) {
        worker.parts = worker.prefetched.flat().map((delivery) => [delivery]);
        worker.prefetched = [];
        return;
      }
    }
    worker.parts = worker.prefetched.slice(0, 1);
    worker.prefetched = worker.prefetched.slice(1);
  }

  const decisionLimits = () => ({
    maxAttempts: limits.maxAttempts,
    retryWindowMs: limits.retryWindowMs,
    failures: state.failures + 1,
    now: now(),
    random,
  });

  /** Sends one request; while the target is blamed for what it refuses, one after the other until it takes something. */
  async function request(worker: LaneWorker, target: DeliveryTarget, isProbe: boolean): Promise<Attribution> {
    for (;;) {
      const [batch = [], ...rest] = worker.parts;
      const made = await attemptBatch(sends, { lane, target, batch, rest }, decisionLimits);
      const isLast = made.parts.length === 0 && worker.prefetched.length === 0;
      const attribution = finder.attribute(
        { attempted: made, refusedAlone: worker.refusedAlone, isLast, host: target.host },
        decisionLimits(),
      );
      const { attempted, refusedAlone } = attribution;
      worker.refusedAlone = refusedAlone;
      const isRefused = attempted.refused !== undefined;
      if (isRefused) state.refusedAlone(now());
      if (isProbe && isRefused && attempted.reading === 'answered' && attempted.parts.length > 0 && mayBegin()) {
        worker.parts = attempted.parts;
        continue;
      }
      state.explained(attempted);
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
    if (worker.parts.length + worker.prefetched.length > 0 && !isEnding()) return [];
    const { refusedAlone } = worker;
    worker.refusedAlone = [];
    return putBackRefused(refusedAlone);
  }

  /** Sends one request and settles what its answer settles. */
  async function sendRequest(worker: LaneWorker, permit: Permit): Promise<RequestOutcome> {
    const target = findTarget();
    if (target === undefined) {
      // Nothing is claimed to be sent, and what waited too long would never be found out.
      if ((await outbox.settle(putBack(await outbox.claim(lane, 1, 1)))) === 'lost') lose();
      return 'not well';
    }
    const circuit = circuitOf(target);
    const readyAt = () => Math.max(circuit.readyAt, host.readyAt);
    if (Math.max(readyAt(), target.readyAt?.() ?? 0) > now() || !mayBegin()) return 'held';
    await takeParts(worker, target, circuit, permit);
    if (worker.parts.length === 0) return 'nothing to send';
    if (isLost()) forgetHeld(worker);
    if (isEnding() || readyAt() > now() || !mayBegin()) return 'not well';

    state.requestBegan();
    permit.begin();
    const begunAt = now();
    const isProbe = circuit.status !== 'closed';
    const { attempted, rejected } = await sendThrough(circuit, () => request(worker, target, isProbe)).finally(() =>
      state.requestEnded(now(), begunAt),
    );
    if (isLost()) {
      log.warn(
        { lane, answer: attempted.answer.message },
        'The lane was lost while a request was under way: another replica may send its events again',
      );
      return 'not well';
    }
    state.requestRead(attempted, host.isDown);
    noteDown();
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
    return state.goesOn(now()) && !host.isDown ? 'well' : 'not well';
  }

  return {
    async send(worker, permit) {
      try {
        let outcome = await sendRequest(worker, permit);
        while (outcome === 'well' && worker.prefetched.length > 0 && !permit.wanted)
          outcome = await sendRequest(worker, permit);
        // Thousands may have waited for the permit while their host went down: each gives it to the next, and others are to be served in between.
        if (outcome === 'held') await nextTurn();
        return outcome === 'nothing to send' ? outcome : 'done';
      } finally {
        permit.release();
        if (isLost()) forgetHeld(worker);
        if (worker.prefetched.length > 0) {
          const prefetched = putBack(worker.prefetched.flat());
          worker.prefetched = [];
          await settle(worker, [...prefetched, ...takeBackRefused(worker)]);
        }
      }
    },
    async release(worker) {
      if (isLost()) forgetHeld(worker);
      const left = putBack(worker.parts.flat());
      worker.parts = [];
      await settle(worker, [...left, ...takeBackRefused(worker)]);
    },
  };
}
