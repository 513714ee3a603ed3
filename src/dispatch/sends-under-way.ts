// Knows which sends are under way, so that a stop that comes to its deadline can give them up.

import type { Sent } from './delivery-target.js';

/** The sends of one dispatcher. */
export interface SendsUnderWay {
  /** @param send given a signal of its own: one that outlived the call would gather listeners */
  run(send: (signal: AbortSignal) => Promise<Sent>): Promise<Sent>;
  /** Gives up all that are under way and those to come. */
  abort(): void;
}

export function createSendsUnderWay(): SendsUnderWay {
  const underWay = new Set<AbortController>();
  let aborted = false;
  return {
    async run(send) {
      if (aborted) return { kind: 'aborted' };
      const controller = new AbortController();
      underWay.add(controller);
      try {
        return await send(controller.signal);
      } finally {
        underWay.delete(controller);
      }
    },
    abort() {
      aborted = true;
      for (const controller of underWay) controller.abort();
    },
  };
}
