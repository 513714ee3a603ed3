// Remembers which senders are refused, and why, for as long as an operator may want to know: Segment does not try again what is answered 4xx.

import type { ErrorCode } from '../../base/errors.js';
import type { EpochMs } from '../../base/time.js';

/** One of a row of refusals, as they are told. */
export interface RowOfRefusals {
  /** One of the manifest's paths, or `other`. */
  readonly route: string;
  readonly code: ErrorCode;
  /** Of a workspace that exists; else empty. */
  readonly workspace: string;
  /** Places in the settings where a key stands that was shown at the wrong one. */
  readonly sentIs: readonly string[];
  /** As it was answered, without secrets. */
  readonly message: () => string;
  /** What the log says of it: it takes a while to find. */
  readonly explain: () => Explained;
}

/** What the log says of it; as much of that as is remembered. */
export interface Explained {
  readonly unknownWorkspace?: string;
  readonly nearestWorkspace?: string;
  readonly sent?: readonly string[];
  readonly [field: string]: unknown;
}

/** A row of refusals. */
export interface RefusedSender
  extends Omit<RowOfRefusals, 'message' | 'explain'>,
    Pick<Explained, 'unknownWorkspace' | 'nearestWorkspace' | 'sent'> {
  readonly message: string;
  readonly count: number;
  readonly lastAt: EpochMs;
}

/** Rows that are remembered; the names of all are of settings and code, so that there are few. */
const MAX_ROWS = 200;

/** Milliseconds after which a row is forgotten. */
const ROW_MS = 3_600_000;

/** Milliseconds for which the explanation of one of a row stands for all: strangers can cause as many as they like. */
const EXPLAINED_MS = 10_000;

type Kept = RefusedSender & { readonly explainedAt: EpochMs };

function rememberedOf({ unknownWorkspace, nearestWorkspace, sent }: Explained) {
  return {
    ...(unknownWorkspace !== undefined && { unknownWorkspace }),
    ...(nearestWorkspace !== undefined && { nearestWorkspace }),
    ...(sent !== undefined && { sent }),
  };
}

/** Rows of refusals of the last hour. */
export class RefusedSenders {
  /** By name, those that were told of last at the end. */
  readonly #rows = new Map<string, Kept>();
  readonly #now: () => EpochMs;

  constructor(now: () => EpochMs) {
    this.#now = now;
  }

  readonly note = ({ message, explain, ...row }: RowOfRefusals): void => {
    const at = this.#now();
    const name = [row.route, row.code, row.workspace, ...row.sentIs].join(' ');
    const known = this.#rows.get(name);
    this.#rows.delete(name);
    const isTold = known !== undefined && at - known.explainedAt < EXPLAINED_MS;
    const told = isTold ? known : { ...row, ...rememberedOf(explain()), message: message(), explainedAt: at };
    this.#rows.set(name, { ...told, count: (known?.count ?? 0) + 1, lastAt: at });
    const [oldest] = this.#rows.keys();
    if (this.#rows.size > MAX_ROWS && oldest !== undefined) this.#rows.delete(oldest);
  };

  /** Those of the last hour, the newest first. */
  recent(): readonly RefusedSender[] {
    const now = this.#now();
    return [...this.#rows.values()].filter(({ lastAt }) => now - lastAt < ROW_MS).reverse();
  }
}
