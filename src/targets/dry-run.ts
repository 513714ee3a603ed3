// Shows what a workspace without a key would have sent.

import { parseJson } from '../base/json.js';
import type { Logger } from '../base/logger.js';
import type { EpochMs } from '../base/time.js';
import { headersToShow } from '../call/http-request.js';
import type { StatedRequest, StatedTarget } from './stated-target.js';

/** A request that would have been sent if the workspace had a key. Holds nothing secret. */
export interface DryRunRequest {
  readonly workspaceId: string;
  readonly target: string;
  readonly at: EpochMs;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text, before compression. */
  readonly body: string;
  readonly events: number;
}

/** What a dry run needs. */
export interface DryRunOptions {
  readonly now: () => EpochMs;
  /** Told each request. */
  readonly record: (request: DryRunRequest) => void;
}

/** Whose requests are shown, and as which target's. */
export interface DryRunPlace {
  readonly workspaceId: string;
  readonly target: string;
}

/** Shows one request. */
export function showRequest(request: StatedRequest, place: DryRunPlace, { now, record }: DryRunOptions): void {
  const { method, url, body = '', events } = request;
  record({ ...place, at: now(), method, url, headers: headersToShow(request), body, events });
}

/** The target that shows its requests instead of sending them. @param target without what concerns the sending: nothing is called */
export function dryRun(
  target: Omit<StatedTarget, 'send' | 'host' | 'readyAt' | 'limitName'>,
  place: DryRunPlace,
  options: DryRunOptions,
): StatedTarget {
  return {
    ...target,
    async send(part) {
      const stopped = await target.before?.(part);
      if (stopped !== undefined) return stopped;
      const stated = await target.requests(part);
      if ('kind' in stated) return stated;
      for (const request of stated) showRequest(request, place, options);
      return { kind: 'recorded' };
    },
  };
}

/** Writes each request to the log, body and all: there is nothing else a dry run leaves behind. */
export function logDryRun(log: Logger): (request: DryRunRequest) => void {
  return ({ workspaceId, target, method, url, events, body }) =>
    log.info(
      { workspace: workspaceId, target, method, url, events, body: parseJson(body) },
      'dry run: this request would have been sent',
    );
}
