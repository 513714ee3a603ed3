// What can be told of a dead letter's payload: the name of the event, and whose it is.

import { parseJson } from '../../base/json.js';
import { personIn } from '../../ingest/forgotten.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import { DELETIONS_TARGET, listOfTarget, shownByDryRun } from '../../outbox/lane-id.js';
import type { DeadLetter } from '../../outbox/outbox.js';
import type { KnownSecrets } from '../known-secrets.js';
import type { DeadLetterLine } from './shapes.js';

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);

/** The name as the target has it; `undefined` where there is none, or where the payload was damaged. */
export function eventIn(content: unknown, ofTarget: string): string | undefined {
  const target = shownByDryRun(ofTarget) ?? ofTarget;
  if (!isJsonObject(content)) return undefined;
  if (target === DELETIONS_TARGET) return 'deletion';
  if (listOfTarget(target) !== undefined) return content.member === false ? 'leaves the list' : 'enters the list';
  return text(content.eventName) ?? text(content.event) ?? text(content.name) ?? text(content.type);
}

function* textsOf(values: readonly unknown[]): Generator<string, void, void> {
  for (const value of values) {
    if (typeof value === 'string') yield value;
    else if (typeof value === 'number') yield String(value);
  }
}

/** The ids of the event's user that a filter may name. */
export function* idsIn(content: unknown): Generator<string, void, void> {
  if (!isJsonObject(content)) return;
  const user: JsonObject = isJsonObject(content.user) ? content.user : {};
  const customIds = isJsonObject(user.customIDs) ? Object.values(user.customIDs) : [];
  yield* textsOf([user.userID, user.email, ...customIds, content.userId, content.anonymousId, content.id]);
}

/** A dead letter as /api shows it: what a sender or a target wrote is without secrets that do not belong there. */
export function lineOf(letter: DeadLetter, { redact }: KnownSecrets): DeadLetterLine {
  const { messageId, onceKey, answer, payload: stored, ...rest } = letter;
  const shown = redact(stored);
  const payload = parseJson(shown) ?? shown;
  const event = eventIn(payload, letter.target);
  const user = personIn(payload, letter.target);
  return {
    ...rest,
    answer: redact(answer),
    ...(messageId !== undefined && { messageId: redact(messageId) }),
    ...(onceKey !== undefined && { onceKey: redact(onceKey) }),
    payload,
    ...(event !== undefined && { event }),
    ...(user !== undefined && { user }),
  };
}
