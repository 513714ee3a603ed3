// What the route about deletions answers.

/** A deletion that Statsig was asked for. */
export interface DeletionRequest {
  readonly requestId: string;
  /** Empty: no settings document has its key. */
  readonly workspaceId: string;
  /** How many people it names. */
  readonly ids: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /**
   * What Statsig says (`PENDING`, `COMPLETE`, `UNKNOWN`), `UNREACHABLE` when it does not answer, `NO_KEY` when the workspace has no key that it could be asked with any more, `HTTP_403` and the like
   * when it answers something else.
   */
  readonly status: string;
}

/** The deletions. */
export interface DeletionsAnswer {
  /** How many are remembered. */
  readonly total: number;
  /** The newest 50, newest first. */
  readonly requests: readonly DeletionRequest[];
}

/** The route about deletions. */
export interface DeletionsRoutes {
  /** Lists the deletions that Statsig was asked for, and asks Statsig how far they are. */
  readonly deletions: { role: 'read'; answer: DeletionsAnswer };
}
