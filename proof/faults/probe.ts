// Ordinary requests beside a fault, one after the other: whether they are answered, and how long they wait.

import { setTimeout as sleep } from 'node:timers/promises';
import { element } from '../../testkit/rudderstack.js';

const PAUSE_MS = 50;
const PATIENCE_MS = 30_000;

/** The ordinary requests of a run. */
export interface Probe {
  readonly answered: number;
  /** No connection, no answer within 30 s, or another status than 200. */
  readonly unanswered: number;
  readonly longestMs: number;
  /** Forgets what was counted so far. */
  restart(): void;
  /** Resolves when the request under way is over. */
  stop(): Promise<void>;
}

/** rudder-server's requests, each of one event; every second one is for the health instead. @param url of the process */
export function startProbe(url: string): Probe {
  const counts = { answered: 0, unanswered: 0, longestMs: 0 };
  let stopped = false;

  async function ask(number: number): Promise<void> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const request =
      number % 2 === 0
        ? fetch(`${url}/healthz`, { signal })
        : fetch(`${url}/v0/destinations/statsig`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify([element(number)]),
            signal,
          });
    const response = await request;
    await response.arrayBuffer();
    if (response.status !== 200) throw new Error(String(response.status));
  }

  async function run(): Promise<void> {
    for (let number = 0; !stopped; number += 1) {
      const start = performance.now();
      const answered = await ask(number).then(
        () => true,
        () => false,
      );
      counts.longestMs = Math.max(counts.longestMs, performance.now() - start);
      if (answered) counts.answered += 1;
      else counts.unanswered += 1;
      await sleep(PAUSE_MS);
    }
  }

  const running = run();
  return {
    get answered() {
      return counts.answered;
    },
    get unanswered() {
      return counts.unanswered;
    },
    get longestMs() {
      return counts.longestMs;
    },
    restart() {
      Object.assign(counts, { answered: 0, unanswered: 0, longestMs: 0 });
    },
    stop() {
      stopped = true;
      return running;
    },
  };
}
