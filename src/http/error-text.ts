// In which words a route answers a request that cannot be served: its callers read one form of error, whatever step gave it.

import type { ServerResponse } from 'node:http';
import type { PluginError } from '../base/errors.js';
import { type Route, stepsOf } from './route.js';

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

/** True for `/segment/shop` where the declared path is `/segment/:workspace`. */
function isAt(declared: readonly string[], steps: readonly string[]): boolean {
  return declared.length === steps.length && declared.every((step, at) => step.startsWith(':') || step === steps[at]);
}

/**
 * Finds the words for a fault by the path, because steps before and behind the routes give faults, too.
 *
 * @param routes of the listener
 */
export function createErrorTexts(routes: readonly Route[]): (path: string, response: ServerResponse) => ErrorText {
  const own = routes.flatMap(({ paths, code: { errorText } }) =>
    errorText === undefined ? [] : paths.map((path) => ({ declared: stepsOf(path), errorText })),
  );
  return (path, response) => {
    const steps = stepsOf(path);
    return known.get(response) ?? own.find(({ declared }) => isAt(declared, steps))?.errorText ?? plainErrorText;
  };
}
