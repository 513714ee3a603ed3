// Large events, and dead letters of them, for disks and limits that they fill.

import assert from 'node:assert/strict';
import { PluginError } from '../src/base/errors.js';
import { openLevelOutbox } from '../src/outbox/level-outbox.js';
import { awaitableLog, claimAll, event } from './outbox.js';
import { ROOMY } from './outbox-memory.js';

/** What the outbox keeps free for its way out of a full disk. */
export const RESERVE = 64 << 20;

/** Dead letters of one write. */
export const GIVEN_UP_AT_ONCE = 10;

/** An event that is hard to compress. */
export const bulky = (id: string, overrides = {}) =>
  event(id, { workspaceId: 'shop', payload: Array.from({ length: 600 }, () => Math.random()).join(), ...overrides });

/** Leaves dead letters until the disk takes no more, or until there are so many. @returns how many are there for certain: the last ones may be on disk though it failed */
export async function fillWithDeadLetters(directory: string, least = 0): Promise<number> {
  const outbox = await openLevelOutbox({
    ...ROOMY,
    ...{ reserveBytes: RESERVE, directory, log: awaitableLog() },
  });
  let count = 0;
  try {
    for (;;) {
      await outbox.append(
        Array.from({ length: GIVEN_UP_AT_ONCE }, (_, index) =>
          // By the clock of the process that finds them.
          bulky(`m-${count}-${index}`, { acceptedAt: Date.now() }),
        ),
      );
      const claimed = await claimAll(outbox, 'shop/statsig');
      await outbox.settle(claimed.map((delivery) => ({ kind: 'dead', delivery, reason: 'rejected', answer: 'no' })));
      count += claimed.length;
      if (least > 0 && count >= least) return count;
    }
  } catch (error) {
    assert.ok(error instanceof PluginError && error.code === 'OUTBOX_UNAVAILABLE');
    return count - outbox.usage().droppedDeadLetters.bytes;
  } finally {
    await outbox.close();
  }
}
