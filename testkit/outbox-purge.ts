// Takes out of an outbox in memory what concerns somebody, as its contract says.

import type { OutboxUsage } from '../src/outbox/outbox.js';

/** As much of a delivery or a dead letter as is looked at. */
interface Stored {
  readonly workspaceId: string;
  readonly payload: string;
  readonly target: string;
  readonly acceptedAt: number;
}

/** What lies in the outbox, by key. */
interface Contents {
  readonly waiting: Map<string, Stored>;
  readonly dead: Map<string, Stored>;
  /** Being sent: these stay. */
  readonly claimed: { has(key: string): boolean };
}

type Concerns = (payload: string, target: string, acceptedAt: number) => boolean;

/** How many were removed, and how many stay because they are being sent. */
export function purgeContents({ waiting, dead, claimed }: Contents, workspaceId: string, concerns: Concerns) {
  const found = (stored: ReadonlyMap<string, Stored>) =>
    [...stored].flatMap(([key, each]) =>
      each.workspaceId === workspaceId && concerns(each.payload, each.target, each.acceptedAt) ? [key] : [],
    );
  const all = found(waiting);
  const free = all.filter((key) => !claimed.has(key));
  for (const key of free) waiting.delete(key);
  const letters = found(dead);
  for (const key of letters) dead.delete(key);
  return { removed: free.length + letters.length, underWay: all.length - free.length };
}

/** What an outbox without a disk takes on it. */
export const NO_USAGE: OutboxUsage = { diskBytes: 0, deadLetterBytes: 0, droppedDeadLetters: { age: 0, bytes: 0 } };
