// Counts the ids on each list in the database, where the replica that has the list writes them, so that all replicas tell the same.

import type { Logger } from '../../base/logger.js';
import { Mutex } from '../../base/mutex.js';
import { Ongoing } from '../../base/ongoing.js';
import { shareRun } from '../../base/shared-run.js';
import type { Queries } from '../../postgres/connection.js';
import { toProblem } from '../../postgres/database-error.js';
import { createLargeWarning, type ListSize, type ListSizes } from './list-sizes.js';
import { type ListName, listTag } from './membership-records.js';

/** Sizes that are told are not older, where the database answers. */
const FRESH_MS = 2_000;

const RETURNING = 'returning workspace_id as "workspaceId", list_id as "listId", ids::float8 as ids';

const SET = {
  name: 'list_size_set',
  text: `update membership_list set ids = greatest(0, $2) where tag = $1 ${RETURNING}`,
};

const CHANGE = {
  name: 'list_size_change',
  text: `update membership_list set ids = greatest(0, ids + $2) where tag = $1 and ids is not null ${RETURNING}`,
};

const ALL = {
  name: 'list_size_all',
  text: 'select workspace_id as "workspaceId", list_id as "listId", ids::float8 as ids from membership_list where ids is not null',
};

/**
 * Sizes are told as last seen: who asks has them looked at again. Where the database does not answer they stay what they were; the next look at a list puts right what was missed.
 *
 * @param elapsed milliseconds of a clock that no one sets
 */
export function createSharedSizes(
  database: Queries,
  log: Logger,
  elapsed: () => number = () => performance.now(),
): ListSizes {
  const warnOfLarge = createLargeWarning(log);
  const trouble = new Ongoing();
  /** What is added comes behind what it is added to. */
  const writes = new Mutex();
  let seen: readonly ListSize[] = [];
  let seenAt = Number.NEGATIVE_INFINITY;

  async function ask(statement: typeof SET, values: readonly unknown[] = []): Promise<readonly ListSize[]> {
    try {
      const { rows } = await database.query<ListSize>(statement, values);
      trouble.ends();
      return rows;
    } catch (error) {
      if (trouble.begins()) log.warn({ problem: toProblem(error) }, 'The sizes of ID lists cannot be kept in step.');
      return [];
    }
  }

  const look = shareRun(async () => {
    const rows = await ask(ALL);
    if (trouble.goesOn()) return;
    seen = rows;
    seenAt = elapsed();
  });

  function write(statement: typeof SET, list: ListName, ids: number): void {
    void writes.run(async () => {
      for (const size of await ask(statement, [listTag(list), ids])) warnOfLarge(size);
    });
  }

  return {
    set(list, ids) {
      write(SET, list, ids);
    },
    change(list, by) {
      write(CHANGE, list, by);
    },
    all() {
      if (elapsed() - seenAt > FRESH_MS) void look();
      return seen;
    },
  };
}
