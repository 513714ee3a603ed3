// /api/audiences: how ID lists stand.

import type { WorkspaceStore } from '../../settings/store.js';
import { createOperatorRoutes, type OperatorApi } from '../api/operator-routes.js';
import { type AudiencesDeps, reportAudiences } from './report.js';
import type { AudienceListRoutes } from './shapes.js';

/** What the route works with. */
export interface AudienceRoutesDeps extends OperatorApi, AudiencesDeps {
  readonly store: Pick<WorkspaceStore, 'documents'>;
}

/** The route of audiences. */
export function createAudienceListRoutes(deps: AudienceRoutesDeps) {
  return createOperatorRoutes<AudienceListRoutes>(deps, {
    audiences: ({ query: { workspace } }) =>
      reportAudiences(
        deps,
        deps.store.documents.map(({ id }) => id),
        workspace,
      ),
  });
}
