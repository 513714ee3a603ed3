// The peer: a table of events that many write themselves. One row per event, a unique id, `for update skip locked`; no lanes, no order, nothing remembered of what is done.

import pg from 'pg';
import type { OutboxEvent } from '../../src/outbox/outbox.js';

const CONNECTIONS = 12;
const CLAIM = 500;

/** A table in a schema of its own. */
export interface BareTable {
  append(events: readonly OutboxEvent[]): Promise<void>;
  /** Takes what waits, up to 500 events, and deletes them. @returns how many there were */
  deliver(): Promise<number>;
  close(): Promise<void>;
}

/** Makes the table where it is missing. */
export async function openBareTable(url: string, schema: string): Promise<BareTable> {
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS, options: `-c search_path=${schema}` });
  pool.on('error', () => {});
  await pool.query(
    `do $$ begin
       perform pg_advisory_xact_lock(1);
       create schema if not exists ${schema};
       create table if not exists job (id bigserial primary key, message_id uuid not null unique, payload text not null);
       alter table job set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
     end $$`,
  );
  return {
    async append(events) {
      await pool.query({
        name: 'append',
        text: 'insert into job (message_id, payload) select * from unnest($1::uuid[], $2::text[]) on conflict do nothing',
        values: [events.map(({ messageId }) => messageId), events.map(({ payload }) => payload)],
      });
    },
    async deliver() {
      const client = await pool.connect();
      try {
        await client.query('begin');
        const { rows } = await client.query<{ id: string; payload: string }>({
          name: 'claim',
          text: `select id, payload from job order by id limit ${CLAIM} for update skip locked`,
        });
        const ids = rows.map(({ id }) => id);
        if (ids.length > 0)
          await client.query({ name: 'done', text: 'delete from job where id = any ($1::bigint[])', values: [ids] });
        await client.query('commit');
        return rows.length;
      } finally {
        client.release();
      }
    },
    close: () => pool.end(),
  };
}
