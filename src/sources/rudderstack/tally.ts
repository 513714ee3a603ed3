// Counts what became of the events or jobs of one request, so that the metrics are touched once per request and not once per event.

import type { InvalidEventCode } from '../../base/errors.js';
import { refusalReason, type Verdict } from '../../call/verdict.js';
import { NoteCounts } from '../../ingest/tally-notes.js';
import type { FilterReason } from '../../model/conversion.js';
import type { Notes } from '../../model/notes.js';

/** As much of a result as is counted. */
type Counted =
  | { readonly kind: 'ready'; readonly workspace: { readonly id: string }; readonly notes: Notes | undefined }
  | { readonly kind: 'filtered'; readonly reason: FilterReason }
  | { readonly kind: 'invalid'; readonly code: InvalidEventCode };

/** What became of the events of one workspace. */
export class EventCounts {
  converted = 0;
  readonly filtered = new Map<FilterReason, number>();
  readonly invalid = new Map<InvalidEventCode, number>();
  /** Oddities by the id of the workspace, which is the destination's where no document names it. */
  readonly notes = new Map<string, NoteCounts>();

  note(workspaceId: string, notes: Notes): void {
    const counts = this.notes.get(workspaceId) ?? new NoteCounts();
    this.notes.set(workspaceId, counts);
    counts.add(notes);
  }

  /** Events counted. */
  get total(): number {
    let total = this.converted;
    for (const count of this.filtered.values()) total += count;
    for (const count of this.invalid.values()) total += count;
    return total;
  }
}

/** Counts of one request, by the ids of settings documents; what no document names stands under the empty id. */
export class EventTally {
  readonly workspaces = new Map<string, EventCounts>();
  #lastId: string | undefined;
  #last = new EventCounts();

  add(result: Counted, workspaceId: string): void {
    const counts = this.#countsOf(workspaceId);
    if (result.kind === 'ready') {
      counts.converted += 1;
      if (result.notes !== undefined) counts.note(result.workspace.id, result.notes);
    } else if (result.kind === 'filtered')
      counts.filtered.set(result.reason, (counts.filtered.get(result.reason) ?? 0) + 1);
    else counts.invalid.set(result.code, (counts.invalid.get(result.code) ?? 0) + 1);
  }

  /** Most events of a request are of the workspace of the one before. */
  #countsOf(workspaceId: string): EventCounts {
    if (workspaceId === this.#lastId) return this.#last;
    const counts = this.workspaces.get(workspaceId) ?? new EventCounts();
    this.workspaces.set(workspaceId, counts);
    this.#lastId = workspaceId;
    this.#last = counts;
    return counts;
  }

  /** Events counted. */
  get total(): number {
    let total = 0;
    for (const counts of this.workspaces.values()) total += counts.total;
    return total;
  }
}

/** What became of jobs, in the words of Segment's Delivery Overview. */
export type DeliveredAs = 'delivered' | 'pending_retry' | 'failed_delivery';

function deliveredAs({ kind }: Verdict): DeliveredAs {
  if (kind === 'delivered') return 'delivered';
  return kind === 'retry' || kind === 'isolate' ? 'pending_retry' : 'failed_delivery';
}

/** Jobs that fared alike. */
export interface JobCounts {
  readonly workspaceId: string;
  readonly outcome: DeliveredAs;
  /** Why they were not delivered; empty where they were. */
  readonly reason: string;
  /** What the target said to the first of them, with its status. */
  readonly verdict: Verdict;
  jobs: number;
}

/** Counts of the jobs of one request for delivery. */
export class DeliveryTally {
  readonly #counts = new Map<string, JobCounts>();

  /** @param workspaceId of the settings document that names the job's destination; empty where none does */
  add(verdict: Verdict, workspaceId: string): void {
    const outcome = deliveredAs(verdict);
    const reason = outcome === 'delivered' ? '' : refusalReason(verdict);
    const key = `${workspaceId} ${outcome} ${reason}`;
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { workspaceId, outcome, reason, verdict, jobs: 1 });
    else known.jobs += 1;
  }

  get counts(): Iterable<JobCounts> {
    return this.#counts.values();
  }
}
