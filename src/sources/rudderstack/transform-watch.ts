// What is told of the elements of a transform request while they are at hand, for who shows them to operators.

import type { TransformDecision } from '../../ingest/inbound-line.js';

/** Sees the elements of one request. */
export interface TransformWatch {
  /**
   * Told of each element, and quick: it is on the way of every event.
   *
   * @param message as the sender wrote it
   * @param workspaceId of the settings document that names the destination; empty where none does
   */
  see(message: unknown, result: TransformDecision, workspaceId: string): void;
  /** The request is answered. Without it nothing came of the elements. */
  end(): void;
}

/** Begins to watch a request; `undefined` where nothing is shown. */
export type WatchTransform = (stage: 'processor' | 'router' | 'batch') => TransformWatch | undefined;
