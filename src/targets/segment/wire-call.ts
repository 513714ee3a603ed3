// Reads a payload of the outbox: what Segment's SDK has to know of the call, and the text that is sent of it.
//
// The text that was stored is sent as it is. Were the SDK given the whole call, it would measure it and write it anew, and the library that it writes into it
// would have to be put right in the written text: a fifth of all the processor time from Statsig's webhook to a CDP.

import type { TrackParams } from '@segment/analytics-node';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import { isStatsigLibrary, statsigLibrary } from './library.js';

/** A track call that is to be sent. */
export interface WireCall {
  readonly messageId: string;
  /** All of the call that the SDK checks or decides by. Its context and its properties are left out, and its id, which the SDK only passes on. */
  readonly gist: TrackParams;
  /** JSON text of the event in the request's body up to what the SDK adds: its last brace is missing. */
  readonly openText: string;
  /** Length of the event in the request's body: bytes of UTF-8. */
  readonly bytes: number;
}

/** The SDK adds this to every event. */
const METADATA = `,"_metadata":${JSON.stringify({ nodeVersion: process.version, jsRuntime: 'node' })}}`;

/** Fields of a call; the SDK would send no others. */
const FIELDS: ReadonlySet<string> = new Set([
  'messageId',
  'type',
  'event',
  'userId',
  'anonymousId',
  'timestamp',
  'context',
  'properties',
  'integrations',
]);

type ParsedCall = TrackParams & {
  readonly type: 'track';
  readonly messageId: string;
  readonly timestamp: string;
  readonly context: JsonObject;
};

/** What is checked here is what the SDK takes and then loses or sends damaged. The rest it checks itself. */
function isCall(value: unknown): value is ParsedCall {
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

/** The text of a call as it is sent; the payload itself where that is what was stored. */
function textOf(call: ParsedCall, payload: string): string {
  const timestamp = new Date(call.timestamp).toISOString();
  const hasOurLibrary = isStatsigLibrary(call.context.library);
  const names = Object.keys(call);
  if (hasOurLibrary && timestamp === call.timestamp && names.every((name) => FIELDS.has(name))) return payload;
  const context = { ...call.context, library: statsigLibrary(call.context.library) };
  const entries = Object.entries({ ...call, timestamp, context });
  return JSON.stringify(Object.fromEntries(entries.filter(([name]) => FIELDS.has(name))));
}

/**
 * Reads a payload.
 *
 * @param payload JSON text of a track call with its `messageId`
 * @returns `undefined` when it is none
 */
export function readCall(payload: string): WireCall | undefined {
  const call = parse(payload);
  if (!isCall(call)) return undefined;
  const text = textOf(call, payload);
  const openText = text.slice(0, text.lastIndexOf('}'));
  return {
    messageId: call.messageId,
    gist: { ...call, messageId: undefined, context: {}, properties: {} },
    openText,
    bytes: Buffer.byteLength(openText) + METADATA.length,
  };
}
