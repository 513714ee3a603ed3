// Tries one batch once: sends it and turns what came back into a decision.

import type { CompiledWorkspace } from '../../workspace/compiled-workspace.js';
import type { Verdict } from '../statsig/verdict.js';
import { counted, type Decision, type DecisionLimits, decide, type Part, putBack } from './batch-decision.js';
import type { BatchSender } from './batch-sender.js';

/** What to try. */
export interface Attempt {
  readonly workspace: CompiledWorkspace;
  readonly batch: Part;
  /** Parts of the same claim that come after it. */
  readonly rest: readonly Part[];
}

/** What a try came to: the decision, and what was answered. */
export interface Attempted extends Decision {
  readonly answer: Pick<Verdict, 'message'> & Partial<Pick<Verdict, 'status'>>;
}

/** @throws Error when no request can be made of the workspace; the message holds nothing secret */
export async function attemptBatch(
  sender: BatchSender,
  { workspace, batch, rest }: Attempt,
  limits: () => DecisionLimits,
): Promise<Attempted> {
  const sent = await sender.send(workspace, batch);
  switch (sent.kind) {
    case 'judged': {
      const { verdict, retryAfter } = sent;
      return { ...decide({ sent: batch, rest, verdict, retryAfter }, limits()), answer: verdict };
    }
    case 'recorded': {
      const settlements = batch.map((delivery) => ({ kind: 'delivered' as const, delivery }));
      return { settlements, failed: [], parts: rest, reading: 'answered', answer: { message: 'dry run' } };
    }
    case 'aborted': {
      const settlements = putBack([...counted(batch), ...rest.flat()]);
      return {
        settlements,
        failed: [],
        parts: [],
        reading: 'failed',
        answer: { message: 'stopped before an answer came' },
      };
    }
  }
}
