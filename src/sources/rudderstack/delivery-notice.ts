// Says in the log that rudder-server's jobs are given up: it does not log why, and the metrics do not say which key.

import { LogRows } from '../../base/log-rows.js';
import type { Logger } from '../../base/logger.js';
import type { EpochMs } from '../../base/time.js';
import type { DeliveryTally } from './tally.js';

/** What the line repeats of the answer, in characters. */
const MAX_ANSWER = 200;

/** Told what became of the jobs of each request for delivery; logs the first of a row that is given up for one reason. */
export function createDeliveryNotice(log: Logger, now: () => EpochMs): (stage: string, tally: DeliveryTally) => void {
  const rows = new LogRows(now);
  return (stage, tally) => {
    for (const { workspaceId, outcome, reason, verdict, jobs } of tally.counts) {
      if (outcome !== 'failed_delivery') continue;
      const row = rows.begins(`${stage} ${workspaceId} ${reason}`);
      if (row === undefined) continue;
      const fields = { workspace: workspaceId, stage, reason, status: verdict.status, jobs, ...row };
      log.warn({ ...fields, answer: verdict.message.slice(0, MAX_ANSWER) }, "rudder-server's jobs are given up.");
    }
  };
}
