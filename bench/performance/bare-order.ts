// What the process with the bare SDK is told.

/** An order. */
export interface BareOrder {
  /** Where it sends to. */
  readonly host: string;
  /** Track calls as they were on the wire; each is sent again and again with ids of its own. */
  readonly calls: readonly object[];
  readonly events: number;
  /** Makes the ids of this order its own. */
  readonly run: string;
}
