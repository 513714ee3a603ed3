// What a call of Statsig's Console API looks like: version, paths, headers.

import type { Secret } from '../base/secret.js';
import type { HttpRequest } from '../call/http-request.js';

/** The version that the calls are written for. */
const API_VERSION = '20240601';

/** One call. */
export interface ConsoleCall {
  readonly method: HttpRequest['method'];
  /** Within `/console/v1`. */
  readonly path: string;
  readonly body?: string;
}

/** Where segments are, of which ID lists are one kind. */
export const SEGMENTS = '/segments';

/** Where the ID types of a project are, which Statsig also calls unit types. */
export const ID_TYPES = '/unit_id_types';

/** @param consoleUrl base URL without a slash at its end */
export function consoleApiUrl(consoleUrl: string, path: string): string {
  return `${consoleUrl}/console/v1${path}`;
}

/** The path at which the ids of an ID list are changed: PATCH adds, DELETE takes away. */
export function idsPath(listId: string): string {
  return `${listPath(listId)}/id_list`;
}

/** The path of one segment. */
export function listPath(listId: string): string {
  return `${SEGMENTS}/${encodeURIComponent(listId)}`;
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

/** Where the Console API is, and the key for it. */
export interface ConsoleAccess {
  /** Base URL without a slash at its end. */
  readonly consoleUrl: string;
  /** `undefined` in a dry run. */
  readonly consoleKey: Secret | undefined;
}

/** The request of a call. */
export function consoleRequest(
  { consoleUrl, consoleKey }: ConsoleAccess,
  { method, path, body }: ConsoleCall,
): HttpRequest {
  const headers = consoleHeaders(consoleKey, body !== undefined);
  return { method, url: consoleApiUrl(consoleUrl, path), headers, ...(body !== undefined && { body }) };
}
