// Reads a payload of the outbox: the call that Segment's SDK is given.

import type { TrackParams } from '@segment/analytics-node';
import { parseJson } from '../../base/json.js';
import { isJsonObject } from '../../model/segment-event.js';
import { MAX_EVENT_BYTES } from '../../transform/size-limits.js';

/** A track call as it was stored. */
export type StoredCall = TrackParams & { readonly messageId: string };

/** A call that goes into no request. The status is what a CDP would say to it. */
export interface NotSent {
  readonly kind: 'not sent';
  readonly status: 400 | 413;
  readonly message: string;
}

/** The SDK adds this to every event; the library that it names is put back to what was stored. */
export const SDK_METADATA = `,"_metadata":${JSON.stringify({ nodeVersion: process.version, jsRuntime: 'node' })}`;

/** What the SDK takes, and then leaves out or sends damaged, is checked here; the rest it checks itself. */
function isTrackCall(value: unknown): value is StoredCall {
  return (
    isJsonObject(value) &&
    value.type === 'track' &&
    typeof value.messageId === 'string' &&
    value.messageId !== '' &&
    typeof value.timestamp === 'string' &&
    !Number.isNaN(Date.parse(value.timestamp)) &&
    isJsonObject(value.context) &&
    isJsonObject(value.integrations)
  );
}

/** @param payload JSON text without white space, as `JSON.stringify` writes it: it is measured as what will be sent */
export function readStoredCall(payload: string): StoredCall | NotSent {
  const bytes = Buffer.byteLength(payload) + SDK_METADATA.length;
  if (bytes > MAX_EVENT_BYTES) {
    const message = `the event has ${bytes} bytes, more than ${MAX_EVENT_BYTES}`;
    return { kind: 'not sent', status: 413, message };
  }
  const value = parseJson(payload);
  return isTrackCall(value) ? value : { kind: 'not sent', status: 400, message: 'the payload is no track call' };
}
