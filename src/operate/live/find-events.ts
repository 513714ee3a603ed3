// Finds events that are kept as they were received.

import { parseJson } from '../../base/json.js';
import type { KeptEntry } from './kept-entry.js';
import type { Live } from './live.js';
import type { LiveSample, LiveSource } from './shapes.js';

/** The source of the tester that takes events of a protocol. */
const SOURCES: Readonly<Partial<Record<string, LiveSource>>> = {
  segment: 'segment',
  tracking_api: 'tracking-api',
  rudderstack: 'rudderstack',
  statsig: 'statsig',
  rudderstack_source: 'statsig',
};

/** `undefined` for entries that are about no event. */
export function sourceOf({ entry }: KeptEntry): LiveSource | undefined {
  return SOURCES[entry.protocol];
}

/** The event, masked by the settings of now as well; `undefined` where it is not kept. */
export function eventOf({ maskerOf }: Live, { entry, extra }: KeptEntry): unknown {
  if (extra.event === undefined) return undefined;
  const masker = maskerOf(entry.workspace ?? '');
  return parseJson(masker.json(masker.event(parseJson(extra.event))) ?? '');
}

/** Which events are wanted. */
interface Wanted {
  readonly source?: LiveSource | undefined;
  readonly limit?: number;
}

/** Entries with events of a workspace, newest first. */
function* entriesOf(live: Live, workspaceId: string, { source }: Wanted): Generator<KeptEntry, void> {
  for (const kept of live.log.newest()) {
    const found = sourceOf(kept);
    if (kept.extra.event === undefined || kept.entry.workspace !== workspaceId || found === undefined) continue;
    if (source === undefined || source === found) yield kept;
  }
}

/** The last events of a workspace as they were received, newest first: all of them where somebody watches, and else a sample. */
export function recent(live: Live, workspaceId: string, wanted: Wanted = {}): readonly LiveSample[] {
  const { limit = 100 } = wanted;
  const samples: LiveSample[] = [];
  for (const kept of entriesOf(live, workspaceId, wanted)) {
    if (samples.length >= limit) break;
    const source = sourceOf(kept);
    const event = eventOf(live, kept);
    const { id, at, outcome } = kept.entry;
    if (source !== undefined && event !== undefined) samples.push({ id, at, source, outcome, event });
  }
  return samples;
}

/** The entry of an event by which it came in; `undefined` where it is not kept. */
export function findReceived(live: Live, workspaceId: string, messageId: string): KeptEntry | undefined {
  for (const kept of entriesOf(live, workspaceId, {})) if (kept.entry.messageId === messageId) return kept;
  return undefined;
}

/** An event as it was received, and where it came from. */
export function received(live: Live, workspaceId: string, messageId: string): LiveSample | undefined {
  const kept = findReceived(live, workspaceId, messageId);
  const source = kept && sourceOf(kept);
  if (kept === undefined || source === undefined) return undefined;
  const { id, at, outcome } = kept.entry;
  return { id, at, source, outcome, event: eventOf(live, kept) };
}
