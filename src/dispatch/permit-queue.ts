// Those who wait for a permit: first come, first served within a workspace, and workspaces in turn.

/** Those who wait. Each call costs the same however many they are. */
export interface PermitQueue<T extends { readonly owner: string }> {
  enter(waiter: T): void;
  /** Whether somebody waits who may have a permit. */
  readonly hasNext: boolean;
  /** The same, once a permit of this owner's is given back. */
  hasNextAfter(owner: string): boolean;
  /** Takes out whose turn it is. */
  next(): T | undefined;
  /** The owner may have more permits again. */
  recall(owner: string): void;
  /** Takes out everybody. */
  clear(): readonly T[];
}

/** @param mayHaveMore whether an owner may have another permit now */
export function createPermitQueue<T extends { readonly owner: string }>(
  mayHaveMore: (owner: string) => boolean,
): PermitQueue<T> {
  /** In the order of their turns. */
  const inTurn = new Map<string, Set<T>>();
  /** Of owners who have as many permits as they may. */
  const held = new Map<string, Set<T>>();
  return {
    enter(waiter) {
      const { owner } = waiter;
      const queue = inTurn.get(owner) ?? held.get(owner);
      if (queue !== undefined) queue.add(waiter);
      else inTurn.set(owner, new Set([waiter]));
    },
    get hasNext() {
      for (const [owner, queue] of inTurn) {
        if (mayHaveMore(owner)) return true;
        inTurn.delete(owner);
        held.set(owner, queue);
      }
      return false;
    },
    hasNextAfter(owner) {
      return held.has(owner) || this.hasNext;
    },
    next() {
      if (!this.hasNext) return undefined;
      for (const [owner, queue] of inTurn) {
        inTurn.delete(owner);
        for (const waiter of queue) {
          queue.delete(waiter);
          if (queue.size > 0) inTurn.set(owner, queue);
          return waiter;
        }
      }
      return undefined;
    },
    recall(owner) {
      const queue = held.get(owner);
      if (queue === undefined) return;
      held.delete(owner);
      inTurn.set(owner, queue);
    },
    clear() {
      const all = [...inTurn.values(), ...held.values()].flatMap((queue) => [...queue]);
      inTurn.clear();
      held.clear();
      return all;
    },
  };
}
