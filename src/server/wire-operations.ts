// Wires the routes for operators, one line for each feature.

import type { Logger } from '../base/logger.js';
import type { SteadyClock } from '../base/steady-clock.js';
import type { RequestReader } from '../http/request-reader.js';
import type { ProtocolCode, RouteCode } from '../http/route.js';
import type { OperatorAccess } from '../operate/access/operator-access.js';
import { createSessionRoutes } from '../operate/access/routes.js';
import { createAudienceListRoutes } from '../operate/audiences/routes.js';
import type { ConnectDeeds } from '../operate/connect/deeds.js';
import { createConnectRoutes, createConsentRoute } from '../operate/connect/routes.js';
import { createOpenApiRoutes } from '../operate/console-files/open-api.js';
import { createConsoleRoutes } from '../operate/console-files/routes.js';
import { createDeadLettersRoutes } from '../operate/dead-letters/routes.js';
import { createDeletionsRoutes } from '../operate/deletions/routes.js';
import type { KnownSecrets } from '../operate/known-secrets.js';
import { received } from '../operate/live/find-events.js';
import type { Live } from '../operate/live/live.js';
import { createLiveRoutes } from '../operate/live/routes.js';
import { createOperationsRoutes } from '../operate/operations.js';
import { createOutboxRoutes } from '../operate/outbox/routes.js';
import { createOverviewRoutes, type OverviewAnswers } from '../operate/overview/routes.js';
import type { SettingsDesk } from '../operate/settings/desk.js';
import { createSettingsRoutes } from '../operate/settings/routes.js';
import { createTesterRoutes } from '../operate/tester/routes.js';
import { showSent } from '../operate/tester/show-sent.js';
import type { WorkspaceStore } from '../settings/store.js';
import type { WiredDelivery } from './wire-delivery.js';
import type { Told } from './workers/ask-all.js';

/** What they work with. */
export interface OperationsWiring {
  readonly access: OperatorAccess;
  readonly reader: RequestReader;
  /** What the process tells of itself, or of all workers. */
  readonly told: Told;
  /** What is for operators, where one of several workers answers them. */
  readonly byFirst: (routes: ProtocolCode) => ProtocolCode;
  /** Whether senders are served now. */
  readonly isWell: () => boolean;
  readonly wired: WiredDelivery;
  readonly store: WorkspaceStore;
  readonly secrets: KnownSecrets;
  readonly clock: SteadyClock;
  /** `undefined` where nothing is shown. */
  readonly live: Live | undefined;
  /** Of the listener for senders outside, where there is one. */
  readonly publicPort: number | undefined;
  readonly log: Logger;
  /** How the process stands. */
  readonly overview: OverviewAnswers;
  readonly settings: SettingsDesk;
  readonly deeds: ConnectDeeds;
}

/** Answers of /api are for the one who asked: nothing keeps them, and no page of another site can load them as something else than they are. */
function keptByNobody(code: RouteCode): RouteCode {
  return {
    ...code,
    handle(request, response, next) {
      response.setHeader('Cache-Control', 'no-store');
      response.setHeader('X-Content-Type-Options', 'nosniff');
      response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
      return code.handle(request, response, next);
    },
  };
}

/** The code of the routes of the protocol `operations`. */
export function wireOperations({
  access,
  reader,
  told,
  byFirst,
  isWell,
  wired,
  store,
  secrets,
  clock,
  live,
  publicPort,
  log,
  overview,
  settings,
  deeds,
}: OperationsWiring): ProtocolCode {
  const { delivery, idLists, audiencesOf, deletions, projectOf, targetOf, redeliveries } = wired;
  const api = { access, reader };
  const ofApi: ProtocolCode = {
    ...createSessionRoutes(api),
    ...createDeletionsRoutes(api, deletions, projectOf),
    ...createOutboxRoutes(api, delivery),
    ...createDeadLettersRoutes({
      ...{ access, reader, delivery, redeliveries, resolve: targetOf, secrets, now: clock.now, log },
      received: (workspaceId, messageId) => live && received(live, workspaceId, messageId),
    }),
    ...createAudienceListRoutes({ ...api, store, delivery, idLists, audiencesOf, now: clock.now }),
    ...createTesterRoutes({ ...api, store, clock, onSent: (sent) => live && showSent(live, sent) }),
    ...createOverviewRoutes(overview, api),
    ...createSettingsRoutes(settings, { access, reader }),
    ...createConnectRoutes({ ...api, deeds, store }),
    ...createLiveRoutes({ live, publicPort, access, reader }),
  };
  return {
    ...createOperationsRoutes(told, told.readiness, isWell),
    ...byFirst({
      ...createConsoleRoutes(access),
      ...createOpenApiRoutes(access),
      ...createConsentRoute(deeds, access),
      ...Object.fromEntries(Object.entries(ofApi).map(([name, code]) => [name, keptByNobody(code)])),
    }),
  };
}
