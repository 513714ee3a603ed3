// Puts exposures into the bodies of webhooks, some of which are sent again.

import { createRandom } from '../random.js';

const AT_ONCE = 0.08;
const LATER = 0.05;

/** How many webhooks come in between. */
const LATER_BY = 7;

/**
 * JSON texts of the bodies, in order. After a lost answer the same body is sent again, at once or some webhooks later.
 *
 * @param size exposures in each
 */
export function toWebhooks(exposures: readonly object[], size: number, seed: number): readonly string[] {
  const random = createRandom(seed);
  const due = new Map<number, string>();
  const bodies: string[] = [];
  for (let start = 0; start < exposures.length; start += size) {
    const body = JSON.stringify(exposures.slice(start, start + size));
    bodies.push(body);
    if (random.chance(AT_ONCE)) bodies.push(body);
    if (random.chance(LATER)) due.set(start + LATER_BY * size, body);
    const again = due.get(start);
    if (again !== undefined) bodies.push(again);
    due.delete(start);
  }
  return [...bodies, ...due.values()];
}
