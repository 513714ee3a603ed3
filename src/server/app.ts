// Wires the app: limits, what each protocol's routes work with, upstream, delivery, metrics.

import { dirname, join } from 'node:path';
import type { Logger } from '../base/logger.js';
import { createSteadyClock, type SteadyClock } from '../base/steady-clock.js';
import type { DeliveryOptions } from '../dispatch/delivery-service.js';
import { limitBySetting, lowerLimit } from '../http/body-limit.js';
import { BytesInFlight } from '../http/in-flight.js';
import type { Lifecycle } from '../http/lifecycle.js';
import { tellOfProxy } from '../http/proxy-trust.js';
import { createRequestReader } from '../http/request-reader.js';
import type { NoteUnreadable } from '../http/unreadable.js';
import { createVia } from '../http/via.js';
import { OperatorAccess } from '../operate/access/operator-access.js';
import { ConnectDeeds } from '../operate/connect/deeds.js';
import { expectEvent } from '../operate/connect/expect-event.js';
import { createThreadStarter } from '../operate/connect/start-thread.js';
import { KnownSecrets } from '../operate/known-secrets.js';
import { recent } from '../operate/live/find-events.js';
import { createLive } from '../operate/live/live.js';
import { createMetrics, type MetricSources, type Metrics, type MetricsOptions } from '../operate/metrics.js';
import { OtherWorkers } from '../operate/overview/other-workers.js';
import { countWorkspaces } from '../operate/overview/senders-of.js';
import type { UpstreamState } from '../operate/overview/shapes.js';
import { type Watched, watchForOverview } from '../operate/overview/watch.js';
import { createReadinessChecks, judgeReadiness } from '../operate/readiness.js';
import { createSettingsDesk } from '../operate/settings/desk.js';
import { addCounts } from '../settings/cache.js';
import { createDocumentCompiler } from '../settings/compile-document.js';
import { manifest } from '../settings/manifest.js';
import type { ProcessSettings } from '../settings/process.js';
import type { WorkspaceStore } from '../settings/store.js';
import { historyInFiles } from '../settings/write/history-files.js';
import { createPublicRoutes } from '../sources/public-routes.js';
import { createFeatures } from '../sources/rudderstack/features.js';
import { createDestinationResolver } from '../sources/rudderstack/resolve-destination.js';
import { createRudderstackRoutes } from '../sources/rudderstack/routes.js';
import { createSourcesRoutes } from '../sources/rudderstack/sources/routes.js';
import { createUpstream } from '../sources/rudderstack/upstream.js';
import { createAudienceRoutes } from '../sources/segment/audience-routes.js';
import { createSegmentRoutes } from '../sources/segment/routes.js';
import { createStatsigRoutes } from '../sources/statsig/routes.js';
import { CALL_BYTES_SETTING } from '../sources/tracking-api/limits.js';
import { createTrackingApiRoutes } from '../sources/tracking-api/routes.js';
import { createEndpointCheck } from '../statsig/statsig-endpoints.js';
import { createListenerHandlers, type ListenerHandlers } from './listener-handlers.js';
import { namedLists } from './named-lists.js';
import { observeUpstream } from './observe-upstream.js';
import { createObservers } from './observers.js';
import type { OpenSharedOutbox } from './open-outbox.js';
import { createRouteTable } from './route-table.js';
import type { SharedState } from './shared-state.js';
import { wireDelivery } from './wire-delivery.js';
import { wireOperations } from './wire-operations.js';
import { askAllWorkers } from './workers/ask-all.js';
import type { Crew } from './workers/crew.js';
import { passOnFrom } from './workers/passed-routes.js';

/** What an app is made of. */
export interface AppDeps {
  readonly settings: ProcessSettings;
  readonly store: WorkspaceStore;
  readonly lifecycle: Lifecycle;
  readonly log: Logger;
  /** Default: the system's. */
  readonly clock?: SteadyClock;
  /** Default: on disk. */
  readonly openOutbox?: DeliveryOptions['openOutbox'];
  /** Where the outbox is one that other processes use, too. */
  readonly openSharedOutbox?: OpenSharedOutbox | undefined;
  /** Where it is that of one of several workers. */
  readonly crew?: Crew;
  /** What other replicas share; closed with the app. Default: this process has everything alone. */
  readonly shared?: SharedState | undefined;
  /** What is not so where the app is part of a program of somebody else's. */
  readonly host?: Host;
}

/** The program around an app that is no process of its own. */
export interface Host extends MetricsOptions {
  /** Told what the metrics are told. */
  readonly observe: (metrics: Metrics) => Metrics;
  /** What to do where one router is asked to serve both what is public and what is secret. */
  readonly waysOut: string;
}

/** An app that does not listen yet. */
export interface App extends ListenerHandlers {
  /** To be told of what comes to either port and is no request. */
  readonly noteUnreadable: NoteUnreadable;
  /** Writes the token of this machine, where there has to be one. @throws the system's error */
  keepToken(): Promise<void>;
  /** Delivers what an earlier run left in the outbox. */
  start(): Promise<void>;
  /**
   * Stops delivering, closes the connections to the upstream transformer and finishes what is being written.
   *
   * @param deadlineMs milliseconds that deliveries under way may take
   */
  close(deadlineMs: number): Promise<void>;
}

