// Deletion of people: here, at Statsig, and how far it is.

import { join } from 'node:path';
import { growingCache } from '../../base/growing-cache.js';
import type { Logger } from '../../base/logger.js';
import type { CompiledWorkspace } from '../../transform/compiled-workspace.js';
import type { DryRunRequest } from '../dry-run.js';
import type { StatedTarget } from '../stated-target.js';
import { createDeleteNow, type DeleteNow } from './delete-now.js';
import { createForget, type Forget, type ForgetDeps } from './forget.js';
import { createRequestLog, type RequestLog } from './request-log.js';
import { askStatuses, type ProjectOf, type ReportedRequest } from './request-status.js';
import { deletionTarget, LOOK_AGAIN_MS } from './target.js';

/** What deletion is made of. */
export interface DeletionsOptions extends ForgetDeps {
  /** Where the log of requests is kept: beside the outbox. */
  readonly directory: string;
  /** The log of requests of all replicas. Default: one in the directory, which is one process's. */
  readonly requests?: RequestLog | undefined;
  /** Milliseconds for one request to Statsig, the answer included. */
  readonly timeoutMs: number;
  /** Milliseconds between two looks at what is under way while a sender waits. Default 1000. */
  readonly lookAgainMs?: number;
  /** Shows what a workspace without a key would have sent. */
  readonly record: (request: DryRunRequest) => void;
  readonly log: Logger;
}

/** The requests Statsig was asked for. */
export interface RequestReport {
  /** How many are remembered. */
  readonly total: number;
  /** The newest 50, newest first. */
  readonly requests: readonly ReportedRequest[];
}

/** Deletes people. */
export interface Deletions {
  /** Where the deletions of a workspace go. */
  targetOf(workspace: CompiledWorkspace): StatedTarget;
  readonly forget: Forget;
  readonly deleteNow: DeleteNow;
  /** Asks Statsig for the status of the newest requests. */
  requests(projectOf: ProjectOf): Promise<RequestReport>;
  /** Waits until the log of requests is written. */
  close(): Promise<void>;
}

/** The log of requests, beside the outbox. */
export const REQUESTS_FILE = 'deletion-requests.jsonl';

/** Requests whose status is asked for at once. */
const MAX_REPORTED = 50;

/** Ids of requests that are known to have been sent. */
const MAX_SENT = 10_000;

/** Nothing is opened or read before it is needed. */
export function createDeletions(options: DeletionsOptions): Deletions {
  const { directory, timeoutMs, now, log, record, lookAgainMs = LOOK_AGAIN_MS } = options;
  const { requests = createRequestLog({ file: join(directory, REQUESTS_FILE), log }) } = options;
  const forget = createForget(options);
  const sent = growingCache<true>(MAX_SENT);
  const asking = { requests, sent, timeoutMs, now, log, forget };
  return {
    targetOf: (workspace) => deletionTarget(workspace, { ...asking, record }),
    forget,
    deleteNow: createDeleteNow({ ...asking, outboxNow: options.outboxNow, lookAgainMs }),
    async requests(projectOf) {
      const { total, requests: newest } = await requests.newest(MAX_REPORTED);
      return { total, requests: await askStatuses(newest, projectOf, timeoutMs) };
    },
    close: () => requests.close(),
  };
}
