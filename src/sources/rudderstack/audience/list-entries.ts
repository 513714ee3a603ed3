// Packs the changes of one ID list into as few requests as Statsig takes.

import type { ListChanges } from '../../../transform/inbound/list-changes.js';

/** Ids in one request. Statsig takes 100 000, but of a request that fails everything is sent again. */
const MAX_IDS = 1000;

/** A job of rudder-server and what it changes. */
export interface ListJob {
  readonly changes: ListChanges;
  /** Must share its requests with no other job. */
  readonly alone: boolean;
}

/** One call of Statsig's Console API. */
export interface ListRequest {
  readonly method: 'PATCH' | 'DELETE';
  readonly ids: readonly string[];
}

/** Jobs that are delivered together. */
export interface ListEntry<J> {
  readonly jobs: readonly J[];
  /** At least one, in the order in which they are sent. No id is in two of them. */
  readonly requests: readonly ListRequest[];
}

function fits(members: ListChanges, changes: ListChanges): boolean {
  if (members.size + changes.size <= MAX_IDS) return true;
  let size = members.size;
  for (const id of changes.keys()) if (!members.has(id)) size += 1;
  return size <= MAX_IDS;
}

/**
 * With its proxy on, rudder-server goes on after a request of an entry that was refused, and takes the answer to the last one for all. So the one more
 * likely to be refused is the last.
 */
function requestsOf(members: ListChanges): readonly ListRequest[] {
  const requests: ListRequest[] = [];
  for (const [method, enters] of [
    ['DELETE', false],
    ['PATCH', true],
  ] as const) {
    const ids = [...members].filter(([, member]) => member === enters).map(([id]) => id);
    for (let start = 0; start < ids.length; start += MAX_IDS)
      requests.push({ method, ids: ids.slice(start, start + MAX_IDS) });
  }
  return requests;
}

/**
 * Each job is in exactly one entry; of an id the last job in an entry counts. An entry takes jobs one after the other until they change more than
 * 1000 ids; only a job that changes more by itself needs several requests of one kind. As rudder-server sends entries in the order of their lowest job
 * ids, an id that is in two entries ends as its last job says. Those that enter do not get an entry apart from those that leave: a user's jobs must stay
 * in order over the entries (rudder-server).
 *
 * @param jobs of one list, in the order of their ids; each changes at least one id
 */
export function packListEntries<J extends ListJob>(jobs: readonly J[]): readonly ListEntry<J>[] {
  const packed: { readonly jobs: J[]; readonly members: Map<string, boolean> }[] = [];
  let open: (typeof packed)[number] | undefined;
  for (const job of jobs) {
    if (open === undefined || job.alone || !fits(open.members, job.changes)) {
      open = { jobs: [], members: new Map() };
      packed.push(open);
    }
    open.jobs.push(job);
    for (const [id, member] of job.changes) open.members.set(id, member);
    if (job.alone) open = undefined;
  }
  return packed.map(({ jobs: together, members }) => ({ jobs: together, requests: requestsOf(members) }));
}
