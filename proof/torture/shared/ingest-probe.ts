// Pushes of single events, a few at the same time, whose answers are looked at: taken or refused, and how late.

import { setTimeout as sleep } from 'node:timers/promises';

/** Counts since the last restart. */
export interface IngestProbe {
  /** Answered 2xx. */
  readonly taken: number;
  /** Answered 503 or 429, with the time after which to try again. */
  readonly refused: number;
  /** No answer within 30 s, or another one. */
  readonly unanswered: number;
  readonly longestMs: number;
  /** Forgets what was counted so far, and does not count what is under way. */
  restart(): void;
  /** Resolves with the next push that is taken. @returns milliseconds that it took */
  untilTaken(): Promise<number>;
  stop(): Promise<void>;
}

const SENDERS = 3;
const PAUSE_MS = 100;
const PATIENCE_MS = 30_000;

/** The write key of a workspace whose events go nowhere that counts them. */
export const PROBE_KEY = 'write-probe';

/** @param url of the balancer */
export function startIngestProbe(url: string): IngestProbe {
  let counts = { taken: 0, refused: 0, unanswered: 0, longestMs: 0 };
  let isOver = false;
  let made = 0;
  let onTaken = () => {};
  const headers = {
    'content-type': 'application/json',
    authorization: `Basic ${Buffer.from(`${PROBE_KEY}:`).toString('base64')}`,
  };

  async function push(): Promise<void> {
    const counting = counts;
    made += 1;
    const body = JSON.stringify({ event: 'Probed', userId: 'prober', messageId: `probe-${made}` });
    const start = performance.now();
    const answer = await fetch(`${url}/v1/track`, {
      method: 'POST',
      headers,
      body,
      signal: AbortSignal.timeout(PATIENCE_MS),
    }).catch(() => undefined);
    await answer?.text().catch(() => {});
    counting.longestMs = Math.max(counting.longestMs, performance.now() - start);
    const isRefusal = answer?.status === 503 || answer?.status === 429;
    if (answer?.ok === true) {
      counting.taken += 1;
      onTaken();
    } else if (isRefusal && answer.headers.has('retry-after')) counting.refused += 1;
    else counting.unanswered += 1;
  }

  const running = Array.from({ length: SENDERS }, async () => {
    while (!isOver) {
      await push();
      await sleep(PAUSE_MS);
    }
  });
  return {
    get taken() {
      return counts.taken;
    },
    get refused() {
      return counts.refused;
    },
    get unanswered() {
      return counts.unanswered;
    },
    get longestMs() {
      return counts.longestMs;
    },
    restart() {
      counts = { taken: 0, refused: 0, unanswered: 0, longestMs: 0 };
    },
    async untilTaken() {
      const start = performance.now();
      await new Promise<void>((resolve) => {
        onTaken = resolve;
      });
      return performance.now() - start;
    },
    async stop() {
      isOver = true;
      await Promise.all(running);
    },
  };
}
