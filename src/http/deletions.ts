// /api/deletions: lists the deletions Statsig was asked for, with what Statsig says of them now.

import { Router } from 'express';
import type { Deletions } from '../delivery/deletions/deletions.js';
import type { ProjectOf } from '../delivery/deletions/request-status.js';
import { toPrintable } from '../printable.js';
import { type AdminAccess, assertAdmin } from './admin-token.js';
import { sendJsonText } from './answer.js';

/** Answers `{"total": 1, "requests": [{"requestId", "workspaceId", "ids", "at", "status"}]}`, newest first. */
export function createDeletionsRouter(
  deletions: Pick<Deletions, 'requests'>,
  projectOf: ProjectOf,
  access: () => Promise<AdminAccess>,
): Router {
  const router = Router({ caseSensitive: true });
  router.get('/api/deletions', async (request, response) => {
    await assertAdmin(access, request);
    sendJsonText(response, 200, toPrintable(JSON.stringify(await deletions.requests(projectOf))));
  });
  return router;
}
