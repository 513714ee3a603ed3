// Makes an Express app that leaves requests and responses what Node made them.
//
// Express gives each request and response that comes its own prototype. An object that is changed in this way is slow ever after, in node:http as well: it took half of the processor time of a
// request with one event. Express is told that Node's prototypes are its own, so there is nothing to change; its additions (`request.get`, `response.json`, …) are not there, and not missed.

import { IncomingMessage, ServerResponse } from 'node:http';
import express, { type Express, type Request, type Response } from 'express';

/** An app without routes. */
export function createExpressApp(): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.request = IncomingMessage.prototype as Request;
  app.response = ServerResponse.prototype as Response;
  return app;
}
