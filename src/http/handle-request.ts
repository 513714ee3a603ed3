// What every request goes through around its route: it is measured, let in, and its fault answered.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { PluginError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { Lifecycle } from './lifecycle.js';
import { sendError } from './send-response.js';

/** The steps around a route. */
export interface RequestSteps {
  /**
   * Measures the request from now to its end.
   *
   * @param routeOf the path of the route, not of the request: a client must not be able to make new series
   */
  observe(response: ServerResponse, routeOf: () => string): void;
  /**
   * Lets the request in and counts it, until the process is to stop.
   *
   * @throws PluginError DRAINING
   */
  admit(response: ServerResponse, path: string): void;
  /** Answers what the route threw. */
  answerFault(error: unknown, request: IncomingMessage, response: ServerResponse, route: string): void;
}

/** What the steps work with. */
export interface RequestStepsDeps {
  /** Told of each request that is over: the path of its route, the status, and how many seconds it took. */
  readonly onRequest: (route: string, status: number, seconds: number) => void;
  /** Paths of requests that are let in also when the process is to stop, and are not waited for. */
  readonly servedWhileDraining: ReadonlySet<string>;
  readonly lifecycle: Lifecycle;
  readonly log: Logger;
}

/** Express says so of a path that it cannot decode. Any other `URIError` is a fault of ours. */
function isPathFault(error: unknown): boolean {
  return error instanceof URIError && 'status' in error && error.status === 400;
}

export function createRequestSteps({ onRequest, servedWhileDraining, lifecycle, log }: RequestStepsDeps): RequestSteps {
  return {
    observe(response, routeOf) {
      const start = performance.now();
      response.once('close', () => onRequest(routeOf(), response.statusCode, (performance.now() - start) / 1000));
    },
    admit(response, path) {
      if (lifecycle.draining) response.setHeader('Connection', 'close');
      if (servedWhileDraining.has(path)) return;
      if (lifecycle.draining) throw new PluginError('DRAINING');
      response.once('close', lifecycle.enter());
    },
    answerFault(error, request, response, route) {
      const known = isPathFault(error) ? new PluginError('PATH_INVALID') : error;
      if (!(known instanceof PluginError)) log.error({ err: error, method: request.method, route }, 'request failed');
      if (response.headersSent || response.destroyed) {
        response.destroy();
        return;
      }
      sendError(response, known instanceof PluginError ? known : new PluginError('INTERNAL'));
    },
  };
}
