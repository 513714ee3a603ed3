// Serves the busiest routes straight from node:http.
//
// What Express does to a request before its route is called takes several times as long as converting one event. So a request whose method and address
// are, letter by letter, those of a busy route goes to that route's function at once; every other one, the same route written in another way
// included, goes through Express to the same function.

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Shell } from './handle-request.js';

/** Answers a request; what it throws is answered by the shell. */
export type Serve = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** A route that is served without Express. */
export interface FastRoute {
  readonly method: string;
  /** The address as clients write it. */
  readonly url: string;
  /** Path of the route, for metrics and logs. */
  readonly route: string;
  readonly serve: Serve;
}

/**
 * A listener for node:http.
 *
 * @param others serves what is no fast route
 */
export function listenFast(routes: readonly FastRoute[], shell: Shell, others: RequestListener): RequestListener {
  const byAddress = new Map(routes.map((route) => [`${route.method} ${route.url}`, route]));

  async function serveFast(
    { route, serve }: FastRoute,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    shell.observe(response, () => route);
    try {
      shell.admit(response, route);
      await serve(request, response);
    } catch (error) {
      shell.answerFault(error, request, response, route);
    }
  }

  return (request, response) => {
    const fast = byAddress.get(`${request.method} ${request.url}`);
    if (fast === undefined) others(request, response);
    else void serveFast(fast, request, response);
  };
}
