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

/** The keys that lead to a field, from the top. */
export type FieldPath = readonly string[];

/** Where a field of the output, or an object with all of its fields, comes from. */
export interface Origin {
  /** The field in the output. */
  readonly to: FieldPath;
  /** The fields of the input that it is made of. None where a setting, a constant or a clock decided it. */
  readonly from: readonly FieldPath[];
  /** The rule, the setting or the field behind it. */
  readonly why: string;
  /** Of an event that becomes several things: which one it is. Default: all of them have it. */
  readonly output?: string;
}

/** Collects the decisions about one event, in order. Pass none on the hot path: `trace?.add()` then costs nothing. */
export class Trace {
  readonly entries: TraceEntry[] = [];
  /** Of each field of the output. Of several about one field the last counts. */
  readonly origins: Origin[] = [];
  #input: unknown;

  add(stage: string, decision: string, why: string): void {
    this.entries.push({ stage, decision, why });
  }

  /** What the paths of `origins` lead into: the event with what its call adds to it. */
  get input(): unknown {
    return this.#input;
  }

  /** @param event of which the next steps make the output */
  reads(event: unknown): void {
    this.#input = event;
  }

  /** Says what takes work to find out. */
  collect(tell: (trace: this) => void): void {
    tell(this);
  }

  /** Says where a field of the output comes from. What stands below it there stands below it in the one field that it comes from, unless it has an origin of its own. */
  origin(to: FieldPath, why: string, from: readonly FieldPath[] = [], output?: string): void {
    this.origins.push({ to, from, why, ...(output !== undefined && { output }) });
  }
}
