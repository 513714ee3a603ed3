// The words by which entries can be asked for.

import type { LiveDirection, LiveOutcome, LiveProtocol } from './shapes.js';

function wordsOf<Word extends string>(words: Readonly<Record<Word, true>>): readonly Word[] {
  return Object.keys(words) as Word[];
}

export const LIVE_DIRECTIONS = wordsOf<LiveDirection>({ inbound: true, outbound: true, none: true });

export const LIVE_PROTOCOLS = wordsOf<LiveProtocol>({
  segment: true,
  tracking_api: true,
  rudderstack: true,
  rudderstack_source: true,
  statsig: true,
  operations: true,
  none: true,
});

export const LIVE_OUTCOMES = wordsOf<LiveOutcome>({
  received: true,
  duplicate: true,
  filtered: true,
  failed_on_ingest: true,
  delivered: true,
  pending_retry: true,
  failed_delivery: true,
  refused: true,
});

/** One or several outcomes with commas between. */
export function readOutcomes(text: string): readonly string[] {
  return text.split(',').map((each) => each.trim());
}

/** The first of several outcomes that is none. */
export function findUnknownOutcome(text: string): string | undefined {
  return readOutcomes(text).find((each) => !LIVE_OUTCOMES.some((known) => known === each));
}
