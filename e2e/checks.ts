// Compares what was posted with what arrived.

import assert from 'node:assert/strict';
import type { Conversion } from './conversions.js';
import type { Job } from './jobs.js';
import type { StatsigStandIn } from './statsig-stand-in.js';
import type { SourceEvent } from './traffic.js';

/** The accepted events that carry a number (`sequences` makes them), as `user-3/7`: their messageId. */
function numbered(statsig: StatsigStandIn): { id: string; user: string; sequence: number }[] {
  return statsig.accepted.flatMap(({ user, metadata }) =>
    user?.userID === undefined || metadata?.sequence === undefined
      ? []
      : [{ id: `${user.userID}/${metadata.sequence}`, user: user.userID, sequence: Number(metadata.sequence) }],
  );
}

function few(ids: readonly string[]): string {
  return ids.length > 5 ? `${ids.slice(0, 5).join(', ')} and ${ids.length - 5} more` : ids.join(', ');
}

/**
 * Every event was accepted by Statsig, none that was not posted, and each once unless `repeats` allows more.
 *
 * @returns how many came more than once
 */
export function assertDelivered(
  posted: readonly SourceEvent[],
  statsig: StatsigStandIn,
  repeats: 'none' | 'allowed' = 'none',
): number {
  const arrived = numbered(statsig).map(({ id }) => id);
  const distinct = new Set(arrived);
  const expected = new Set(posted.map(({ messageId }) => messageId));
  const lost = [...expected].filter((id) => !distinct.has(id));
  const unknown = [...distinct].filter((id) => !expected.has(id));
  const repeated = [...new Set(arrived.filter((id, index) => arrived.indexOf(id) !== index))];
  assert.equal(lost.length, 0, `${lost.length} of ${expected.size} events were lost: ${few(lost)}`);
  assert.equal(unknown.length, 0, `events arrived that were not to be delivered: ${few(unknown)}`);
  if (repeats === 'none') assert.equal(repeated.length, 0, `events were accepted more than once: ${few(repeated)}`);
  assert.deepEqual(statsig.faults, [], 'no request that Statsig would refuse');
  return repeated.length;
}

/** The events of each user arrived in the order in which they were posted. A repetition does not count, only the first arrival. */
export function assertOrdered(statsig: StatsigStandIn): void {
  const last = new Map<string, number>();
  const seen = new Set<string>();
  for (const { id, user, sequence } of numbered(statsig)) {
    if (seen.has(id)) continue;
    seen.add(id);
    const before = last.get(user) ?? 0;
    assert.ok(sequence > before, `event ${sequence} of ${user} arrived after its event ${before}`);
    last.set(user, sequence);
  }
}

/** Each event of every kind became exactly what it has to, and nothing else arrived but numbered events. */
export function assertConverted(conversions: readonly Conversion[], statsig: StatsigStandIn): void {
  const arrived = statsig.accepted.filter(({ metadata }) => metadata?.sequence === undefined);
  for (const { sent, expected } of conversions) {
    const found = arrived.filter(({ user }) => user?.userID === sent.userId);
    assert.deepEqual(found, [expected], `what became of ${sent.messageId}`);
  }
  assert.equal(arrived.length, conversions.length, 'events arrived that were not to be delivered');
}

/** Counts of jobs by `state code`, as `{'succeeded 202': 200}`. */
export function countStates(jobs: readonly Job[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { state, code } of jobs) {
    const name = `${state} ${code}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
