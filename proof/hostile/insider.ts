// Proofs of senders that are known: what only they can reach is attacked as they could.

import { prove } from '../fuzz/workspaces.js';

/** A path that takes webhooks of Segment for a sender with the proof below. */
export const SEGMENT_PATH = '/segment/headed';

/** The same for webhooks of Statsig. */
export const STATSIG_PATH = '/statsig/acme';

/** What proves this body at this path, where the path asks for a proof. */
export function insiderHeaders(path: string, body: Buffer): Readonly<Record<string, string>> {
  if (path === SEGMENT_PATH) return Object.fromEntries(prove('segment', 'header', body));
  if (path === STATSIG_PATH) return Object.fromEntries(prove('statsig', 'right', body));
  return {};
}
