// Reads from rudder-server's tables what it made of the events.

import { type Postgres, runSql } from './postgres.js';

/** One event on its way to one destination. */
export interface Job {
  readonly messageId: string;
  readonly sourceId: string;
  /** `STATSIG` or another destination type. */
  readonly destinationType: string;
  /** `processor` or `router`. */
  readonly transformAt: string;
  /** What rudder-server stored: the message in router mode, the delivery request in processor mode. */
  readonly payload: unknown;
  /** `succeeded`, `aborted` and `filtered` are final; `none` until it is picked up. */
  readonly state: string;
  /** HTTP status, or one that stands for it. */
  readonly code: string;
  readonly attempt: number;
  /** Text of the last answer. */
  readonly response: string;
}

/** All jobs so far, and how much is under way before it becomes a job. */
export interface JobTable {
  readonly jobs: readonly Job[];
  /** Requests to the gateway that the processor is not done with. */
  readonly unprocessed: number;
}

/** States after which rudder-server does nothing more. */
export const FINAL_STATES: ReadonlySet<string> = new Set(['succeeded', 'aborted', 'filtered']);

const latestStatus = (prefix: string) =>
  `LEFT JOIN LATERAL (SELECT * FROM ${prefix}_job_status_1 x WHERE x.job_id = j.job_id ORDER BY x.id DESC LIMIT 1) s ON true`;

const SQL = `
SELECT json_build_object(
  'unprocessed', (SELECT count(*) FROM gw_jobs_1 j ${latestStatus('gw')}
    WHERE s.job_state IS NULL OR s.job_state NOT IN ('succeeded', 'aborted')),
  'jobs', (SELECT coalesce(json_agg(json_build_object(
      'messageId', j.parameters->>'message_id', 'sourceId', j.parameters->>'source_id', 'destinationType', j.custom_val, 'transformAt', j.parameters->>'transform_at',
      'payload', j.event_payload, 'state', coalesce(s.job_state, 'none'), 'code', coalesce(s.error_code, ''),
      'attempt', coalesce(s.attempt, 0), 'response', coalesce(s.error_response->>'response', '')) ORDER BY j.job_id), '[]')
    FROM rt_jobs_1 j ${latestStatus('rt')}))`;

/** rudder-server opens its gateway before it has made all of its tables. */
async function haveTables(postgres: Postgres, database: string): Promise<boolean> {
  const names = ['gw_jobs_1', 'gw_job_status_1', 'rt_jobs_1', 'rt_job_status_1'];
  const found = names.map((name) => `to_regclass('${name}') IS NOT NULL`).join(' AND ');
  return (await runSql(postgres, database, `SELECT ${found}`)) === 't';
}

/**
 * The jobs in rudder-server's database; `undefined` while it is still setting up its tables. A run is far too short for a second set of
 * tables.
 */
export async function readJobs(postgres: Postgres, database: string): Promise<JobTable | undefined> {
  if (!(await haveTables(postgres, database))) return undefined;
  const table: { jobs: Job[]; unprocessed: number } = JSON.parse(await runSql(postgres, database, SQL));
  const parsed = table.jobs.map((job) => ({
    ...job,
    payload: typeof job.payload === 'string' ? JSON.parse(job.payload) : job.payload,
  }));
  return { ...table, jobs: parsed };
}
