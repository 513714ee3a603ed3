// Carries a deletion out while its sender waits.

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { PluginError } from '../../base/errors.js';
import { UnsendableHeaderError } from '../../call/http-request.js';
import type { Verdict } from '../../call/verdict.js';
import { type AskDeps, askStatsig } from './ask-statsig.js';
import type { Forget, ForgetDeps } from './forget.js';
import { MAX_IDS, type StatsigProject } from './request.js';

/** Looks at what is under way until the sender is told to retry: longer than a request may take, and than changes of a list wait for each other as a rule. */
const MAX_LOOKS = 15;

/** What carrying out takes. */
export interface DeleteNowDeps extends AskDeps {
  readonly forget: Forget;
  /** The clock of the outbox, as for forgetting. */
  readonly outboxNow?: ForgetDeps['outboxNow'];
  /** Milliseconds between two looks. */
  readonly lookAgainMs: number;
}

/** A deletion whose sender keeps it until it is carried out. */
export interface DeletionJob {
  readonly project: StatsigProject;
  /** Whose stores and lists are cleaned. */
  readonly workspaceIds: readonly string[];
  readonly userIds: readonly string[];
  /** What the sender calls it; equal when it is sent again. Without one Statsig is asked anew each time. */
  readonly jobId: string | undefined;
}

/**
 * Forgets the users here and asks Statsig.
 *
 * @returns Statsig's verdict: of several requests the first that is no yes
 */
export type DeleteNow = (job: DeletionJob) => Promise<Verdict>;

function retry(message: string): Verdict {
  return { kind: 'retry', status: 503, message };
}

async function carryOut(deps: DeleteNowDeps, job: DeletionJob): Promise<Verdict> {
  const { forget, now, outboxNow, lookAgainMs } = deps;
  const { project, workspaceIds, jobId } = job;
  const userIds = [...new Set(job.userIds)];
  const request = jobId ?? randomUUID();
  const askedAt = (await outboxNow?.()) ?? now();
  const users = userIds.map((userId) => ({ userId, askedAt, request }));
  for (let looks = 1; ; looks += 1) {
    const { underWay, leaving } = await forget(workspaceIds, users);
    if (underWay === 0 && leaving.length === 0) break;
    const why =
      underWay > 0 ? 'Events of these users are being sent now.' : `They have not left ${leaving.join(', ')} yet.`;
    if (looks === MAX_LOOKS) return retry(`${why} Nothing was asked of Statsig yet.`);
    await sleep(lookAgainMs);
  }
  let verdict = retry('no user');
  for (let start = 0; start < userIds.length; start += MAX_IDS) {
    const ids = userIds.slice(start, start + MAX_IDS);
    const sent = await askStatsig(deps, {
      project,
      workspaceId: workspaceIds[0] ?? '',
      userIds: ids,
      requests: [request],
    });
    verdict = sent.kind === 'judged' ? sent.verdict : retry('The call was given up.');
    if (verdict.kind !== 'delivered') break;
  }
  return verdict;
}

/** Never rejects for what the disk or the settings are to blame for: the verdict says it. */
export function createDeleteNow(deps: DeleteNowDeps): DeleteNow {
  return async (job) => {
    try {
      return await carryOut(deps, job);
    } catch (error) {
      if (error instanceof PluginError) return { kind: 'retry', status: error.status, message: error.message };
      if (error instanceof UnsendableHeaderError) return { kind: 'failed', status: 400, message: error.message };
      throw error;
    }
  };
}
