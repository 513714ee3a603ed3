// rudder-server's router with proxy delivery: transforms a batch, hands over its requests one by one, and keeps what is to be tried again.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../testkit/random.js';
import { type PushedEvent, toSegmentEvent, UserEvents } from '../torture/torture-events.js';
import type { TortureWorkspace } from '../torture/torture-workspaces.js';
import { makeTraffic, postTo, type Traffic } from './traffic.js';

/** The id of the destination, which the settings document names. */
export const DESTINATION_ID = 'dst-soak';

const USERS = 3;
const MOST_EVENTS = 20;
const REST_MS = 100;
const RETRY_MS = [100, 400] as const;

interface Job {
  readonly event: PushedEvent;
  readonly metadata: { readonly jobId: number; readonly dontBatch?: boolean };
}

interface Entry {
  readonly batchedRequest?: object;
  readonly metadata: readonly Job['metadata'][];
}

interface JobResponse {
  readonly statusCode: number;
  readonly metadata: Job['metadata'];
}

/** What it has delivered, as the torture's judge reads it. */
export interface ProxyTraffic extends Traffic {
  readonly log: { readonly accepted: PushedEvent[]; readonly faults: readonly string[] };
  readonly deadLetters: readonly { readonly id: string; readonly reason: string }[];
}

const REASONS: ReadonlyMap<number, string> = new Map([
  [400, 'rejected'],
  [413, 'too_large'],
]);

function mustBeRetried(status: number): boolean {
  return status >= 500 || status === 429 || status === 408;
}

/** @param workspace whose settings document names the destination */
export function proxy(url: string, workspace: TortureWorkspace, random: Random): ProxyTraffic {
  const users = Array.from(
    { length: USERS },
    (_, n) => new UserEvents(workspace.id, `${workspace.id}/proxy-${n}`, random),
  );
  const accepted: PushedEvent[] = [];
  const deadLetters: { id: string; reason: string }[] = [];
  const faults: string[] = [];
  const destination = { ID: DESTINATION_ID, WorkspaceID: 'ws-soak', Config: {} };
  let made = 0;

  function newJobs(): Job[] {
    const count = random.whole(1, MOST_EVENTS);
    return Array.from({ length: count }, () => random.whole(1, USERS)).flatMap((nth) => {
      const event = users[nth - 1]?.next();
      made += 1;
      return event === undefined ? [] : [{ event, metadata: { jobId: made } }];
    });
  }

  async function transform(jobs: readonly Job[]): Promise<readonly Entry[]> {
    const input = jobs.map(({ event, metadata }) => ({ message: toSegmentEvent(event), metadata, destination }));
    const { status, text } = await postTo(`${url}/routerTransform`, JSON.stringify({ input, destType: 'statsig' }));
    if (status !== 200) throw new Error(`/routerTransform ${status} ${text.slice(0, 300)}`);
    const { output }: { output: readonly Entry[] } = JSON.parse(text);
    return output;
  }

  /** @returns the jobs that are over */
  async function deliver({ batchedRequest, metadata }: Entry, jobs: Map<number, Job>): Promise<void> {
    const body = JSON.stringify({ ...batchedRequest, metadata });
    const { status, text } = await postTo(`${url}/v1/destinations/statsig/proxy`, body);
    if (status !== 200) throw new Error(`proxy ${status} ${text.slice(0, 300)}`);
    const { output }: { output: { response: readonly JobResponse[] } } = JSON.parse(text);
    for (const answer of output.response) {
      const job = jobs.get(answer.metadata.jobId);
      if (job === undefined) throw new Error('an answer to a job that was not sent');
      if (mustBeRetried(answer.statusCode)) {
        jobs.set(job.metadata.jobId, { ...job, metadata: answer.metadata });
        continue;
      }
      jobs.delete(job.metadata.jobId);
      accepted.push(job.event);
      const reason = REASONS.get(answer.statusCode);
      if (reason !== undefined) deadLetters.push({ id: job.event.id, reason });
      else if (answer.statusCode >= 300) faults.push(`a job is answered ${answer.statusCode}`);
    }
  }

  const traffic = makeTraffic('proxy', REST_MS, async (tally) => {
    const jobs = new Map(newJobs().map((job) => [job.metadata.jobId, job]));
    tally.in += jobs.size;
    while (jobs.size > 0) {
      const before = jobs.size;
      for (const entry of await transform([...jobs.values()])) {
        const due = entry.metadata.length;
        const left = jobs.size;
        await deliver(entry, jobs);
        // A user's later events must not overtake those that are tried again.
        if (left - jobs.size < due) break;
      }
      tally.out += before - jobs.size;
      if (jobs.size > 0) await sleep(random.whole(...RETRY_MS));
    }
  });
  return { ...traffic, log: { accepted, faults }, deadLetters };
}
