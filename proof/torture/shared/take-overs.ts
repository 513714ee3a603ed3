// Measures how long the lanes of a replica that died or was stopped are no one's: looks at who owns them in the database.

import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresCluster } from '../../../testkit/postgres-cluster.js';

/** Lanes and who owned them, by the lanes' numbers in the database. */
export type Owned = ReadonlyMap<number, string>;

/** What was measured. */
export interface TakeOver {
  readonly trouble: 'killed' | 'stopped';
  /** Milliseconds for each lane in which something waited. */
  readonly ms: readonly number[];
  /** Lanes in which something waited, and that no one had taken when the watching ended. */
  readonly left: number;
}

/** Watches. */
export interface TakeOvers {
  /** What has been measured so far. */
  readonly seen: readonly TakeOver[];
  /** What a replica owns. @param run name of its connections */
  ownedBy(run: string): Promise<Owned>;
  /** Looks until each lane has another owner, or is empty. @param from when it began, in milliseconds since the epoch */
  watch(trouble: TakeOver['trouble'], owned: Owned, from: number): Promise<void>;
}

/** Milliseconds between two looks: a death is short, a stop is as long as the lease. */
const LOOK_MS = { killed: 40, stopped: 250 } as const;

/** A row of lanes, as far as it is looked at. */
interface LaneRow {
  readonly id: number;
  readonly owner: string | null;
  readonly waits: boolean;
}

/** @param schema of the outbox @param patienceMs until it is given up */
export function watchTakeOvers(cluster: PostgresCluster, schema: string, patienceMs: number): TakeOvers {
  const seen: TakeOver[] = [];
  /** The database may be away: then it is asked again. */
  const ask = (statement: string) => cluster.run(statement).catch(() => []);

  async function lanes(): Promise<readonly LaneRow[]> {
    const rows = await ask(
      `select id, owner, exists (select from ${schema}.event_row e where e.lane = l.id) as waits from ${schema}.lane l`,
    );
    return rows.map(({ id, owner, waits }) => ({
      id: Number(id),
      owner: owner === null ? null : String(owner),
      waits: waits === true,
    }));
  }

  return {
    seen,
    async ownedBy(run) {
      // Who holds the lock of a replica's number is the replica.
      const rows = await ask(
        `select lane.id, lane.owner from ${schema}.lane join ${schema}.replica on replica.id = lane.owner
         join pg_locks on locktype = 'advisory' and objid = replica.slot and granted
         join pg_stat_activity using (pid) where application_name = '${run}'`,
      );
      return new Map(rows.map(({ id, owner }) => [Number(id), String(owner)]));
    },
    async watch(trouble, owned, from) {
      const left = new Map(owned);
      const ms: number[] = [];
      while (left.size > 0 && Date.now() - from < patienceMs) {
        const now = await lanes();
        for (const { id, owner, waits } of now) {
          const before = left.get(id);
          if (before === undefined) continue;
          if (owner !== null && owner !== before) ms.push(Date.now() - from);
          else if (waits) continue;
          left.delete(id);
        }
        await sleep(LOOK_MS[trouble]);
      }
      seen.push({ trouble, ms, left: left.size });
    },
  };
}
