// Why each step decided what it did, collected only when somebody looks.

/** One decision of one step. */
export interface TraceEntry {
  /** The step: `event-name`, `identifiers`, `metadata` … */
  readonly stage: string;
  /** What was decided, usually the output field and its value. */
  readonly decision: string;
  /** The rule or the input field behind it. */
  readonly why: string;
}

/** Collects the decisions about one event, in order. Pass none on the hot path: `trace?.add()` then costs nothing. */
export class Trace {
  readonly entries: TraceEntry[] = [];

  add(stage: string, decision: string, why: string): void {
    this.entries.push({ stage, decision, why });
  }
}
