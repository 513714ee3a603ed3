// Sees an event arrive at a running process.

/** What became of an event, or why that is not known. */
export type Arrival =
  /** It came. @see LiveOutcome */
  | {
      readonly kind: 'arrived';
      readonly outcome: string;
      /** Id of the settings document that it was for; absent where it was for none. */
      readonly workspace?: string;
      readonly note?: string;
    }
  /** A request of its kind was refused. */
  | { readonly kind: 'refused'; readonly note: string }
  /** No process runs that could be asked, or it keeps no live log. */
  | { readonly kind: 'no-process'; readonly note: string }
  /** It did not come in time. */
  | { readonly kind: 'nothing' };

/** Which event is waited for. */
export interface ExpectedEvent {
  readonly workspace: string;
  /** Whose protocol it comes by, in the words of the live log. */
  readonly protocol: string;
  readonly messageId: string;
  /** Milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Looks at a running process. */
export interface Arrivals {
  /**
   * Watches, then has the event sent, then waits.
   *
   * @param send called once it is watched, or once it is clear that no one can watch
   */
  expect(event: ExpectedEvent, send: () => Promise<void>): Promise<Arrival>;
}
