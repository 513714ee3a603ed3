// The circuit of one lane's target: whether that place takes requests.

import { type Circuit, type CircuitOptions, createCircuit } from './circuit.js';
import type { DeliveryTarget } from './delivery-target.js';

/** The circuit of the lane's target. */
export interface LaneTarget {
  circuitOf(target: DeliveryTarget): Circuit;
  /** Forgets what was known of the target. */
  renew(): void;
}

/**
 * Another URL or another key is another target: anyone who corrects the settings does not wait for the circuit of the old one.
 *
 * @param onNewTarget told when the target is not the one before
 */
export function createLaneTarget(options: CircuitOptions, onNewTarget: () => void): LaneTarget {
  let current: { readonly identity: string; readonly circuit: Circuit } | undefined;
  return {
    circuitOf({ identity }) {
      if (current === undefined || current.identity !== identity) {
        if (current !== undefined) onNewTarget();
        const circuit = createCircuit({
          ...options,
          // A request to the target before may end only now.
          onChange: (status) => current?.circuit === circuit && options.onChange(status),
        });
        current = { identity, circuit };
      }
      return current.circuit;
    },
    renew() {
      current = undefined;
      onNewTarget();
    },
  };
}
