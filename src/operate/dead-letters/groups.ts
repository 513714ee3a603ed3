// Groups dead letters by target, reason and status.

import { createBreather } from '../../base/breather.js';
import { parseJson } from '../../base/json.js';
import type { EpochMs } from '../../base/time.js';
import type { DeadLetter, Outbox } from '../../outbox/outbox.js';
import type { KnownSecrets } from '../known-secrets.js';
import { eventIn } from './content.js';
import { type Looked, lookThrough } from './find.js';
import { fixFor } from './fixes.js';
import type { DeadLetterFilter, DeadLetterGroup, DeadLetterGroups } from './shapes.js';

/** Bounds of one look. */
export interface GroupLimits {
  /** Dead letters that are read: more take too long to wait for. */
  readonly maxRead: number;
  readonly maxGroups: number;
}

const LIMITS: GroupLimits = { maxRead: 100_000, maxGroups: 200 };

interface Gathered {
  count: number;
  isAtLeast: boolean;
  /** When it died. */
  oldest: EpochMs;
  readonly newest: DeadLetter;
}

function groupOf({ count, isAtLeast, oldest, newest }: Gathered, { redact }: KnownSecrets): DeadLetterGroup {
  const { workspaceId, target, reason, status, key, answer, diedAt, payload } = newest;
  const event = eventIn(parseJson(redact(payload)), target);
  return {
    workspaceId,
    target,
    reason,
    ...(status !== undefined && { status }),
    count,
    ...(isAtLeast && { isAtLeast }),
    oldest,
    newest: diedAt,
    sample: { key, answer: redact(answer), ...(event !== undefined && { event }) },
    fix: fixFor(reason, target),
  };
}

/** Groups the newest of a lane. @returns how many were read, and whether there are more */
async function groupLane(
  looked: AsyncIterable<Looked>,
  maxRead: number,
  groups: Gathered[],
): Promise<{ readonly read: number; readonly hasMore: boolean }> {
  const breathe = createBreather();
  const ofLane = new Map<string, Gathered>();
  let read = 0;
  let hasMore = false;
  for await (const { letter, isMeant } of looked) {
    hasMore = read === maxRead;
    if (hasMore) break;
    read += 1;
    await breathe();
    if (!isMeant) continue;
    const name = `${letter.status} ${letter.reason}`;
    const group = ofLane.get(name);
    if (group === undefined) ofLane.set(name, { count: 1, isAtLeast: false, oldest: letter.diedAt, newest: letter });
    else {
      group.count += 1;
      group.oldest = letter.diedAt;
    }
  }
  for (const group of ofLane.values()) {
    group.isAtLeast = hasMore;
    groups.push(group);
  }
  return { read, hasMore };
}

/**
 * Reads so many at most, of each lane its share of them, and lets others in between.
 *
 * @throws PluginError OUTBOX_UNAVAILABLE
 */
export async function groupDeadLetters(
  outbox: Pick<Outbox, 'deadLetters' | 'status'>,
  filter: DeadLetterFilter,
  secrets: KnownSecrets,
  { maxRead, maxGroups }: GroupLimits = LIMITS,
): Promise<DeadLetterGroups> {
  const { lanes, counts } = await outbox.status();
  const meant = lanes
    .filter(({ deadLetters }) => deadLetters > 0)
    .filter(({ workspaceId }) => filter.workspace === undefined || workspaceId === filter.workspace)
    .filter(({ target }) => filter.target === undefined || target === filter.target)
    // What a small lane leaves of its share is the others'.
    .sort((one, other) => one.deadLetters - other.deadLetters);
  const groups: Gathered[] = [];
  let read = 0;
  let isPartial = false;
  for (const [at, { workspaceId: workspace, target }] of meant.entries()) {
    const share = Math.floor((maxRead - read) / (meant.length - at));
    const looked = lookThrough(outbox, { ...filter, workspace, target }, { newestFirst: true });
    const lane = await groupLane(looked, share, groups);
    read += lane.read;
    isPartial ||= lane.hasMore;
  }
  groups.sort((one, other) => other.count - one.count);
  return {
    groups: groups.slice(0, maxGroups).map((group) => groupOf(group, secrets)),
    read,
    // As the outbox has counted them: right however many there are.
    ...(counts === undefined && { total: meant.reduce((sum, { deadLetters }) => sum + deadLetters, 0) }),
    isPartial,
    omitted: Math.max(0, groups.length - maxGroups),
  };
}
