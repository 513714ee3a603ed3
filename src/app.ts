// Wires the Express app: limits, routes, upstream, and the one error handler.

import { dirname } from 'node:path';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { createEndpointCheck } from './delivery/statsig/statsig-endpoints.js';
import { wireDelivery } from './delivery/wire-delivery.js';
import { PluginError } from './errors.js';
import { type AdminAccess, accessByToken, accessFromThisMachine } from './http/admin-token.js';
import { sendError } from './http/answer.js';
import { createDeadLettersRouter } from './http/dead-letters.js';
import { createDeletionsRouter } from './http/deletions.js';
import { BytesInFlight } from './http/in-flight.js';
import type { Lifecycle } from './http/lifecycle.js';
import { createOperationsRouter } from './http/operations.js';
import { createReadinessChecks } from './http/readiness.js';
import { createRequestReader } from './http/request-reader.js';
import type { Logger } from './observe/logger.js';
import { createMetrics, type Metrics } from './observe/metrics.js';
import type { ProcessSettings } from './process-settings.js';
import { createFeatures } from './protocols/rudderstack/features.js';
import { createDestinationResolver } from './protocols/rudderstack/resolve-destination.js';
import { createRudderstackRouter } from './protocols/rudderstack/routes.js';
import { createSourcesRouter } from './protocols/rudderstack/sources/routes.js';
import { createUpstream, type UpstreamOptions } from './protocols/rudderstack/upstream.js';
import { createAudienceRouter } from './protocols/segment/audience-routes.js';
import { createSegmentRouter } from './protocols/segment/routes.js';
import { createStatsigRouter } from './protocols/statsig/routes.js';
import { MAX_CALL_BYTES } from './protocols/tracking-api/limits.js';
import { createTrackingApiRouter } from './protocols/tracking-api/routes.js';
import { addCounts } from './workspace/cache.js';
import { createDocumentCompiler } from './workspace/compile-document.js';
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
  /** Delivers what an earlier run left in the outbox. */
  start(): Promise<void>;
  /**
   * Stops delivering, closes the connections to the upstream transformer and finishes what is being written.
   *
   * @param deadlineMs milliseconds that deliveries under way may take
   */
  close(deadlineMs: number): Promise<void>;
}

/** Operators look at a stopping process through these; and a rudder-server that starts just then must not begin without our features. */
const SERVED_WHILE_DRAINING: ReadonlySet<string> = new Set(['/health', '/healthz', '/readyz', '/metrics', '/features']);

/** Lets requests in and counts them, until the process is to stop. */
function admit(lifecycle: Lifecycle): RequestHandler {
  return (request, response, next) => {
    if (lifecycle.draining) response.setHeader('Connection', 'close');
    if (SERVED_WHILE_DRAINING.has(request.path)) return next();
    if (lifecycle.draining) throw new PluginError('DRAINING');
    response.once('close', lifecycle.enter());
    return next();
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
    const known = error instanceof URIError ? new PluginError('PATH_INVALID') : error;
    if (!(known instanceof PluginError))
      log.error({ err: error, method: request.method, route: request.route?.path }, 'request failed');
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    sendError(response, known instanceof PluginError ? known : new PluginError('INTERNAL'));
  };
}

/** Counts every outcome, but logs only the first of a row of failures. */
function observeUpstream(metrics: Metrics, log: Logger): Pick<UpstreamOptions, 'onOutcome' | 'onError'> {
  let failing = false;
  return {
    onOutcome: (outcome) => {
      metrics.countForwarded(outcome);
      if (outcome === 'forwarded') failing = false;
    },
    onError: (error) => {
      if (!failing) log.warn({ err: error }, 'The upstream transformer fails.');
      failing = true;
    },
  };
}

