// Names one call of one outbound event to one target.

import { hash } from 'node:crypto';
import type { CallFormat } from '../../model/track-call.js';

/** Segment's Tracking API takes no longer ones (Segment's documentation, HTTP API). */
const MAX_LENGTH = 100;

/**
 * The `messageId` of a call: the same each time the event comes, different for each target and format, because Segment deduplicates ids over all of
 * its sources and workspaces (Segment's documentation, duplicate data).
 *
 * @param target name of the target
 * @returns at most 100 characters
 */
export function outboundMessageId(eventId: string, workspaceId: string, target: string, format: CallFormat): string {
  const id = `${eventId}:${workspaceId}:${target}${format === 'statsig' ? '' : `:${format}`}`;
  return id.length > MAX_LENGTH ? `statsig-${hash('sha256', id, 'hex')}` : id;
}

/**
 * The JSON text of a call with its `messageId` in front, so that the rest is written once for all targets.
 *
 * @param text JSON text of the call without it
 */
export function withMessageId(text: string, messageId: string): string {
  return `{"messageId":${JSON.stringify(messageId)},${text.slice(1)}`;
}
