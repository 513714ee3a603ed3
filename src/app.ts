// Wires the Express app: limits, routes, upstream, and the one error handler.

import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { createEndpointCheck } from './delivery/statsig-endpoints.js';
import { PluginError } from './errors.js';
import { sendError } from './http/answer.js';
import { BytesInFlight } from './http/in-flight.js';
import type { Lifecycle } from './http/lifecycle.js';
import { createOperationsRouter } from './http/operations.js';
import { createRequestReader } from './http/request-reader.js';
import type { Logger } from './observe/logger.js';
import { createMetrics, type Metrics } from './observe/metrics.js';
import type { ProcessSettings } from './process-settings.js';
import { createFeatures } from './protocols/rudderstack/features.js';
import { createDestinationResolver } from './protocols/rudderstack/resolve-destination.js';
import { createRudderstackRouter } from './protocols/rudderstack/routes.js';
import { createUpstream } from './protocols/rudderstack/upstream.js';
import type { WorkspaceStore } from './workspace/store.js';

/** What an app is made of. */
export interface AppDeps {
  readonly settings: ProcessSettings;
  readonly store: WorkspaceStore;
  readonly lifecycle: Lifecycle;
  readonly log: Logger;
}

/** An app that does not listen yet. */
export interface App {
  readonly handler: Express;
  /** Closes the connections to the upstream transformer and finishes what is being written. */
  close(): Promise<void>;
}

/** Operators look at a stopping process through these. */
const SERVED_WHILE_DRAINING: ReadonlySet<string> = new Set(['/health', '/healthz', '/readyz', '/metrics']);

function refuseWhileDraining(lifecycle: Lifecycle): RequestHandler {
  return (request, response, next) => {
    if (!lifecycle.draining) return next();
    response.setHeader('Connection', 'close');
    if (SERVED_WHILE_DRAINING.has(request.path)) return next();
    throw new PluginError('DRAINING');
  };
}

function measure(metrics: Metrics): RequestHandler {
  return (request, response, next) => {
    const start = process.hrtime.bigint();
    response.once('close', () => {
      // The path of the matched route, not of the request: a client must not be able to make new series.
      const route: unknown = request.route?.path;
      const label = Array.isArray(route) ? String(route[0]) : typeof route === 'string' ? route : 'other';
      metrics.observeRequest(label, response.statusCode, Number(process.hrtime.bigint() - start) / 1e9);
    });
    next();
  };
}

function handleErrors(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const known = error instanceof PluginError;
    if (!known) log.error({ err: error, method: request.method, route: request.route?.path }, 'request failed');
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    sendError(response, known ? error : new PluginError('INTERNAL'));
  };
}

/** Builds the app. Nothing listens and nothing is read from the environment here. */
export function createApp({ settings, store, lifecycle, log }: AppDeps): App {
  const inFlight = new BytesInFlight(settings.maxBytesInFlight);
  const resolver = createDestinationResolver(store, settings.configCacheSize);
  const metrics = createMetrics({ cacheCounts: () => resolver.cache.counts(), bytesInFlight: () => inFlight.bytes });
  const upstream =
    settings.upstreamUrl === undefined
      ? undefined
      : createUpstream({
          url: settings.upstreamUrl,
          onOutcome: (outcome) => metrics.countForwarded(outcome),
          onError: (error) => log.debug({ err: error }, 'upstream request failed'),
        });
  const features = createFeatures({
    routerTransform: settings.routerTransform,
    ...(settings.upstreamUrl === undefined ? {} : { upstream: { url: settings.upstreamUrl } }),
    ...(settings.dataDir === undefined ? {} : { cacheFile: `${settings.dataDir}/upstream-features.json` }),
    log,
  });

  const passOn: RequestHandler = (request, response) => {
    if (upstream === undefined)
      throw new PluginError('ROUTE_UNKNOWN', `${request.method} ${request.path.slice(0, 200)}`);
    return upstream.forward(request, response);
  };

  const handler = express();
  handler.disable('x-powered-by');
  handler.disable('etag');
  handler.enable('case sensitive routing');
  handler.use(measure(metrics));
  // Express would answer OPTIONS for every route it knows; those routes are not for browsers.
  handler.options('*path', passOn);
  handler.use(refuseWhileDraining(lifecycle));
  handler.use(
    createOperationsRouter(metrics, [
      { name: 'process', check: () => ({ ok: !lifecycle.draining, draining: lifecycle.draining }) },
      { name: 'settings', check: () => ({ ok: store.loaded, ...store.status() }) },
      { name: 'upstream', check: () => ({ ok: features.state() !== 'waiting', features: features.state() }) },
    ]),
  );
  handler.use(
    createRudderstackRouter({
      reader: createRequestReader(settings.maxBodyBytes, inFlight),
      store,
      resolver,
      isAllowedEndpoint: createEndpointCheck(store),
      features,
      upstream,
      metrics,
    }),
  );
  handler.use((request, response) => {
    if (upstream === undefined)
      throw new PluginError('ROUTE_UNKNOWN', `${request.method} ${request.path.slice(0, 200)}`);
    return upstream.forward(request, response);
  });
  handler.use(handleErrors(log));
  // Asked now, so that readiness need not wait for rudder-server's first poll.
  void features.refresh();
  return {
    handler,
    async close() {
      upstream?.close();
      await features.close();
    },
  };
}
