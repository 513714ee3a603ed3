// The Express app of a listener: what every one of them does around its routes.

import express, { type ErrorRequestHandler, type Express, type Request } from 'express';
import type { RequestSteps } from '../http/handle-request.js';

/** The path of the matched route. */
function routeOf(request: Request): string {
  const route: unknown = request.route?.path;
  return Array.isArray(route) ? String(route[0]) : typeof route === 'string' ? route : 'other';
}

/** @param mount adds the routes; the last of them answers whatever no other does */
export function createHandler(steps: RequestSteps, mount: (handler: Express) => void): Express {
  const handler = express();
  handler.disable('x-powered-by');
  handler.disable('etag');
  handler.enable('case sensitive routing');
  handler.use((request, response, next) => {
    steps.observe(response, () => routeOf(request));
    steps.admit(response, request.path);
    next();
  });
  mount(handler);
  const handleFault: ErrorRequestHandler = (error, request, response, _next) =>
    steps.answerFault(error, request, response, routeOf(request));
  handler.use(handleFault);
  return handler;
}
