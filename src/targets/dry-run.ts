// Shows what a workspace without a Statsig key would have sent.

import type { Logger } from '../base/logger.js';
import type { DryRunRequest } from '../dispatch/dispatcher-options.js';

/** Writes each request to the log, body and all: there is nothing else a dry run leaves behind. */
export function logDryRun(log: Logger): (request: DryRunRequest) => void {
  return ({ workspaceId, target, method, url, events, body }) =>
    log.info(
      { workspace: workspaceId, target, method, url, events, body: JSON.parse(body) },
      'dry run: this request would have been sent',
    );
}
