// /api/overview and /api/status: how the process stands, for the page and for the command.

import { toPrintable } from '../../base/printable.js';
import { queryOf } from '../../http/address.js';
import type { RouteCode } from '../../http/route.js';
import { sendJsonText } from '../../http/send-response.js';
import type { OperatorAccess } from '../access/operator-access.js';
import type { RowChoice } from './history.js';
import type { OverviewAnswer, StatusAnswer } from './shapes.js';

/** What is answered. */
export interface OverviewAnswers {
  status(): Promise<StatusAnswer>;
  /** @param choice of the rows that the history is of */
  overview(choice: RowChoice): Promise<OverviewAnswer>;
}

/** Both tell names and states, and nothing secret. */
export function createOverviewRoutes(
  { status, overview }: OverviewAnswers,
  access: OperatorAccess,
): Readonly<Record<'overview' | 'status', RouteCode>> {
  return {
    overview: {
      async handle(request, response) {
        await access.assertRead(request);
        const query = queryOf(request);
        const part = (name: string) => query.get(name) ?? undefined;
        const choice = { workspace: part('workspace'), direction: part('direction'), target: part('target') };
        sendJsonText(response, 200, toPrintable(JSON.stringify(await overview(choice))));
      },
    },
    status: {
      async handle(request, response) {
        await access.assertRead(request);
        sendJsonText(response, 200, toPrintable(JSON.stringify(await status())));
      },
    },
  };
}
