// What to do about dead letters, by why they are there: one sentence each, which pages, commands and documents share.

import { DELETIONS_TARGET, isIntoStatsig, listOfTarget } from '../../outbox/lane-id.js';

/** The setting that holds the key of a target. */
function keyOf(target: string): string {
  if (listOfTarget(target) !== undefined) return "the workspace's `consoleKey`";
  if (target === DELETIONS_TARGET || isIntoStatsig(target)) return "the workspace's `secretKey`";
  return `the \`writeKey\` of the target \`${target}\``;
}

/** The setting that holds its address. */
function addressOf(target: string): string {
  if (listOfTarget(target) !== undefined) return '`consoleUrl`';
  if (target === DELETIONS_TARGET) return '`apiUrl`';
  return isIntoStatsig(target) ? '`eventsUrl`' : `the address of the target \`${target}\``;
}

const missingList = (target: string) =>
  listOfTarget(target) === undefined
    ? `Nothing is at the address. Correct ${addressOf(target)} in the settings, then redeliver.`
    : 'The ID list does not exist. Make it in Statsig, or set `audiences.createMissing`, then redeliver.';

const FIXES: Readonly<Record<string, (target: string) => string>> = {
  rejected: () =>
    'The target does not take these events as they are: the answer says why. Correct their sender or the mapping for the events to come. A redelivery sends the same once more; drop what cannot be used.',
  unauthorized: (target) => `The target refused the key. Correct ${keyOf(target)} in the settings, then redeliver.`,
  forbidden: (target) =>
    `The key may not do this. Give it the right to, or correct ${keyOf(target)} in the settings, then redeliver.`,
  not_found: missingList,
  too_large: () =>
    'An event is larger than the target takes. Leave out fields with the mapping for the events to come, and drop these.',
  attempts_exhausted: () =>
    'The target failed for more than a day. See what it answers now, correct that, then redeliver.',
  unconfirmed: () =>
    'The target said neither yes nor no, and may have these events. Look there first: a redelivery may send them twice.',
  expired: () =>
    'They waited longer than `OUTBOX_MAX_AGE_MS`. See what the lane waited for, correct that, then redeliver.',
  damaged: () =>
    'The disk gave back something else than was stored. They cannot be sent: drop them, and look after the disk.',
};

/** Why events become dead letters. */
export const DEATH_REASONS: readonly string[] = Object.keys(FIXES);

/** A sentence for people; of a reason of a later version what holds of all. */
export function fixFor(reason: string, target: string): string {
  return FIXES[reason]?.(target) ?? 'The answer says why. Correct that, then redeliver, or drop them.';
}
