// What the routes about the outbox take and answer.

/** What is to be forgotten. */
export interface DropBody {
  /** Id of the settings document, or the one that its events came by. */
  readonly workspace: string;
  /** As /readyz names them: `statsig`, or the name of an outbound target. */
  readonly target: string;
}

/** What was forgotten. */
export interface DropAnswer {
  /** Events. */
  readonly dropped: number;
  /** Events that are still there: the disk took no more, or they came meanwhile. Drop again. */
  readonly left: number;
}

/** Whether there was anything to say. */
export interface AcknowledgeAnswer {
  readonly acknowledged: boolean;
}

/** The routes about what is kept for delivery. */
export interface OutboxRoutes {
  /** Says that damage of the outbox has been seen. It is not told of any more. */
  readonly acknowledgeDamage: { role: 'write'; answer: AcknowledgeAnswer };
  /**
   * Forgets all that waits for a target that nothing is delivered to any more: one that the settings do not name, or that is paused.
   *
   * @example {"workspace":"shop","target":"statsig"}
   */
  readonly dropWaiting: { role: 'write'; body: DropBody; answer: DropAnswer; errors: 'TARGET_IN_FORCE' };
}
