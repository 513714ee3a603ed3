// The handler of a listener: what every one of them does around its routes.

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { ErrorRequestHandler, Express, Request, Response } from 'express';
import { createExactFinder } from '../http/exact-routes.js';
import { createExpressApp } from '../http/express-app.js';
import type { RequestSteps } from '../http/handle-request.js';
import type { RoutedRequest, RouteSet } from '../http/route.js';

/** Node knows the method and the address of every request that a server gets. */
function isRouted(request: IncomingMessage): request is RoutedRequest {
  return request.method !== undefined && request.url !== undefined;
}

/**
 * @param sets the routes that are found by their addresses, in the order in which `mount` adds them
 * @param mount adds the routes; the last of them answers whatever no other does
 */
export function createHandler(
  steps: RequestSteps,
  sets: readonly RouteSet[],
  mount: (app: Express) => void,
): RequestListener {
  const handleFault: ErrorRequestHandler = (error, request, response, _next) =>
    steps.answerFault(error, request, response);
  const findExact = createExactFinder(sets);
  let express: Express | undefined;

  /** Express compiles an expression for each path; few processes are ever asked for what only it finds. */
  function app(request: IncomingMessage, response: ServerResponse): void {
    if (express === undefined) {
      express = createExpressApp();
      mount(express);
      express.use(handleFault);
    }
    express(request as Request, response as Response);
  }

  function serve(request: RoutedRequest, response: ServerResponse): void {
    const answerFault = (error: unknown) => steps.answerFault(error, request, response);
    try {
      const exact = findExact(request);
      if (exact !== undefined) {
        request.params = exact.params;
        request.route = exact.route;
      }
      steps.begin(request, response);
      if (exact === undefined) {
        app(request, response);
        return;
      }
      exact.guard?.();
      exact.handle(request, response, () => app(request, response))?.catch(answerFault);
    } catch (error) {
      answerFault(error);
    }
  }

  return (request, response) => {
    if (isRouted(request)) serve(request, response);
  };
}
