// /api/deletions: lists the deletions Statsig was asked for, with what Statsig says of them now.

import { toPrintable } from '../base/printable.js';
import type { RouteCode } from '../http/route.js';
import { sendJsonText } from '../http/send-response.js';
import type { Deletions } from '../targets/statsig-deletions/deletions.js';
import type { ProjectOf } from '../targets/statsig-deletions/request-status.js';
import { type AdminAccess, assertAdmin } from './admin-token.js';

/** Answers `{"total": 1, "requests": [{"requestId", "workspaceId", "ids", "at", "status"}]}`, newest first. */
export function createDeletionsRoutes(
  deletions: Pick<Deletions, 'requests'>,
  projectOf: ProjectOf,
  access: () => Promise<AdminAccess>,
): Readonly<Record<'deletions', RouteCode>> {
  return {
    deletions: {
      async handle(request, response) {
        await assertAdmin(access, request);
        sendJsonText(response, 200, toPrintable(JSON.stringify(await deletions.requests(projectOf))));
      },
    },
  };
}
