// The handler of a listener: an Express app, with what every listener does around its routes.

import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type ErrorRequestHandler,
  type IRouter,
  type Request,
  type RequestHandler,
  type Response,
  Router,
} from 'express';
import { createExactFinder } from '../http/exact-routes.js';
import { createExpressApp } from '../http/express-app.js';
import type { RequestSteps } from '../http/handle-request.js';
import type { RouteHandler, RouteSet } from '../http/route.js';

/** Answers a request. @param next takes what is left to the program around us; the process has none */
export type NodeHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  next?: (fault?: unknown) => void,
) => void;

function noNext(): void {}

/** For an app that somebody else has made: requests and responses keep its prototypes. */
export function createExpressRouter(): IRouter {
  return Router({ caseSensitive: true });
}

/**
 * @param sets the routes that are found by their addresses, in the order in which `mount` adds them
 * @param mount adds the routes; the last of them answers whatever no other does
 * @param createApp makes what they are put into: an app for a listener, a router for an app of somebody else's
 */
export function createHandler(
  steps: RequestSteps,
  sets: readonly RouteSet[],
  mount: (router: IRouter) => void,
  createApp: () => IRouter = createExpressApp,
): NodeHandler {
  const app = createApp();
  const findExact = createExactFinder(sets);

  const serveExact: RouteHandler = (request, response, next) => {
    const exact = findExact(request);
    if (exact !== undefined) {
      request.params = exact.params;
      request.route = exact.route;
    }
    steps.begin(request, response);
    if (exact === undefined) {
      next();
      return undefined;
    }
    exact.guard?.();
    return exact.handle(request, response, () => next());
  };

  let others: Router | undefined;
  /** Express compiles an expression for each path; few processes are ever asked for what only these find. */
  const serveOthers: RequestHandler = (request, response, next) => {
    if (others === undefined) {
      others = Router({ caseSensitive: true });
      mount(others);
    }
    others(request, response, next);
  };

  const handleFault: ErrorRequestHandler = (error, request, response, _next) =>
    steps.answerFault(error, request, response);

  app.use(serveExact);
  app.use(serveOthers);
  app.use(handleFault);
  return (request, response, next) => app(request as Request, response as Response, next ?? noNext);
}
