// Reads a payload of the outbox as a call of Segment's SDK and measures what will become of it on the wire.

import type { TrackParams } from '@segment/analytics-node';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import { statsigLibrary } from './library.js';

/** A track call, ready for the SDK. Made for one request: the SDK changes its `context`. */
export type WireCall = TrackParams & { readonly type: 'track'; readonly messageId: string };

/** A payload that was read. */
export interface ReadCall {
  readonly call: WireCall;
  /** Length of the event in the request's body: bytes of UTF-8. */
  readonly bytes: number;
}

/** The SDK adds this to every event. */
const METADATA = `,"_metadata":${JSON.stringify({ nodeVersion: process.version, jsRuntime: 'node' })}`;

/** What is checked here is what the SDK takes and then loses or sends damaged. The rest it checks itself. */
function isCall(value: unknown): value is WireCall & { readonly timestamp: string; readonly context: JsonObject } {
  return (
    isJsonObject(value) &&
    value.type === 'track' &&
    typeof value.messageId === 'string' &&
    value.messageId !== '' &&
    typeof value.timestamp === 'string' &&
    !Number.isNaN(Date.parse(value.timestamp)) &&
    isJsonObject(value.context) &&
    isJsonObject(value.properties) &&
    isJsonObject(value.integrations)
  );
}

function parse(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}

/**
 * Reads a payload.
 *
 * @param payload JSON text of a track call with its `messageId`
 * @returns `undefined` when it is none
 */
export function readCall(payload: string): ReadCall | undefined {
  const value = parse(payload);
  if (!isCall(value)) return undefined;
  const { context } = value;
  const library = statsigLibrary(context.library);
  const call = { ...value, timestamp: new Date(value.timestamp), context: { ...context, library } };
  return { call, bytes: Buffer.byteLength(JSON.stringify(call)) + METADATA.length };
}
