// What is remembered of messages and windows is let go, a table at a time.

import type { Queries, Statement } from '../../postgres/connection.js';

const TURN: Statement = { name: 'turn_generations', text: 'select turn_generations() as turned' };

/**
 * Begins to remember in the next tables where it is time, and lets go what the oldest hold. To be called now and then: what is remembered stays for longer until then.
 *
 * @returns how many tables were changed
 * @throws DatabaseError, also where appends that are under way put it off
 */
export async function turnGenerations(queries: Queries): Promise<number> {
  const { rows } = await queries.query<{ turned: number }>(TURN);
  return rows[0]?.turned ?? 0;
}
