// The Express app of a listener: what every one of them does around its routes.

import express, { type ErrorRequestHandler, type Express } from 'express';
import type { RequestSteps } from '../http/handle-request.js';

/** @param mount adds the routes; the last of them answers whatever no other does */
export function createHandler(steps: RequestSteps, mount: (handler: Express) => void): Express {
  const handler = express();
  handler.disable('x-powered-by');
  handler.disable('etag');
  handler.enable('case sensitive routing');
  handler.use((request, response, next) => {
    steps.observe(request, response);
    steps.admit(request, response);
    next();
  });
  mount(handler);
  const handleFault: ErrorRequestHandler = (error, request, response, _next) =>
    steps.answerFault(error, request, response);
  handler.use(handleFault);
  return handler;
}