/**
 * Builds the app. Nothing listens and nothing is read from the environment here.
 *
 * @throws ManifestError for routes without code and code without routes; ProcessSettingsError for ports that the settings documents do not allow, and for an upstream address that cannot be used
 */
export function createApp(deps: AppDeps): App {
  const { settings, store, lifecycle, log, clock = createSteadyClock() } = deps;
  const { openOutbox, openSharedOutbox, shared, crew, host } = deps;
  const isFirst = crew === undefined || crew.isFirst;
  const byFirst = passOnFrom(crew);
  /** What needs the outbox, where that is one worker's. */
  const byOwner = settings.sharedOutbox === undefined ? byFirst : passOnFrom(undefined);
  const via = createVia();
  const publicRoutes = createPublicRoutes({
    settings,
    store,
    log,
    ...(host !== undefined && { waysOut: host.waysOut }),
  });
  const inFlight = new BytesInFlight(settings.maxBytesInFlight);
  const resolver = createDestinationResolver(store, settings.configCacheSize);
  const { adminToken, adminReadToken, settingsToken, sharedOutbox } = settings;
  const secrets = new KnownSecrets(store, [
    adminToken,
    adminReadToken,
    settingsToken,
    sharedOutbox?.url,
    sharedOutbox?.password,
  ]);
  const access = new OperatorAccess({
    ...settings,
    onTokenMade: (token) => secrets.add(token),
    directory: dirname(settings.outboxDirectory),
    shared: shared?.access,
    now: clock.wall,
    log,
  });
  const documents = createDocumentCompiler();
  const metricSources: MetricSources = {
    now: clock.now,
    cacheCounts: () => addCounts(resolver.cache.counts(), documents.counts()),
    bytesInFlight: () => inFlight.bytes,
    parsedBytesInFlight: () => inFlight.heapBytes,
    outboxStatus: () => delivery.outboxStatus(),
    outboxUsage: () => delivery.outboxUsage(),
    dispatcherStatus: () => {
      const status = delivery.status();
      return typeof status === 'object' ? status.dispatcher : undefined;
    },
    settingsFaults: () => store.status().faults ?? 0,
    settingsWarnings: () => store.status().warnings?.length ?? 0,
    workspaces: () => countWorkspaces(store.documents),
    upstreamAnswers: () => (url === undefined ? undefined : upstreamState() === 'up'),
    listSizes: () => namedLists(store, idLists.sizes()),
  };
  const ownMetrics = createMetrics(metricSources, host);
  const others = crew?.isFirst
    ? new OtherWorkers(ownMetrics, async () => (await crew.ask('overview')).answers)
    : undefined;
  const watch = watchForOverview({ ...settings, metrics: ownMetrics, others, store, clock, log });
  const metrics: Metrics = watch.answers.observe(host === undefined ? ownMetrics : host.observe(ownMetrics));
  const live = settings.liveLog ? createLive({ store, secrets, now: clock.wall, crew }) : undefined;
  const watches = live?.watches;
  const wired = wireDelivery({
    settings,
    store,
    documents,
    metrics,
    access,
    clock,
    openOutbox,
    shared,
    openSharedOutbox,
    live: watches,
    log,
  });
  const { delivery, idLists, deletions } = wired;
  store.onChange((changed) => delivery.wake(changed));
  const { upstreamUrl: url, dataDir } = settings;
  const observed = observeUpstream(metrics, log);
  const upstream = url === undefined ? undefined : createUpstream({ url, via, ...observed.options });
  const features = createFeatures({
    upstream: url === undefined ? undefined : { url, via },
    routerTransform: settings.routerTransform,
    cacheFile: dataDir === undefined ? undefined : `${dataDir}/upstream-features.json`,
    keepsCache: isFirst,
    log,
  });

  const upstreamState = (): UpstreamState | undefined => {
    if (url === undefined) return undefined;
    if (observed.isFailing()) return 'down';
    return features.state() === 'fresh' ? 'up' : 'starting';
  };

  const reader = createRequestReader(settings.maxBodyBytes, inFlight);
  const callLimit = lowerLimit(
    limitBySetting(CALL_BYTES_SETTING, settings.trackingMaxBodyBytes),
    limitBySetting('MAX_BODY_BYTES', settings.maxBodyBytes),
  );
  const pushed = { store, ingest: delivery.ingest, compile: documents.compile };
  const outbound = { store, reader, compileOutbound: documents.compileOutbound, now: clock.wall, log };
  const tell = createObservers({ metrics, store, secrets, onRefusalRow: watch.refused.note, watches, clock, log });
  const isOutboxShared = sharedOutbox !== undefined;
  const checks = createReadinessChecks(
    lifecycle,
    store,
    features,
    delivery,
    publicRoutes,
    observed.isFailing,
    isOutboxShared,
  );
  const deeds = new ConnectDeeds({
    place: {
      settingsLocation: settings.settingsLocation,
      settingsToken: settingsToken?.reveal(),
      upstreamUrl: url,
    },
    recentEvents: (workspace) => (live === undefined ? [] : recent(live, workspace).map(({ event }) => event)),
    startThread: createThreadStarter(log),
    expectEvent: (event, told) => expectEvent(live?.log, event, told),
    now: clock.wall,
    log,
  });
  const readiness = () => judgeReadiness(checks);
  const told =
    crew === undefined
      ? { readiness: async () => readiness(), scrape: metrics.scrape }
      : askAllWorkers(crew, { readiness, metrics, seen: () => watch.seen(delivery) }, isOutboxShared);
  const watched: Watched = {
    delivery,
    publicRoutes,
    upstream: upstreamState,
    isReady: () => readiness().ingest,
    budgets: wired.budgets,
    *entries() {
      if (live !== undefined) for (const { entry } of live.log.newest()) yield entry;
    },
  };
  const rudderstack = createRudderstackRoutes({
    reader,
    store,
    resolver,
    isAllowedEndpoint: createEndpointCheck(store),
    features,
    upstream,
    onTransformed: tell.transformed,
    watchTransform: watches?.transform,
    onDelivered: tell.jobs('proxy'),
    onDeleted: tell.jobs('delete_users'),
    onNoted: tell.noted,
    deletions,
    onRefused: tell.refused,
    now: clock.wall,
  });
  const routes = createRouteTable(manifest, {
    rudderstack: {
      isPrivate: true,
      routes: {
        ...rudderstack,
        ...byOwner({ deleteUsers: rudderstack.deleteUsers }),
        // What an exposure said last is remembered by one.
        ...byOwner(
          createSourcesRoutes({
            ...outbound,
            steadyNow: clock.now,
            exposures: shared?.exposures,
            upstream,
            upstreamUrl: url,
            via,
            onResults: tell.ingested('rudderstack_source'),
            watch: watches?.ingest,
            onRefused: tell.refused,
          }),
        ),
      },
    },
    segment: {
      routes: byOwner({
        ...createAudienceRoutes({ store, reader, compile: documents.compile, idLists, onAudience: watches?.audience }),
        ...createSegmentRoutes({ ...pushed, reader, onResults: tell.ingestedFromSegment }),
      }),
    },
    trackingApi: {
      routes: byOwner(
        createTrackingApiRoutes({
          ...pushed,
          reader: createRequestReader(callLimit.bytes, inFlight, callLimit.raisedBy),
          maxEventBytes: settings.trackingMaxEventBytes,
          trustProxy: tellOfProxy(settings.trustProxy, log),
          onResults: tell.ingested('tracking_api'),
          onRefused: tell.refused,
        }),
      ),
    },
    statsig: {
      routes: byOwner(
        createStatsigRoutes({
          ...outbound,
          ingest: delivery.outboundIngest,
          onResults: tell.ingested('statsig'),
          onHandshake: tell.handshake,
        }),
      ),
    },
    operations: {
      isPrivate: true,
      routes: wireOperations({
        access,
        reader,
        told,
        byFirst,
        isWell: () => store.loaded && !lifecycle.draining,
        wired,
        live,
        publicPort: settings.publicPort,
        store,
        secrets,
        clock,
        log,
        deeds,
        overview: { status: () => watch.status(watched), overview: (choice) => watch.overview(watched, choice) },
        settings: createSettingsDesk({
          store,
          location: settings.settingsLocation,
          token: settingsToken,
          history:
            shared?.settingsHistory ?? historyInFiles(join(dirname(settings.outboxDirectory), 'settings-history')),
          seenLately: (id, limit) =>
            live === undefined
              ? { events: [], names: [] }
              : { events: recent(live, id, { limit }), names: live.names.of(id)?.names ?? [] },
          conflictWith: publicRoutes.conflictWith,
          now: clock.wall,
        }),
      }),
    },
  });
  const handlers = createListenerHandlers({
    routes,
    publicRoutes,
    upstream,
    steps: {
      onRequest: metrics.observeRequest,
      isMeasured: (request) => crew?.isPassedOn(request) !== true,
      onRefused: tell.refused,
      lifecycle,
      via,
      log,
    },
    isInOtherApp: host !== undefined,
  });
  // A stream would go on for ever: none is waited for.
  lifecycle.onDrain(() => live?.close());
  // Asked now, so that readiness need not wait for rudder-server's first poll.
  void features.refresh();
  return {
    ...handlers,
    keepToken: () => access.prepare(),
    noteUnreadable: tell.unreadable,
    async start() {
      if (isFirst) watch.start();
      if (isFirst || isOutboxShared) await delivery.start();
    },
    async close(deadlineMs) {
      live?.close();
      await deeds.close();
      await wired.close(deadlineMs);
      upstream?.close();
      await features.close();
      await watch.close();
      await shared?.close();
      ownMetrics.close();
    },
  };
}
