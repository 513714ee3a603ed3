// The target of one lane: where its requests go and whether that place takes any.

import type { CompiledWorkspace } from '../../workspace/compiled-workspace.js';
import { type Circuit, type CircuitOptions, createCircuit } from './circuit.js';

/** Finds the circuit of the lane's target. */
export type CircuitOf = (workspace: CompiledWorkspace) => Circuit;

/**
 * Another URL or another key is another target: whoever mends the settings does not wait for the circuit of the old one.
 *
 * @param onNewTarget told when the target is not the one before
 */
export function createLaneTarget(options: CircuitOptions, onNewTarget: () => void): CircuitOf {
  let current: { readonly url: string; readonly key: string | undefined; readonly circuit: Circuit } | undefined;
  return (workspace) => {
    const url = workspace.eventsEndpoint;
    const key = workspace.secretKey?.reveal();
    if (current === undefined || current.url !== url || current.key !== key) {
      if (current !== undefined) onNewTarget();
      current = { url, key, circuit: createCircuit(options) };
    }
    return current.circuit;
  };
}
