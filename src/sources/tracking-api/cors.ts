// Lets browsers call from any site: the write key is the permission, not the site.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';

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

export const allowOrigin: RequestHandler = (request, response, next) => {
  setOriginHeaders(request, response);
  next();
};

/** Answers a preflight. The headers are those that Segment's browser SDK adds to its calls (analytics-next 1.84). */
export const answerPreflight: RequestHandler = (_request, response) => {
  response.setHeader('Access-Control-Allow-Methods', 'GET, POST, OPTIONS');
  response.setHeader('Access-Control-Allow-Headers', 'authorization, content-type, x-retry-count');
  response.setHeader('Access-Control-Max-Age', MAX_AGE);
  response.statusCode = 204;
  response.end();
};
