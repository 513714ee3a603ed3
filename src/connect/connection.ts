// A way of connecting: it tells what it would do, does it, and takes it back.

import type { Step, StepReport } from './step.js';

/** Told of each step once something came of it. */
export type Report = (report: StepReport) => void;

/** One way of connecting. */
export interface Connection {
  /** Reads only. @throws ConnectError */
  plan(): Promise<readonly Step[]>;
  /**
   * Makes the plan again and does what is to do, in order. It ends at the first failure, and is safe to run again: what is there is not made twice.
   *
   * @throws ConnectError
   */
  apply(report: Report): Promise<void>;
  /** Takes away what `apply` made, and only that. @throws ConnectError */
  undo(report: Report): Promise<void>;
}

/** Why it cannot go on. */
export type ConnectFault =
  /** The other side does not know the token, or it has ended. */
  | 'token-refused'
  /** The token may not do this. */
  | 'right-missing'
  /** What is named is not there. */
  | 'not-found'
  /** What has our name is another's, or there are several of them. */
  | 'ambiguous'
  /** The other side refuses what is asked for. */
  | 'refused'
  /** It wants fewer requests, also after waiting. */
  | 'rate-limited'
  /** It does not answer, or fails, also when asked again. */
  | 'unavailable'
  /** It answers what its documents do not say. */
  | 'answer-unclear'
  /** The settings or a file beside them cannot be read or written. */
  | 'settings'
  /** Somebody ended it. */
  | 'stopped';

/** Connecting cannot go on. The message says what is wrong and what to do; it holds no secret. */
export class ConnectError extends Error {
  readonly code: ConnectFault;

  constructor(code: ConnectFault, message: string) {
    super(message);
    this.code = code;
  }
}
