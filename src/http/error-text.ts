// In which words a route answers a request that cannot be served: its callers read one form of error, whatever step gave it.

import type { ServerResponse } from 'node:http';
import type { PluginError } from '../base/errors.js';
import type { Route } from './route.js';

/** Writes the body of such an answer: JSON text. */
export type ErrorText = (error: PluginError) => string;

/** Where a route has no form of its own. */
export const plainErrorText: ErrorText = ({ code, message }) => JSON.stringify({ error: code, message });

/** Of requests that are known better by now than by their path. */
const known = new WeakMap<ServerResponse, ErrorText>();

/** From now on a fault of this request is answered in these words. */
export function wordFaults(response: ServerResponse, errorText: ErrorText): void {
  known.set(response, errorText);
}

/** `/segment/:workspace` → what matches `/segment/shop`, and with more slashes than needed. */
function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+').replaceAll('/', '/+')}/*$`);
}

/**
 * Finds the words for a fault by the path, because steps before and behind the routes give faults, too.
 *
 * @param routes of the listener
 */
export function createErrorTexts(routes: readonly Route[]): (path: string, response: ServerResponse) => ErrorText {
  const own = routes.flatMap(({ paths, code: { errorText } }) =>
    errorText === undefined ? [] : paths.map((path) => ({ pattern: patternOf(path), errorText })),
  );
  return (path, response) =>
    known.get(response) ?? own.find(({ pattern }) => pattern.test(path))?.errorText ?? plainErrorText;
}
