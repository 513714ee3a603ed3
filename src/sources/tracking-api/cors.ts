// Lets browsers call from any site: the write key is the permission, not the site.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RouteHandler } from '../../http/route.js';

/** Seconds a browser may remember the answer to a preflight. */
const MAX_AGE = 86_400;

/**
 * Sets the headers with which a browser shows the answer to the page. The site is echoed: `*` would not be taken from a page that sends credentials,
 * which are of no use here and do no harm, because no cookie means anything to these routes. `Retry-After` is exposed for the SDK that waits by it.
 */
export function setOriginHeaders(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('Vary', 'Origin');
  const { origin } = request.headers;
  if (origin === undefined) return;
  response.setHeader('Access-Control-Allow-Origin', origin);
  response.setHeader('Access-Control-Allow-Credentials', 'true');
  response.setHeader('Access-Control-Expose-Headers', 'Retry-After');
}

export const allowOrigin: RouteHandler = (request, response, next) => {
  setOriginHeaders(request, response);
  next();
};

/**
 * Answers a preflight. Any header may be sent, as with the `cors` package: beside those of the SDK, tracing agents add theirs (`traceparent`, `baggage`, `sentry-trace`) to
 * each call of a page, and the SDK's `headers` option whatever the page wants. A list would block every call of a page with one header more; and none of them
 * means anything here.
 */
export const answerPreflight: RouteHandler = ({ headers }, response) => {
  response.setHeader('Vary', 'Origin, Access-Control-Request-Headers');
  response.setHeader('Access-Control-Allow-Methods', 'GET, POST, OPTIONS');
  const asked = headers['access-control-request-headers'];
  if (asked !== undefined) response.setHeader('Access-Control-Allow-Headers', asked);
  response.setHeader('Access-Control-Max-Age', MAX_AGE);
  response.statusCode = 204;
  response.end();
};
