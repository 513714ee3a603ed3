// /api/deletions: lists the deletions Statsig was asked for, with what Statsig says of them now.

import { toPrintable } from '../base/printable.js';
import type { RouteCode } from '../http/route.js';
import { sendJsonText } from '../http/send-response.js';
import type { Deletions } from '../targets/statsig-deletions/deletions.js';
import type { ProjectOf } from '../targets/statsig-deletions/request-status.js';
import type { OperatorAccess } from './access/operator-access.js';

/** Answers `{"total": 1, "requests": [{"requestId", "workspaceId", "ids", "at", "status"}]}`, newest first. */
export function createDeletionsRoutes(
  deletions: Pick<Deletions, 'requests'>,
  projectOf: ProjectOf,
  access: OperatorAccess,
): Readonly<Record<'deletions', RouteCode>> {
  return {
    deletions: {
      async handle(request, response) {
        await access.assertRead(request);
        sendJsonText(response, 200, toPrintable(JSON.stringify(await deletions.requests(projectOf))));
      },
    },
  };
}