/** The operator's token, or one made for this machine the first time somebody asks. What could not be written is tried again. */
function createAdminAccess({ adminToken, outboxDirectory }: ProcessSettings): () => Promise<AdminAccess> {
  if (adminToken !== undefined) return async () => accessByToken(adminToken);
  let access: Promise<AdminAccess> | undefined;
  return () => {
    access ??= accessFromThisMachine(dirname(outboxDirectory)).catch((error) => {
      access = undefined;
      throw error;
    });
    return access;
  };
}

/** Builds the app. Nothing listens and nothing is read from the environment here. */
export function createApp({ settings, store, lifecycle, log }: AppDeps): App {
  const inFlight = new BytesInFlight(settings.maxBytesInFlight);
  const resolver = createDestinationResolver(store, settings.configCacheSize);
  const adminAccess = createAdminAccess(settings);
  const documents = createDocumentCompiler(store, settings.configCacheSize);
  const metrics: Metrics = createMetrics({
    cacheCounts: () => addCounts(resolver.cache.counts(), documents.counts()),
    bytesInFlight: () => inFlight.bytes,
    outboxStatus: () => delivery.status()?.outbox,
    listSizes: () => idLists.sizes(),
  });
  const wired = wireDelivery({ settings, store, documents, metrics, adminAccess, log });
  const { delivery, idLists, deletions } = wired;
  store.onChange(() => delivery.wake());
  const { upstreamUrl: url, dataDir } = settings;
  const upstream = url === undefined ? undefined : createUpstream({ url, ...observeUpstream(metrics, log) });
  const features = createFeatures({
    upstream: url === undefined ? undefined : { url },
    routerTransform: settings.routerTransform,
    cacheFile: dataDir === undefined ? undefined : `${dataDir}/upstream-features.json`,
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
  const reader = createRequestReader(settings.maxBodyBytes, inFlight);
  const pushed = { store, ingest: delivery.ingest, compile: documents.compile };

  handler.use(measure(metrics));
  handler.use(admit(lifecycle));
  // Before the answer to OPTIONS: browsers ask first.
  handler.use(
    createTrackingApiRouter({
      ...pushed,
      reader: createRequestReader(Math.min(settings.maxBodyBytes, MAX_CALL_BYTES), inFlight),
      now: Date.now,
      onResults: (results, id) => metrics.countIngested('tracking_api', id, results),
    }),
  );
  // Express would answer OPTIONS for every route it knows; those routes are not for browsers.
  handler.options('*path', passOn);
  handler.use(createOperationsRouter(metrics, createReadinessChecks(lifecycle, store, features, delivery)));
  handler.use(
    createRudderstackRouter({
      reader,
      store,
      resolver,
      isAllowedEndpoint: createEndpointCheck(store),
      features,
      upstream,
      metrics,
      deletions,
    }),
  );
  handler.use(createAudienceRouter({ store, reader, compile: documents.compile, idLists }));
  handler.use(
    createSegmentRouter({
      ...pushed,
      reader,
      onResults: (results, id) => metrics.countIngested('segment', id, results),
    }),
  );
  const outbound = { store, reader, compileOutbound: documents.compileOutbound, now: Date.now, log };
  handler.use(
    createStatsigRouter({
      ...outbound,
      ingest: delivery.outboundIngest,
      onResults: (results, id) => metrics.countIngested('statsig', id, results),
    }),
  );
  handler.use(
    createSourcesRouter({
      ...outbound,
      upstream,
      upstreamUrl: url,
      onResults: (results, id) => metrics.countIngested('rudderstack_source', id, results),
    }),
  );
  handler.use(createDeletionsRouter(deletions, wired.projectOf, adminAccess));
  handler.use(createDeadLettersRouter(delivery.outbox, adminAccess, reader));
  handler.use(passOn);
  handler.use(handleErrors(log));
  // Asked now, so that readiness need not wait for rudder-server's first poll.
  void features.refresh();
  return {
    handler,
    start: () => delivery.start(),
    async close(deadlineMs) {
      await wired.close(deadlineMs);
      upstream?.close();
      await features.close();
    },
  };
}
