// The circuit breaker of one target: after enough failures it keeps requests back and then lets a single one through to see.

import {
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhenResult,
  type IBackoff,
  type IBreaker,
} from 'cockatiel';
import type { EpochMs } from '../base/time.js';
import { pauseAfter } from './retry-policy.js';

/** What a request says about its target. `refused`: the target takes nothing of this sender (a wrong key, a wrong URL). */
export type Reading = 'answered' | 'failed' | 'refused';

/** Where a circuit stands, in the usual words: `closed` lets everything through, `open` nothing, `half-open` the one request that finds out. */
export type CircuitStatus = 'closed' | 'open' | 'half-open';

/** A circuit. */
export interface Circuit {
  readonly status: CircuitStatus;
  /** The time before which nothing may be sent; 0 while closed, Infinity while one request finds out. */
  readonly readyAt: EpochMs;
  /** How often it has been opened in a row; 0 while closed. */
  readonly openings: number;
  /** Does not wait for the end of the pause: the next request finds out. Nothing where it is not open. */
  tryNow(): void;
  /**
   * Runs one request.
   *
   * @throws BrokenCircuitError without running it when the circuit is open
   */
  run<T extends { readonly reading: Reading }>(request: () => Promise<T>): Promise<T>;
}

/** How a circuit behaves. */
export interface CircuitOptions {
  readonly now: () => EpochMs;
  /** Failures in a row that open it. One refusal is enough. */
  readonly failuresToOpen: number;
  readonly onChange: (status: CircuitStatus) => void;
  /** It is open from the start: until then, but no longer than its pause, after so many openings in a row. */
  readonly opened?: { readonly until: EpochMs; readonly openings: number } | undefined;
}

const STATUS: Readonly<Record<CircuitState, CircuitStatus>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Isolated]: 'open',
};

function readingOf(result: unknown): unknown {
  return typeof result === 'object' && result !== null && 'reading' in result ? result.reading : undefined;
}

/** As the library writes it down. When it was opened is looked at on our clock. */
function openedState(openings: number) {
  return { ownState: { value: CircuitState.Open, openedAt: 0, attemptNo: openings }, breakerState: 0 };
}

/** Stays open 30 s, then 60 s, 120 s… up to 5 minutes while the request that finds out keeps failing. */
export function createCircuit({ now, failuresToOpen, onChange, opened }: CircuitOptions): Circuit {
  let refused = false;
  let pauseEndsAt = 0;
  let openings = 0;

  // The policy measures the pause with the system's clock; telling it "over" or "not over" keeps the circuit on ours.
  const pause = (context: { readonly attempt: number }): IBackoff<{ readonly attempt: number }> => {
    openings = context.attempt;
    pauseEndsAt = now() + pauseAfter(openings);
    return {
      get duration() {
        return now() < pauseEndsAt ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
      },
      next: pause,
    };
  };
  const consecutive = new ConsecutiveBreaker(failuresToOpen);
  const breaker: IBreaker = {
    state: undefined,
    success: () => consecutive.success(),
    failure: () => consecutive.failure() || refused,
  };
  const policy = handleWhenResult((result) => {
    const reading = readingOf(result);
    refused = reading === 'refused';
    return refused || reading === 'failed';
  });
  const circuit = circuitBreaker(policy, {
    breaker,
    halfOpenAfter: { next: pause },
    ...(opened !== undefined && { initialState: openedState(opened.openings) }),
  });
  if (opened !== undefined) pauseEndsAt = Math.min(pauseEndsAt, opened.until);
  circuit.onStateChange((state) => onChange(STATUS[state]));

  return {
    get status() {
      return STATUS[circuit.state];
    },
    get readyAt() {
      if (circuit.state === CircuitState.HalfOpen) return Number.POSITIVE_INFINITY;
      return circuit.state === CircuitState.Open ? pauseEndsAt : 0;
    },
    get openings() {
      return circuit.state === CircuitState.Closed ? 0 : openings;
    },
    tryNow() {
      pauseEndsAt = Math.min(pauseEndsAt, now());
    },
    run: (request) => circuit.execute(request),
  };
}
