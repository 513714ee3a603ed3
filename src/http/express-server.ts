// Listens for an Express app with requests and responses that are Express's from the start.
//
// Express gives each request and response that comes its own prototype and adds fields to it. An object that is changed in this way is slow ever after, in node:http as well: it took half of the
// processor time of a request with one event. Node lets a server say what its requests and responses are made as; made as Express wants them, there is nothing left to change.

import { createServer, IncomingMessage, type Server, type ServerOptions, ServerResponse } from 'node:http';
import type { Express, Request, Response } from 'express';

/** A server for the app, which does not listen yet. */
export function createExpressServer(app: Express, options: ServerOptions = {}): Server {
  /** With the fields that Express and its router write. */
  class ExpressRequest extends IncomingMessage {
    res = undefined;
    next = undefined;
    baseUrl = undefined;
    originalUrl = undefined;
    _parsedUrl = undefined;
    params = undefined;
    route = undefined;
  }
  class ExpressResponse<T extends IncomingMessage> extends ServerResponse<T> {
    locals = undefined;
  }
  Object.setPrototypeOf(ExpressRequest.prototype, app.request);
  Object.setPrototypeOf(ExpressResponse.prototype, app.response);
  app.request = ExpressRequest.prototype as unknown as Request;
  app.response = ExpressResponse.prototype as unknown as Response;
  return createServer({ ...options, IncomingMessage: ExpressRequest, ServerResponse: ExpressResponse }, app);
}
