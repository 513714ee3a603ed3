// Knows which sends are under way, so that a stop that comes to its deadline can give them up, and a lane that was lost its own.

import type { LaneId } from '../outbox/lane-id.js';
import type { Sent } from './delivery-target.js';

/** The sends of one dispatcher. */
export interface SendsUnderWay {
  /** @param send given a signal of its own: one that outlived the call would gather listeners */
  run(lane: LaneId, send: (signal: AbortSignal) => Promise<Sent>): Promise<Sent>;
  /** Gives up those of a lane that are under way. */
  abortLane(lane: LaneId): void;
  /** Gives up all that are under way and those to come. */
  abort(): void;
}

export function createSendsUnderWay(): SendsUnderWay {
  const underWay = new Map<AbortController, LaneId>();
  let aborted = false;
  return {
    async run(lane, send) {
      if (aborted) return { kind: 'aborted' };
      const controller = new AbortController();
      underWay.set(controller, lane);
      try {
        return await send(controller.signal);
      } finally {
        underWay.delete(controller);
      }
    },
    abortLane(lane) {
      for (const [controller, of] of underWay) if (of === lane) controller.abort();
    },
    abort() {
      aborted = true;
      for (const controller of underWay.keys()) controller.abort();
    },
  };
}
