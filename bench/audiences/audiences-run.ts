// Plays a first sync of audiences against a stand-in of Statsig's Console API, on a clock that only moves when everybody waits.

import { highestUse, STATSIG_LIMITS } from '../../testkit/call-windows.js';
import { serveConsole } from '../../testkit/console-stand-in.js';
import { FakeClock } from '../../testkit/fake-clock.js';
import { createProcess } from '../../testkit/id-list-process.js';
import { audiencesOf, NOON } from '../../testkit/id-list-rig.js';

/** What is synced. */
export interface FirstSync {
  /** Ids that enter, over all lists. */
  readonly changes: number;
  readonly lists: number;
}

/** How it went. */
export interface FirstSyncResult {
  readonly calls: number;
  /** Calls that were refused for the limit. */
  readonly refused: number;
  /** How long it took on the clock of the process, in milliseconds. */
  readonly virtualMs: number;
  /** How long it took here, in milliseconds, without taking the changes in. */
  readonly wallMs: number;
  /** How long it took here to take the changes in. */
  readonly appendMs: number;
  /** The most calls in any interval of each of Statsig's limits. */
  readonly highest: readonly { readonly windowMs: number; readonly allowed: number; readonly calls: number }[];
  /** Of this process, the stand-in's lists included, in MiB. */
  readonly peakMiB: number;
  /** What is not as it should be; empty when all is well. */
  readonly wrong: readonly string[];
}

/** Changes that are stored in one step. */
const PER_APPEND = 5_000;

const KIB_PER_MIB = 1024;

const listOf = (number: number) => `audience_${number}`;
const userOf = (number: number) => `user-${number}@example.com`;

/** Every change is an enter of its own, for one list after the other. */
export async function runFirstSync({ changes, lists }: FirstSync): Promise<FirstSyncResult> {
  const clock = new FakeClock();
  const statsig = await serveConsole({ now: clock.now });
  const process_ = createProcess({ audiences: audiencesOf(statsig.url, { createMissing: true }), clock });
  const wrong: string[] = [];
  try {
    const appendFrom = performance.now();
    for (let first = 0; first < changes; first += PER_APPEND) {
      await process_.append(
        Array.from({ length: Math.min(PER_APPEND, changes - first) }, (_, index) => ({
          listId: listOf((first + index) % lists),
          idType: 'userID',
          id: userOf(first + index),
          member: true,
          time: NOON + first + index,
        })),
      );
    }
    const from = clock.now();
    const wallFrom = performance.now();
    // As many sleeps as calls would be one for each.
    if (!(await process_.work(changes))) wrong.push('it did not come to an end');
    const wallMs = performance.now() - wallFrom;

    for (let list = 0; list < lists; list += 1) {
      const ids = statsig.lists.get(listOf(list))?.ids ?? new Set();
      const expected = Math.ceil((changes - list) / lists);
      if (ids.size !== expected) wrong.push(`${listOf(list)} has ${ids.size} ids instead of ${expected}`);
      for (let number = list; number < changes; number += lists) {
        if (!ids.has(userOf(number))) wrong.push(`${userOf(number)} is missing on ${listOf(list)}`);
      }
    }
    const sent = statsig.calls.reduce((sum, { ids }) => sum + ids.length, 0);
    if (sent !== changes) wrong.push(`${sent} ids were sent for ${changes} changes`);
    wrong.push(...statsig.broken.map(String));
    const times = statsig.calls.map(({ at }) => at);
    return {
      calls: times.length,
      refused: statsig.calls.filter(({ status }) => status === 429).length,
      virtualMs: clock.now() - from,
      wallMs,
      appendMs: wallFrom - appendFrom,
      highest: STATSIG_LIMITS.map(({ calls, windowMs }) => ({
        windowMs,
        allowed: calls,
        calls: highestUse(times, windowMs),
      })),
      peakMiB: process.resourceUsage().maxRSS / KIB_PER_MIB,
      wrong,
    };
  } finally {
    await process_.end();
    await statsig.close();
  }
}
