// Reads from an element of a source transform request what the gateway received.

import type { IncomingHttpHeaders } from 'node:http';
import { PluginError } from '../../../base/errors.js';
import { toJsonText } from '../../../base/json.js';
import { isJsonObject, type JsonObject } from '../../../model/segment-event.js';

/** v2 elements hold the request with its headers and its body as a string, v1 elements only the parsed body. */
export type SourceVersion = 'v1' | 'v2';

/** A webhook as it came to the gateway. Nothing of it has been checked. */
export interface ReceivedWebhook {
  /** Decompressed. Of v1 a spelling of the body, not the bytes that the sender wrote. */
  readonly body: Buffer;
  /** By lower-case name. Absent in v1. */
  readonly headers: IncomingHttpHeaders | undefined;
}

function textOf(body: unknown): string {
  if (body === undefined) return '';
  if (typeof body !== 'object' || body === null) return JSON.stringify(body);
  const text = toJsonText(body);
  if (text === undefined) throw new PluginError('BODY_TOO_DEEP');
  return text;
}

/** Go writes header names its own way (`X-Statsig-Signature`), each with a list of values. What is no text is left out. */
function headersOf(headers: JsonObject): IncomingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, values]) => [
      name.toLowerCase(),
      [values]
        .flat()
        .filter((value) => typeof value === 'string')
        .join(', '),
    ]),
  );
}

/**
 * The webhook of one element (rudder-server, source transform); an element without one gives an empty body.
 *
 * @throws PluginError BODY_TOO_DEEP
 */
export function readWebhook(element: unknown, version: SourceVersion): ReceivedWebhook {
  const { event, request } = isJsonObject(element) ? element : {};
  if (version === 'v1') return { body: Buffer.from(textOf(event)), headers: undefined };
  const { body, headers } = isJsonObject(request) ? request : {};
  return {
    body: Buffer.from(typeof body === 'string' ? body : ''),
    headers: isJsonObject(headers) ? headersOf(headers) : {},
  };
}
