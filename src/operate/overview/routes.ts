// /api/overview and /api/status: how the process stands, for the page and for the command.

import { createOperatorRoutes, type OperatorApi } from '../api/operator-routes.js';
import type { OverviewAnswer, OverviewQuery, OverviewRoutes, StatusAnswer } from './shapes.js';

/** What is answered. */
export interface OverviewAnswers {
  status(): Promise<StatusAnswer>;
  /** @param choice of the rows that the history is of */
  overview(choice: OverviewQuery): Promise<OverviewAnswer>;
}

/** Both tell names and states, and nothing secret. */
export function createOverviewRoutes({ status, overview }: OverviewAnswers, api: OperatorApi) {
  return createOperatorRoutes<OverviewRoutes>(api, {
    overview: ({ query }) => overview(query),
    status: () => status(),
  });
}
