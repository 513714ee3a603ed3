// What /api/audiences answers. Imports nothing of Node's, so that the page shares it.

import type { EpochMs } from '../../base/time.js';

/** A call of Statsig's Console API about one list. */
export interface AudienceCall {
  readonly at: EpochMs;
  /** `look` at the list, `make` it, `add` ids to it, `remove` ids from it. */
  readonly what: 'look' | 'make' | 'add' | 'remove';
  /** How many ids it was about. */
  readonly ids: number;
  /** Absent where no answer came. */
  readonly status?: number;
  /** Its beginning, without anything secret. */
  readonly answer: string;
}

/** One ID list. */
export interface AudienceListRow {
  /** Id of the list in Statsig. */
  readonly listId: string;
  /** The row of `audiences.lists` that names it: key of the audience. */
  readonly audience?: string;
  readonly idType?: string;
  /** Its lane. */
  readonly target: string;
  /** Ids on it: what Statsig said, and what was added and removed since. Absent before it was looked at. */
  readonly size?: number;
  /** Changes that wait. */
  readonly pending: number;
  /** When the oldest of them was accepted. */
  readonly oldestAt?: EpochMs;
  readonly deadLetters: number;
  readonly circuit?: 'closed' | 'open' | 'half-open';
  readonly pausedUntil?: EpochMs;
  /** Why it gets no changes; absent when all is well. */
  readonly problem?: string;
  /** The last since the start, the newest first. */
  readonly calls: readonly AudienceCall[];
}

/** What is left of one of Statsig's limits. */
export interface AudienceLimit {
  readonly calls: number;
  readonly windowMs: number;
  readonly left: number;
}

/** What is left of the limit of a console key, which all workspaces with that key share. */
export interface AudienceBudget {
  readonly limits: readonly AudienceLimit[];
  /** When the next call may be made; absent when at once. */
  readonly readyAt?: EpochMs;
  /** Other workspaces with the same key. */
  readonly sharedWith: readonly string[];
  /** Milliseconds until all that waits for this key is sent, at least: each request takes as many ids as it may, and nothing else uses the limit. */
  readonly drainMs: number;
}

/** The audiences of one workspace. */
export interface AudienceWorkspace {
  readonly workspaceId: string;
  /** Changes are shown in the log instead of made: there is no `consoleKey`. */
  readonly isDryRun: boolean;
  /** Milliseconds that changes of a list wait for each other. */
  readonly windowMs: number;
  readonly maxIdsPerRequest: number;
  readonly createMissing: boolean;
  /** Absent without a `consoleKey`. */
  readonly budget?: AudienceBudget;
  /** Those in trouble first, then those with the most changes that wait. */
  readonly lists: readonly AudienceListRow[];
  /** Lists beyond those that are named. */
  readonly omitted: number;
  /** Why not all lists are known. */
  readonly problem?: string;
}

/** All workspaces that take audiences. */
export interface AudiencesAnswer {
  readonly workspaces: readonly AudienceWorkspace[];
}

/** What is asked. */
export interface AudiencesQuery {
  /** This one alone. */
  readonly workspace?: string;
}

/** The route of audiences. */
export interface AudienceListRoutes {
  /**
   * ID lists by workspace: sizes, changes that wait, the last calls, what is wrong, and what is left of Statsig's limit.
   *
   * @example ?workspace=shop
   */
  readonly audiences: { role: 'read'; query: AudiencesQuery; answer: AudiencesAnswer };
}
