// Remembers in the database which deletions Statsig was asked for, by whichever replica. No id of a person is in it.

import type { Logger } from '../../base/logger.js';
import { Mutex } from '../../base/mutex.js';
import { Ongoing } from '../../base/ongoing.js';
import type { EpochMs } from '../../base/time.js';
import type { Queries } from '../../postgres/connection.js';
import { toProblem } from '../../postgres/database-error.js';
import { DEFAULT_MAX, type RequestLog, type SentRequest } from './request-log.js';

/** Dated by the clock of the database; beyond so many the oldest go. */
const ADD = {
  name: 'deletion_add',
  text: `with old as (
      delete from deletion_request where at <= (select at from deletion_request order by at desc offset $5 limit 1)
    )
    insert into deletion_request (request_id, workspace_id, ids, at)
    values ($1, $2, $3, extract(epoch from clock_timestamp())::float8 * 1000 - $4) on conflict (request_id) do nothing`,
};

const NEWEST = {
  name: 'deletion_newest',
  text: `select request_id as "requestId", workspace_id as "workspaceId", ids, floor(at) as at
    from deletion_request order by deletion_request.at desc limit $1`,
};

const COUNT = { name: 'deletion_count', text: 'select count(*)::int as total from deletion_request' };

/** Where the log is, and how much it keeps. */
export interface SharedRequestLogSettings {
  readonly database: Queries;
  readonly now: () => EpochMs;
  readonly log: Logger;
  /** Requests kept; beyond it the oldest go. Default 10 000. */
  readonly max?: number;
}

/** What the database does not take is kept in memory until it does, and said once. */
export function createSharedRequestLog({
  database,
  now,
  log,
  max = DEFAULT_MAX,
}: SharedRequestLogSettings): RequestLog {
  const writes = new Mutex();
  const trouble = new Ongoing();
  const kept = new Map<string, SentRequest>();

  async function write(): Promise<void> {
    for (const { requestId, workspaceId, ids, at } of kept.values()) {
      // Less than it is by what a clock of whole milliseconds may be off, so that it comes behind those before it.
      const ageMs = Math.max(0, now() - at - 1);
      await database.query(ADD, [requestId, workspaceId, ids, ageMs, max - 1]);
      kept.delete(requestId);
    }
  }

  async function writeIfPossible(): Promise<void> {
    try {
      await write();
      trouble.ends();
    } catch (error) {
      if (trouble.begins())
        log.warn(
          { problem: toProblem(error) },
          'The log of deletions cannot be written: a restart forgets which were asked for.',
        );
    }
  }

  return {
    add(request) {
      return writes.run(() => {
        kept.set(request.requestId, request);
        for (const oldest of kept.keys()) {
          if (kept.size <= max) break;
          kept.delete(oldest);
        }
        return writeIfPossible();
      });
    },
    newest(most) {
      return writes.run(async () => {
        await writeIfPossible();
        const mine = [...kept.values()].reverse();
        if (trouble.goesOn()) return { total: mine.length, requests: mine.slice(0, most) };
        const [{ rows }, counted] = [
          await database.query<SentRequest>(NEWEST, [most]),
          await database.query<{ total: number }>(COUNT),
        ];
        return { total: counted.rows[0]?.total ?? 0, requests: rows };
      });
    },
    close: () => writes.run(writeIfPossible),
  };
}
