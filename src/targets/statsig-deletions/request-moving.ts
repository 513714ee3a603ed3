// The log of deletions is taken from one place to another: from a file to the database, or back.

import { rm } from 'node:fs/promises';
import type { Logger } from '../../base/logger.js';
import type { Queries, Statement } from '../../postgres/connection.js';
import { createRequestLog, type SentRequest } from './request-log.js';

/** Deletions that were asked for. What comes twice is there once. */
export interface MovableRequests {
  list(): Promise<readonly SentRequest[]>;
  add(requests: readonly SentRequest[]): Promise<void>;
  clear(): Promise<void>;
}

/** The log in a file. */
export function requestsInFile(file: string, log: Logger): MovableRequests {
  const requests = createRequestLog({ file, log });
  return {
    // It gives the newest first.
    list: async () => (await requests.newest(Number.POSITIVE_INFINITY)).requests.toReversed(),
    async add(more) {
      for (const request of more) await requests.add(request);
      await requests.close();
    },
    clear: () => rm(file, { force: true }),
  };
}

const LIST: Statement = {
  name: 'move_requests_list',
  text: `select request_id as "requestId", workspace_id as "workspaceId", ids, floor(at) as at from deletion_request order by at`,
};

const ADD: Statement = {
  name: 'move_requests_add',
  text: `insert into deletion_request (request_id, workspace_id, ids, at)
    select * from unnest($1::text[], $2::text[], $3::int[], $4::float8[]) on conflict (request_id) do nothing`,
};

const CLEAR: Statement = { name: 'move_requests_clear', text: 'delete from deletion_request' };

/** The log in the database. */
export function requestsInDatabase(database: Queries): MovableRequests {
  return {
    list: async () => (await database.query<SentRequest>(LIST)).rows,
    async add(requests) {
      await database.query(ADD, [
        requests.map(({ requestId }) => requestId),
        requests.map(({ workspaceId }) => workspaceId),
        requests.map(({ ids }) => ids),
        requests.map(({ at }) => at),
      ]);
    },
    async clear() {
      await database.query(CLEAR);
    },
  };
}
