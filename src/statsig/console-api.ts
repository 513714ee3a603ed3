// What a call of Statsig's Console API looks like: version, paths, headers.

import type { Secret } from '../base/secret.js';
import type { HttpRequest } from '../call/http-request.js';

/** The version that the calls are written for. */
const API_VERSION = '20240601';

/** One call of the API for segments, of which ID lists are one kind. */
export interface ConsoleCall {
  readonly method: HttpRequest['method'];
  /** Within `/console/v1/segments`. */
  readonly path: string;
  readonly body?: string;
}

/** @param consoleUrl base URL without a slash at its end */
export function segmentsUrl(consoleUrl: string, path: string): string {
  return `${consoleUrl}/console/v1/segments${path}`;
}

/** The path at which the ids of an ID list are changed: PATCH adds, DELETE takes away. */
export function idsPath(listId: string): string {
  return `${listPath(listId)}/id_list`;
}

/** The path of one segment. */
export function listPath(listId: string): string {
  return `/${encodeURIComponent(listId)}`;
}

/** @param key `undefined` in a dry run, which has none */
export function consoleHeaders<Key extends string | Secret>(
  key: Key | undefined,
  hasBody: boolean,
): Record<string, string | Key> {
  return {
    ...(key !== undefined && { 'STATSIG-API-KEY': key }),
    'STATSIG-API-VERSION': API_VERSION,
    ...(hasBody && { 'content-type': 'application/json' }),
  };
}

/** The request of a call. */
export function consoleRequest(
  { consoleUrl, consoleKey }: { readonly consoleUrl: string; readonly consoleKey: Secret | undefined },
  { method, path, body }: ConsoleCall,
): HttpRequest {
  const headers = consoleHeaders(consoleKey, body !== undefined);
  return { method, url: segmentsUrl(consoleUrl, path), headers, ...(body !== undefined && { body }) };
}
