// Recognises events that a CDP sent to Statsig, so that they don't go back to it.

import { SDK_TYPE } from '../../base/version.js';
import { isJsonObject } from '../../model/segment-event.js';
import type { WebhookEvent } from '../../model/webhook-event.js';

/** What Statsig's own Segment and RudderStack integrations call events (Statsig's documentation; Segment's page about its Statsig destination). */
const CDP_PREFIXES = [
  'segment::',
  'rudderstack::',
  'segment_track:',
  'segment_page:',
  'segment_screen:',
  'segment_group',
] as const;

/** Senders that relay what a CDP gave them. The first is this program's own name in log_event requests; the others are not documented by Statsig. */
const CDP_SENDERS: ReadonlySet<unknown> = new Set([
  SDK_TYPE,
  'segment',
  'segment_webhook',
  'rudderstack',
  'rudderstack_webhook',
]);

/** What shows that an event came from a CDP, or `undefined`. */
export type LoopGuard = (eventName: string, event: WebhookEvent) => string | undefined;

/** @param inboundPrefix what the workspace's own inbound event names begin with, where its settings say so */
export function compileLoopGuard(inboundPrefix: string | undefined): LoopGuard {
  const own = inboundPrefix === undefined || inboundPrefix === '' ? [] : [inboundPrefix];
  const prefixes: readonly string[] = [...CDP_PREFIXES, ...own];
  return (eventName, { statsigMetadata }) => {
    for (const prefix of prefixes) if (eventName.startsWith(prefix)) return `eventName begins with ${prefix}`;
    if (!isJsonObject(statsigMetadata) || !CDP_SENDERS.has(statsigMetadata.sdkType)) return undefined;
    return `statsigMetadata.sdkType ${statsigMetadata.sdkType}`;
  };
}
