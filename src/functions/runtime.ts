// What the runtimes of Functions and transformations give a script, as far as it is used here. Nothing else may be: neither modules nor timers are documented.

/** An answer of `fetch`. */
export interface FetchAnswer {
  readonly status: number;
  /** Milliseconds that node-fetch gives to the reading of the body, however late the answer began. */
  readonly timeout?: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}

/** What node-fetch 2 takes, which Segment documents as the `fetch` of Functions. */
export interface FetchOptions {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly redirect: 'manual';
  /** Milliseconds for the answer, and again for its body. */
  readonly timeout: number;
  /** Bytes of an answer that are read. */
  readonly size: number;
}

declare global {
  /** Classes of Segment's Functions. What they are thrown for decides whether Segment tries again. */
  var RetryError: ErrorConstructor;
  var ValidationError: ErrorConstructor;
  var InvalidEventPayload: ErrorConstructor;
  var EventNotSupported: ErrorConstructor;
  /** In Source Functions: sends calls to the source that the function is of. */
  var Segment: { track(call: object): unknown };
}

/** Calls by the `fetch` of the runtime, by its name alone: no document says that it is a property of the global object. */
export function fetchOf(url: string, options: FetchOptions): Promise<FetchAnswer> {
  // Here `fetch` has the types of Node's; in the runtime it is node-fetch, which has a timeout.
  return (fetch as unknown as (address: string, how: FetchOptions) => Promise<FetchAnswer>)(url, options);
}
