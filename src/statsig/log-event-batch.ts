// Writes Statsig's log_event request for events that are JSON text already.

import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { SDK_TYPE, VERSION } from '../base/version.js';
import type { CompiledWorkspace } from '../transform/compiled-workspace.js';

const AFTER_EVENTS = `],"statsigMetadata":${JSON.stringify({ sdkType: SDK_TYPE, sdkVersion: VERSION })}}`;

/** Below this the gzip header outweighs what it saves. */
const GZIP_FROM_BYTES = 1024;

const compress = promisify(gzip);

/** JSON text of the body (Statsig's OpenAPI: LogEventRequest). The payloads go in as they are: nothing is parsed or serialised twice. */
export function logEventBody(payloads: readonly string[]): string {
  return `{"events":[${payloads.join(',')}${AFTER_EVENTS}`;
}

/**
 * Headers that describe a log_event body, in the words of Statsig's SDKs.
 *
 * @param key `undefined` in a dry run, which has none
 */
export function logEventHeaders(key: string | undefined, events: number): Record<string, string> {
  return {
    ...(key !== undefined && { 'STATSIG-API-KEY': key }),
    'content-type': 'application/json',
    'statsig-event-count': String(events),
    'statsig-sdk-type': SDK_TYPE,
    'statsig-sdk-version': VERSION,
  };
}

/** What a request says beside its events. */
export interface BatchCircumstances {
  /** How often these events were sent before. */
  readonly retryCount: number;
  /** UUID of this run of the program. */
  readonly sessionId: string;
}

/** A log_event request before it is compressed. */
export interface LogEventBatch {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body: string;
}

/** The request for some payloads of one workspace, at least one. Only here does the secret key leave its box. */
export function logEventBatch(
  workspace: CompiledWorkspace,
  payloads: readonly string[],
  { retryCount, sessionId }: BatchCircumstances,
): LogEventBatch {
  const headers = {
    ...logEventHeaders(workspace.secretKey?.reveal(), payloads.length),
    'statsig-retry-count': String(retryCount),
    'statsig-server-session-id': sessionId,
  };
  return { url: workspace.eventsEndpoint, headers, body: logEventBody(payloads) };
}

/**
 * The same request as it goes over the wire: gzip from 1 KiB on, off the main thread.
 *
 * @throws Error when the key is no valid header value; the message does not hold it
 */
export async function compressBatch({ url, headers: named, body }: LogEventBatch) {
  const headers = new Headers();
  for (const [name, value] of Object.entries(named)) {
    try {
      headers.set(name, value);
    } catch {
      throw new Error(`the value of the header ${name} has characters that no header may have`);
    }
  }
  if (Buffer.byteLength(body) <= GZIP_FROM_BYTES) return { url, headers, body };
  headers.set('content-encoding', 'gzip');
  return { url, headers, body: await compress(body) };
}
