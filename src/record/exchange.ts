// What the recorder sees of one request and its response, before anything is scrubbed.

/** One side of an exchange. */
export interface SeenMessage {
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  /** The bytes as they passed, compressed where they were; `undefined` for more than is kept. */
  readonly bytes: Buffer | undefined;
}

/** A request that was answered to its end. */
export interface SeenExchange {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly request: SeenMessage;
  readonly response: SeenMessage & { readonly status: number };
}
