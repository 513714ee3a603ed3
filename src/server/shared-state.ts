// What replicas share beside the outbox itself, in its database. Its code is loaded only where there is one.

import type { Logger } from '../base/logger.js';
import type { Secret } from '../base/secret.js';
import type { SteadyClock } from '../base/steady-clock.js';
import type { EpochMs } from '../base/time.js';
import type { SharedAccess } from '../operate/access/operator-access.js';
import { createSharedEnded, createSharedLinks } from '../operate/access/shared-sessions.js';
import { openPostgres } from '../postgres/connection.js';
import { orUnavailable } from '../postgres/unavailable.js';
import type { SharedOutbox } from '../settings/process.js';
import type { HistoryShelf } from '../settings/write/history.js';
import { historyOfReplicas } from '../settings/write/history-shared.js';
import type { ExposureExchange } from '../sources/rudderstack/sources/exposure-window.js';
import { createSharedExposures } from '../sources/rudderstack/sources/shared-exposures.js';
import type { RequestLog } from '../targets/statsig-deletions/request-log.js';
import { createSharedRequestLog } from '../targets/statsig-deletions/shared-request-log.js';
import { MAX_MEMBERSHIPS, type SharedLists } from '../targets/statsig-lists/id-lists.js';
import { budgetsOfReplicas } from '../targets/statsig-lists/shared-budget.js';
import { createSharedMemberships } from '../targets/statsig-lists/shared-memberships.js';
import { createSharedSizes } from '../targets/statsig-lists/shared-sizes.js';
import { TIMEOUT_MS } from './wire-delivery.js';

/** What replicas share. */
export interface SharedState {
  readonly lists: SharedLists;
  readonly deletionRequests: RequestLog;
  /**
   * What the clock shows by which the outbox dates what it takes.
   *
   * @throws PluginError OUTBOX_UNAVAILABLE
   */
  readonly outboxNow: () => Promise<EpochMs>;
  readonly access: SharedAccess;
  readonly settingsHistory: HistoryShelf;
  readonly exposures: ExposureExchange;
  close(): Promise<void>;
}

/** Beside those of the outbox, which may be busy. */
const CONNECTIONS = 3;

const QUERY_TIMEOUT_MS = 5_000;

/** Not before anything that was stored until then. */
const NOW = { name: 'now', text: 'select ceil(extract(epoch from clock_timestamp()) * 1000)::float8 as now' };

/** Which database, and what else it takes. */
export interface SharedStateSettings {
  readonly outbox: SharedOutbox;
  readonly adminToken: Secret;
  readonly clock: SteadyClock;
  readonly log: Logger;
}

/** Nothing is asked before it is needed. */
export function openSharedState({ outbox, adminToken, clock, log }: SharedStateSettings): SharedState {
  const { url, schema } = outbox;
  const database = openPostgres({ url, schema, maxConnections: CONNECTIONS, queryTimeoutMs: QUERY_TIMEOUT_MS, log });
  const { now, wall } = clock;
  const exposures = createSharedExposures({ database, now, log });
  return {
    lists: {
      store: createSharedMemberships(database, MAX_MEMBERSHIPS),
      sizes: createSharedSizes(database, log),
      budgetOf: budgetsOfReplicas({ database, now, timeoutMs: TIMEOUT_MS, log }),
    },
    deletionRequests: createSharedRequestLog({ database, now, log }),
    async outboxNow() {
      const { rows } = await orUnavailable(() => database.query<{ now: EpochMs }>(NOW));
      return rows[0]?.now ?? now();
    },
    access: { ended: createSharedEnded({ database, now: wall, log }), links: createSharedLinks(database) },
    settingsHistory: historyOfReplicas(database, adminToken),
    exposures,
    async close() {
      await exposures.close();
      await database.close();
    },
  };
}
