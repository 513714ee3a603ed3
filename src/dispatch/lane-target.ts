// The circuit of one lane's target: whether that place takes requests.

import { createHash } from 'node:crypto';
import type { LaneNote } from '../outbox/outbox.js';
import { type Circuit, type CircuitOptions, createCircuit } from './circuit.js';
import type { DeliveryTarget } from './delivery-target.js';

/** The circuit of the lane's target. */
export interface LaneTarget {
  circuitOf(target: DeliveryTarget): Circuit;
  /** Forgets what was known of the target. */
  renew(): void;
  /** What the next owner of the lane should know of the circuit; nothing while it is closed. */
  note(): Pick<LaneNote, 'circuit' | 'target'>;
}

/** The identity holds the key. */
function digestOf(identity: string): string {
  return createHash('sha256').update(identity).digest('base64url').slice(0, 16);
}

/**
 * Another URL or another key is another target: anyone who corrects the settings does not wait for the circuit of the old one.
 *
 * @param onNewTarget told when the target is not the one before
 * @param known what another replica has noted of the lane
 */
export function createLaneTarget(options: CircuitOptions, onNewTarget: () => void, known?: LaneNote): LaneTarget {
  let untold = known;
  let current: { readonly identity: string; readonly circuit: Circuit } | undefined;
  return {
    circuitOf({ identity }) {
      if (current === undefined || current.identity !== identity) {
        const isKnown = untold?.target !== undefined && untold.target === digestOf(identity);
        if (current !== undefined || (untold?.target !== undefined && !isKnown)) onNewTarget();
        const opened = isKnown ? untold?.circuit : undefined;
        untold = undefined;
        const circuit = createCircuit({
          ...options,
          opened: opened && { until: opened.openUntil, openings: opened.pauses },
          // A request to the target before may end only now.
          onChange: (status) => current?.circuit === circuit && options.onChange(status),
        });
        current = { identity, circuit };
        if (opened !== undefined) options.onChange(circuit.status);
      }
      return current.circuit;
    },
    renew() {
      current = undefined;
      onNewTarget();
    },
    note() {
      if (current === undefined) return {};
      const { circuit, identity } = current;
      const { readyAt, openings } = circuit;
      // What finds out now may be cut off: then the next owner's request does.
      const openUntil = Number.isFinite(readyAt) ? readyAt : 0;
      return { target: digestOf(identity), ...(openings > 0 && { circuit: { openUntil, pauses: openings } }) };
    },
  };
}
