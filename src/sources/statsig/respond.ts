// Writes the answers to Statsig's event webhook, as JSON text.

import type { Ingested } from '../../ingest/inbound.js';
import { summarisePush } from '../result-words.js';

/** Gives Statsig its verification code back. */
export function verificationText(code: string): string {
  return JSON.stringify({ verification_code: code });
}

/** The answer to events that were read. */
export function receivedText(results: readonly Ingested[]): string {
  return JSON.stringify(summarisePush(results, 'BODY_NOT_STATSIG_EVENTS'));
}
