// Numbers of lanes in the database. A lane that once was is never deleted, so that what is remembered holds until an older state of the database is restored.

import type { Queries, Statement } from '../../postgres/connection.js';
import { type LaneId, partsOfLane } from '../lane-id.js';

/** Numbers that are kept: events can name as many lists, and so lanes, as they like. */
const MOST_KEPT = 100_000;

/** `$1` names, `$2` their workspaces, `$3` their turns */
const MAKE: Statement = {
  name: 'lane_ids',
  text: `with asked as (
      select name, workspace, turn from unnest($1::text[], $2::text[], $3::text[]) a (name, workspace, turn)
    ), made as (
      insert into lane (name, workspace, turn) select name, workspace, turn from asked a
      where not exists (select from lane l where l.name = a.name) order by name on conflict do nothing returning id, name
    ) select id, name from made union all select l.id, l.name from asked a join lane l on l.name = a.name`,
};

/** Knows the numbers of lanes. */
export class LaneIds {
  readonly #database: Queries;
  readonly #turnOf: (lane: LaneId) => string;
  readonly #ids = new Map<LaneId, number>();

  constructor(database: Queries, turnOf: (lane: LaneId) => string) {
    this.#database = database;
    this.#turnOf = turnOf;
  }

  /** @returns the number of each, also of those that are new @throws DatabaseError */
  async of(names: readonly LaneId[]): Promise<ReadonlyMap<LaneId, number>> {
    const found = new Map<LaneId, number>();
    let unknown = this.#find(names, found);
    // One that another replica makes in the same moment is not seen by this statement, but by the next.
    while (unknown.length > 0) {
      const { rows } = await this.#database.query<{ readonly id: number; readonly name: LaneId }>(MAKE, [
        ...[unknown, unknown.map((name) => partsOfLane(name).workspaceId), unknown.map(this.#turnOf)],
      ]);
      if (this.#ids.size > MOST_KEPT) this.#ids.clear();
      for (const { id, name } of rows) this.#ids.set(name, id);
      unknown = this.#find(unknown, found);
    }
    return found;
  }

  /** Somewhere it turned out that there are no such lanes. */
  forget(names: readonly LaneId[]): void {
    for (const name of names) this.#ids.delete(name);
  }

  #find(names: readonly LaneId[], found: Map<LaneId, number>): readonly LaneId[] {
    return names.filter((name) => {
      const id = this.#ids.get(name);
      if (id !== undefined) found.set(name, id);
      return id === undefined;
    });
  }
}
