// Keeps something for each lane, found by its name or by its workspace.

import { type LaneId, partsOfLane } from './lane-id.js';

/** A map from lanes that does not look at all of them to find those of one workspace. */
export class LaneMap<T> {
  readonly #byWorkspace = new Map<string, Map<LaneId, T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: LaneId): T | undefined {
    return this.#byWorkspace.get(partsOfLane(id).workspaceId)?.get(id);
  }

  set(id: LaneId, value: T): void {
    const { workspaceId } = partsOfLane(id);
    const lanes = this.#byWorkspace.get(workspaceId) ?? new Map<LaneId, T>();
    if (lanes.size === 0) this.#byWorkspace.set(workspaceId, lanes);
    if (!lanes.has(id)) this.#size += 1;
    lanes.set(id, value);
  }

  delete(id: LaneId): void {
    const { workspaceId } = partsOfLane(id);
    const lanes = this.#byWorkspace.get(workspaceId);
    if (lanes?.delete(id) !== true) return;
    this.#size -= 1;
    if (lanes.size === 0) this.#byWorkspace.delete(workspaceId);
  }

  /** Of a workspace, or of all. What is set or deleted meanwhile may be missed. */
  *entries(workspaceId?: string): Generator<[LaneId, T]> {
    if (workspaceId !== undefined) yield* this.#byWorkspace.get(workspaceId) ?? [];
    else for (const lanes of this.#byWorkspace.values()) yield* lanes;
  }
}
