// Finds in an event the request to forget a person.

import type { Trace } from '../../base/trace.js';
import type { Invalid } from '../../model/conversion.js';
import type { SegmentEvent } from '../../model/segment-event.js';
import { findLongId } from '../size-limits.js';
import { toVisibleId } from '../visible-id.js';

/** A person is to be forgotten. */
export interface Deletion {
  readonly kind: 'deletion';
  readonly userId: string;
}

/** True for an event of the type `delete`, in any letter case, whether it names somebody or not. */
export function isDeletion({ type }: SegmentEvent): boolean {
  return typeof type === 'string' && type.toLowerCase() === 'delete';
}

/**
 * Whom an event of the type `delete` asks to forget (Segment's documentation, "Build a webhook"). Pure; never throws.
 *
 * @param trace collects who it is
 * @returns `undefined` for an event of another type
 */
export function findDeletion(event: SegmentEvent, trace?: Trace): Deletion | Invalid | undefined {
  if (!isDeletion(event)) return undefined;
  const userId = toVisibleId(event.userId);
  const long = findLongId(userId, 'message.userId');
  if (long !== undefined) return long;
  if (userId === undefined) return { kind: 'invalid', code: 'DELETION_USER_MISSING', path: 'message.userId' };
  trace?.add('deletion', `delete ${userId}`, 'type delete, userId');
  trace?.origin(['userId'], 'type delete, userId', [['userId']]);
  return { kind: 'deletion', userId };
}
