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

const NONE: ReadonlyMap<never, never> = new Map<never, never>();

/** What became of the events of one workspace. Maps are made for the first that they hold: most requests have one event, which is converted and has no oddity. */
export class EventCounts {
  converted = 0;
  #filtered: Map<FilterReason, number> | undefined = undefined;
  #invalid: Map<InvalidEventCode, number> | undefined = undefined;
  #notes: Map<string, NoteCounts> | undefined = undefined;

  get filtered(): ReadonlyMap<FilterReason, number> {
    return this.#filtered ?? NONE;
  }

  get invalid(): ReadonlyMap<InvalidEventCode, number> {
    return this.#invalid ?? NONE;
  }

  /** Oddities by the id of the workspace, which is the destination's where no document names it. */
  get notes(): ReadonlyMap<string, NoteCounts> {
    return this.#notes ?? NONE;
  }

  add(result: Counted): void {
    if (result.kind === 'ready') {
      this.converted += 1;
      if (result.notes !== undefined) this.#note(result.workspace.id, result.notes);
    } else if (result.kind === 'filtered') {
      this.#filtered ??= new Map();
      this.#filtered.set(result.reason, (this.#filtered.get(result.reason) ?? 0) + 1);
    } else {
      this.#invalid ??= new Map();
      this.#invalid.set(result.code, (this.#invalid.get(result.code) ?? 0) + 1);
    }
  }

  #note(workspaceId: string, notes: Notes): void {
    this.#notes ??= new Map();
    const counts = this.#notes.get(workspaceId) ?? new NoteCounts();
    this.#notes.set(workspaceId, counts);
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
  #lastId = '';
  #last: EventCounts | undefined = undefined;

  add(result: Counted, workspaceId: string): void {
    this.#countsOf(workspaceId).add(result);
  }

  /** Most events of a request are of the workspace of the one before. */
  #countsOf(workspaceId: string): EventCounts {
    if (this.#last !== undefined && workspaceId === this.#lastId) return this.#last;
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
