// Wires the Express app: limits, routes, upstream, and the one error handler.

import type { RequestListener } from 'node:http';
import { dirname } from 'node:path';
import express, { type ErrorRequestHandler, type Request, type RequestHandler } from 'express';
import { createEndpointCheck } from './delivery/statsig/statsig-endpoints.js';
import { createSteadyClock } from './delivery/steady-clock.js';
import { wireDelivery } from './delivery/wire-delivery.js';
import { PluginError } from './errors.js';
import { type AdminAccess, accessByToken, accessFromThisMachine } from './http/admin-token.js';
import { createDeadLettersRouter } from './http/dead-letters.js';
import { createDeletionsRouter } from './http/deletions.js';
import { listenFast } from './http/fast-routes.js';
import { BytesInFlight } from './http/in-flight.js';
import type { Lifecycle } from './http/lifecycle.js';
import { createOperationsRouter } from './http/operations.js';
import { createReadinessChecks } from './http/readiness.js';
import { createRequestReader } from './http/request-reader.js';
import { createShell } from './http/shell.js';
import type { Logger } from './observe/logger.js';
import { createMetrics, type Metrics } from './observe/metrics.js';
import type { ProcessSettings } from './process-settings.js';
import { createFeatures } from './protocols/rudderstack/features.js';
import { createDestinationResolver } from './protocols/rudderstack/resolve-destination.js';
import { createRudderstackRoutes } from './protocols/rudderstack/routes.js';
import { createSourcesRouter } from './protocols/rudderstack/sources/routes.js';
import { createUpstream, type UpstreamOptions } from './protocols/rudderstack/upstream.js';
import { createAudienceRouter } from './protocols/segment/audience-routes.js';
import { createSegmentRouter } from './protocols/segment/routes.js';
import { createStatsigRouter } from './protocols/statsig/routes.js';
import { MAX_CALL_BYTES } from './protocols/tracking-api/limits.js';
import { createTrackingApi } from './protocols/tracking-api/routes.js';
import { withoutWriteKey } from './protocols/tracking-api/write-key.js';
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
  readonly handler: RequestListener;
  /** Delivers what an earlier run left in the outbox. */
  start(): Promise<void>;
  /**
   * Stops delivering, closes the connections to the upstream transformer and finishes what is being written.
   *
   * @param deadlineMs milliseconds that deliveries under way may take
   */
  close(deadlineMs: number): Promise<void>;
}

/** The path of the matched route. */
function routeOf(request: Request): string {
  const route: unknown = request.route?.path;
  return Array.isArray(route) ? String(route[0]) : typeof route === 'string' ? route : 'other';
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
  const clock = createSteadyClock();
  const metrics: Metrics = createMetrics({
    now: clock.now,
    cacheCounts: () => addCounts(resolver.cache.counts(), documents.counts()),
    bytesInFlight: () => inFlight.bytes,
    outboxStatus: () => delivery.status()?.outbox,
    listSizes: () => idLists.sizes(),
  });
  const wired = wireDelivery({ settings, store, documents, metrics, adminAccess, clock, log });
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
      throw new PluginError('ROUTE_UNKNOWN', `${request.method} ${withoutWriteKey(request.path).slice(0, 200)}`);
    return upstream.forward(request, response);
  };

  const handler = express();
  handler.disable('x-powered-by');
  handler.disable('etag');
  handler.enable('case sensitive routing');
  const shell = createShell({ metrics, lifecycle, log });
  const reader = createRequestReader(settings.maxBodyBytes, inFlight);
  const pushed = { store, ingest: delivery.ingest, compile: documents.compile };

  handler.use((request, response, next) => {
    shell.observe(response, () => routeOf(request));
    shell.admit(response, request.path);
    next();
  });
  const trackingApi = createTrackingApi({
    ...pushed,
    reader: createRequestReader(Math.min(settings.maxBodyBytes, MAX_CALL_BYTES), inFlight),
    now: Date.now,
    onResults: (results, id) => metrics.countIngested('tracking_api', id, results),
  });
  // Before the answer to OPTIONS: browsers ask first.
  handler.use(trackingApi.router);
  // Express would answer OPTIONS for every route it knows; those routes are not for browsers.
  handler.options('*path', passOn);
  handler.use(createOperationsRouter(metrics, createReadinessChecks(lifecycle, store, features, delivery)));
  const rudderstack = createRudderstackRoutes({
    reader,
    store,
    resolver,
    isAllowedEndpoint: createEndpointCheck(store),
    features,
    upstream,
    metrics,
    deletions,
  });
  handler.use(rudderstack.router);
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
  const handleFault: ErrorRequestHandler = (error, request, response, _next) =>
    shell.answerFault(error, request, response, routeOf(request));
  handler.use(handleFault);
  // Asked now, so that readiness need not wait for rudder-server's first poll.
  void features.refresh();
  return {
    handler: listenFast([...rudderstack.fast, ...trackingApi.fast], shell, handler),
    start: () => delivery.start(),
    async close(deadlineMs) {
      await wired.close(deadlineMs);
      upstream?.close();
      await features.close();
    },
  };
}
