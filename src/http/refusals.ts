// What is told of requests that are refused, and of parts of requests.

import type { ErrorCode } from '../base/errors.js';
import type { RoutedRequest } from './route.js';

/** Why a request, or a part of it, was refused. */
export interface Refused {
  readonly code: ErrorCode;
  /** As it was answered: it tells nothing that the sender may not read. */
  readonly message: string;
  /** Id of the settings document that it is about, where the path does not say so. */
  readonly workspaceId?: string;
}

/** Told of each refusal once it is answered. Must be quick: strangers can cause as many as they like. */
export type NoteRefusal = (request: RoutedRequest, refused: Refused) => void;

/** The path of the matched route, as the manifest declares it: what a client wrote must not become a label. */
export function routeOf({ route }: Pick<RoutedRequest, 'route'>): string {
  const path: unknown = route?.path;
  return Array.isArray(path) ? String(path[0]) : typeof path === 'string' ? path : 'other';
}
