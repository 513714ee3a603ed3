// Tells which payloads of the outbox are about people who are to be forgotten.

import { parseJson } from '../base/json.js';
import type { EpochMs } from '../base/time.js';
import { isJsonObject } from '../model/segment-event.js';
import { DELETIONS_TARGET, listOfTarget, STATSIG_TARGET, shownByDryRun } from '../outbox/lane-id.js';
import { toText } from '../transform/scalars.js';

/** Somebody who is to be forgotten. */
export interface Forgotten {
  readonly userId: string;
  /** What was accepted later is of somebody who came back. */
  readonly askedAt: EpochMs;
  /** Names the request, the same however often it is tried. */
  readonly request: string;
}

/**
 * Whose data it is; `undefined` where it is no person's. A deletion is not: it has yet to be sent. Nor is a change that takes somebody off a list: it is part of forgetting.
 *
 * @param content what a payload is the text of
 */
export function personIn(content: unknown, ofTarget: string): string | undefined {
  const target = shownByDryRun(ofTarget) ?? ofTarget;
  if (target === DELETIONS_TARGET || !isJsonObject(content)) return undefined;
  if (target === STATSIG_TARGET) return isJsonObject(content.user) ? toText(content.user.userID) : undefined;
  if (listOfTarget(target) !== undefined) return content.member === false ? undefined : toText(content.id);
  return toText(content.userId);
}

/** The same of the text. */
export function personOf(payload: string, target: string): string | undefined {
  return personIn(parseJson(payload), target);
}

/**
 * Whether a payload is to go.
 */
export function concernsAny(
  users: readonly Forgotten[],
): (payload: string, target: string, acceptedAt: EpochMs) => boolean {
  const until = new Map<string, number>();
  for (const { userId, askedAt } of users) until.set(userId, Math.max(askedAt, until.get(userId) ?? 0));
  return (payload, target, acceptedAt) => {
    const person = personOf(payload, target);
    const askedAt = person === undefined ? undefined : until.get(person);
    return askedAt !== undefined && acceptedAt <= askedAt;
  };
}
