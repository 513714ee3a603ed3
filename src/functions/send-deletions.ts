// Asks Statsig to delete the people of one invocation. The same ids make the same request, which Statsig recognises: asking again does no harm.

import { partsOf, type Workspace } from '../convert/workspace.js';
import { deletionRequest, MAX_IDS } from '../targets/statsig-deletions/request.js';
import { judgeDeletion } from '../targets/statsig-deletions/verdict.js';
import type { Budget } from './budget.js';
import { callWithin } from './call.js';
import { type Outcome, outcomeOf } from './outcome.js';

/** Somebody who is to be forgotten. */
export interface Forgetting {
  readonly userId: string;
  readonly messageId: string | undefined;
}

/** What became of each, in order. */
export async function sendDeletions(
  people: readonly Forgetting[],
  workspace: Workspace,
  budget: Budget,
): Promise<readonly Outcome[]> {
  const { apiUrl, secretKey } = partsOf(workspace).inbound;
  const parts = Array.from({ length: Math.ceil(people.length / MAX_IDS) }, (_, index) =>
    people.slice(index * MAX_IDS, (index + 1) * MAX_IDS),
  );
  const came = await Promise.all(
    parts.map(async (part) => {
      const userIds = [...new Set(part.map(({ userId }) => userId))];
      const requests = part.flatMap(({ messageId }) => messageId ?? []);
      const answer = await callWithin(deletionRequest({ apiUrl, secretKey, userIds, requests }), budget);
      const outcome = outcomeOf(answer, (said) => judgeDeletion(said, 1), 'retry');
      return part.map(() => outcome);
    }),
  );
  return came.flat();
}
