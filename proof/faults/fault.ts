// What a fault is: a promise, and a run that shows whether it holds.

/** How a fault is run. */
export interface FaultRun {
  readonly seed: number;
  /** A run of some seconds, for tests. */
  readonly short: boolean;
}

/** What was seen. */
export interface Seen {
  /** Numbers, for people. */
  readonly numbers: readonly string[];
  /** The parts of the promise that did not hold. None is what we want. */
  readonly broken: readonly string[];
}

/** A fault. */
export interface Fault {
  /** As `ONLY` names it. */
  readonly name: string;
  /** What happens. */
  readonly what: string;
  readonly promise: string;
  run(options: FaultRun): Promise<Seen>;
}
