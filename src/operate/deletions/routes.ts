// /api/deletions: the deletions that Statsig was asked for, with what Statsig says of them now.

import type { Deletions } from '../../targets/statsig-deletions/deletions.js';
import type { ProjectOf } from '../../targets/statsig-deletions/request-status.js';
import { createOperatorRoutes, type OperatorApi } from '../api/operator-routes.js';
import type { DeletionsRoutes } from './shapes.js';

/** The routes about deletion. */
export function createDeletionsRoutes(api: OperatorApi, deletions: Pick<Deletions, 'requests'>, projectOf: ProjectOf) {
  return createOperatorRoutes<DeletionsRoutes>(api, { deletions: () => deletions.requests(projectOf) });
}
