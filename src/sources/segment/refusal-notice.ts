// Tells the operator of changes that were refused: Segment reads of an answer to a batch no more than its status.

import { describeError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import { Ongoing } from '../../base/ongoing.js';
import type { Ingested } from '../../ingest/inbound.js';
import { isUnproven } from './respond.js';

/** Told what became of the events of each request; logs the first refusal of each workspace. The others are counted in the metrics. */
export function createRefusalNotice(log: Logger): (results: readonly Ingested[], workspaceId: string) => void {
  const refused = new Ongoing();
  return (results, workspace) => {
    if (results.some(isUnproven) && refused.begins(workspace))
      log.warn({ workspace }, `Changes of lists or deletions are refused. ${describeError('PROOF_INSUFFICIENT')}`);
  };
}
