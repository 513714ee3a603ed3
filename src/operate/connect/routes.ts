// /api/connect: connects Segment, Statsig and RudderStack as the command does, one deed after another.

import { queryOf } from '../../http/address.js';
import type { RouteCode } from '../../http/route.js';
import type { WorkspaceStore } from '../../settings/store.js';
import type { Asking } from '../access/operator-access.js';
import { createOperatorRoutes, type OperatorApi } from '../api/operator-routes.js';
import type { ConnectDeeds } from './deeds.js';
import type { ConnectDeed, ConnectRoutes } from './shapes.js';

/** What the routes work with. */
export interface ConnectDeps extends OperatorApi {
  readonly deeds: ConnectDeeds;
  readonly store: Pick<WorkspaceStore, 'documents'>;
}

/** Who has the address of the page can answer in place of the one who began: who may look alone is not shown it. */
function shownTo({ role }: Pick<Asking, 'role'>, { consentUrl, ...deed }: ConnectDeed): ConnectDeed {
  return { ...deed, ...(role === 'write' && consentUrl !== undefined && { consentUrl }) };
}

/** The routes of connecting. */
export function createConnectRoutes({ deeds, store, ...api }: ConnectDeps) {
  return createOperatorRoutes<ConnectRoutes>(api, {
    connect: ({ asking }) => ({
      workspaces: store.documents.map(({ id }) => id),
      deeds: deeds.list().map((deed) => shownTo(asking, deed)),
    }),
    connectDeed: ({ query: { id }, asking }) => shownTo(asking, deeds.find(id)),
    connectSegment: ({ body }) => deeds.begin({ way: 'segment', asked: body }),
    connectOAuth: ({ body }) => deeds.begin({ way: 'oauth', asked: body }),
    connectStatsig: ({ body }) => deeds.begin({ way: 'statsig', asked: body }),
    connectRudderstack: ({ body }) => deeds.begin({ way: 'rudderstack', asked: body }),
    goOnConnect: ({ body }) => deeds.goOn(body),
    stopConnect: ({ body: { id } }) => deeds.stop(id),
  });
}

/**
 * Where a person comes back who was asked for consent. A browser that comes from another site brings no session, so that what lets them in is what the deed has put into the address that they come from:
 * the one who has begun it alone knows it, and it counts once. The answer leads to the page without it, so that it stays in no history.
 */
export function createConsentRoute(
  deeds: Pick<ConnectDeeds, 'takeConsent'>,
  access: Pick<OperatorApi['access'], 'assertHost'>,
): Readonly<Record<'connectConsent', RouteCode>> {
  return {
    connectConsent: {
      handle(request, response) {
        access.assertHost(request);
        // Who only asks what would be answered (HEAD) brings nothing.
        const isKnown = request.method === 'GET' && deeds.takeConsent(queryOf(request).toString());
        // Relative: a proxy may put all of it below a path.
        response.writeHead(303, {
          Location: `../../console/#/connect?way=oauth${isKnown ? '' : '&consent=unknown'}`,
          'Cache-Control': 'no-store',
          'Referrer-Policy': 'no-referrer',
          'Content-Length': 0,
        });
        response.end();
      },
    },
  };
}
