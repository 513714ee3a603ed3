// What every request goes through around its route: it is measured, let in, and its fault answered.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { PluginError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { pathOf } from './address.js';
import type { ErrorText } from './error-text.js';
import type { Lifecycle } from './lifecycle.js';
import { type NoteRefusal, routeOf } from './refusals.js';
import type { RoutedRequest } from './route.js';
import { sendError } from './send-response.js';
import type { Via } from './via.js';

/** The steps around a route. */
export interface RequestSteps {
  /**
   * Measures the request from now to its end, and lets it in and counts it, until the process is to stop.
   *
   * @throws PluginError DRAINING; LOOP_DETECTED for one that was here before; BODY_TAKEN where something of the program around us has read the body
   */
  begin(request: RoutedRequest, response: ServerResponse): void;
  /** Answers what the route threw. */
  answerFault(error: unknown, request: RoutedRequest, response: ServerResponse): void;
}

/** What the steps work with. */
export interface RequestStepsDeps {
  /** Told of each request that is over: the path of its route, the status, and how many seconds it took. */
  readonly onRequest: (route: string, status: number, seconds: number) => void;
  /** False for a request that is measured elsewhere, too. Default: none is. */
  readonly isMeasured?: (request: IncomingMessage) => boolean;
  /** Paths of requests that are let in also when the process is to stop, and are not waited for. */
  readonly servedWhileDraining: ReadonlySet<string>;
  /** The words for a fault of a request. */
  readonly errorTextOf: (path: string, response: ServerResponse) => ErrorText;
  /** Told of each request that is answered with an error of the table. */
  readonly onRefused: NoteRefusal;
  readonly lifecycle: Lifecycle;
  /** The name of the app. */
  readonly via: Via;
  readonly log: Logger;
}

/** Express says so of a path that it cannot decode. Any other `URIError` is a fault of ours. */
function isPathFault(error: unknown): boolean {
  return error instanceof URIError && 'status' in error && error.status === 400;
}

/** The steps of one listener. */
export function createRequestSteps(deps: RequestStepsDeps): RequestSteps {
  const { onRequest, isMeasured, servedWhileDraining, errorTextOf, onRefused, lifecycle, via, log } = deps;
  return {
    begin(request, response) {
      const start = performance.now();
      const isLoop = via.wasHereBefore(request.headers);
      const isWaitedFor = !isLoop && !servedWhileDraining.has(pathOf(request));
      const leave = isWaitedFor && !lifecycle.draining ? lifecycle.enter() : undefined;
      // One listener for both: each costs as much as finding the route.
      response.on('close', () => {
        if (isMeasured?.(request) !== false)
          onRequest(routeOf(request), response.statusCode, (performance.now() - start) / 1000);
        leave?.();
      });
      if (isLoop) throw new PluginError('LOOP_DETECTED');
      if (request.readableDidRead) throw new PluginError('BODY_TAKEN');
      if (!lifecycle.draining) return;
      response.setHeader('Connection', 'close');
      if (isWaitedFor) throw new PluginError('DRAINING');
    },
    answerFault(error, request, response) {
      const known = isPathFault(error) ? new PluginError('PATH_INVALID') : error;
      if (!(known instanceof PluginError))
        log.error({ err: error, method: request.method, route: routeOf(request) }, 'request failed');
      const answered = known instanceof PluginError ? known : new PluginError('INTERNAL');
      if (response.headersSent || response.destroyed) response.destroy();
      else sendError(response, answered, errorTextOf(pathOf(request), response));
      onRefused(request, answered);
    },
  };
}
