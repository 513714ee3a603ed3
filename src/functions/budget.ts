// The time that one invocation of a function has.

/** Segment ends an invocation after five seconds and counts it as failed, whatever was done. Below that, what was done can still be told. */
const INVOCATION_MS = 4_000;

/** Less is no use to a request: what would be left of it is an answer that no one waits for. */
const LEAST_MS = 100;

/** The time that is left. */
export interface Budget {
  /** Milliseconds for one more request; `undefined` where none should be begun. */
  left(): number | undefined;
  /** Milliseconds for the body of an answer that has begun. */
  leftForBody(): number;
}

/** Begins with the call. */
export function startBudget(): Budget {
  const end = Date.now() + INVOCATION_MS;
  const left = () => end - Date.now();
  return {
    left: () => (left() < LEAST_MS ? undefined : left()),
    leftForBody: () => Math.max(left(), LEAST_MS),
  };
}
