// What the parts of the soak's traffic have in common: they go on until it is enough, and count.

import { setTimeout as sleep } from 'node:timers/promises';

/** What a part of the traffic has done. */
export interface Tally {
  /** Events sent and answered. */
  in: number;
  /** Events that came out, or answers to them: as many, or something is lost. */
  out: number;
  /** What was wrong, for people. */
  readonly broken: string[];
}

/** A part of the traffic. */
export interface Traffic {
  readonly name: string;
  readonly tally: Tally;
  /** @param enough ends it, once what is under way is over */
  run(enough: AbortSignal): Promise<void>;
}

/** An answer. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

const PATIENCE_MS = 30_000;

/** Posts once. @throws Error without an answer within 30 s */
export async function postTo(
  url: string,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = { 'content-type': 'application/json' },
): Promise<Answer> {
  const response = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(PATIENCE_MS) });
  return { status: response.status, text: await response.text() };
}

/**
 * Makes a part of the traffic of what it does in one round.
 *
 * @param restMs between two rounds
 */
export function makeTraffic(name: string, restMs: number, round: (tally: Tally) => Promise<void>): Traffic {
  const tally: Tally = { in: 0, out: 0, broken: [] };
  return {
    name,
    tally,
    async run(enough) {
      while (!enough.aborted) {
        try {
          await round(tally);
        } catch (error) {
          tally.broken.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
        }
        await sleep(restMs);
      }
    },
  };
}
