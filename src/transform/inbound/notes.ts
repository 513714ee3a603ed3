// Notes what is odd about the ids of a converted event.

import type { Trace } from '../../base/trace.js';
import type { Notes } from '../../model/notes.js';
import type { SegmentEvent } from '../../model/segment-event.js';
import type { StatsigUser } from '../../model/statsig-event.js';
import { noteId } from '../doubtful-id.js';
import { toVisibleId } from '../visible-id.js';

const NOT_MAPPED: Notes = ['anonymous_not_mapped'];
const NO_ID: Notes = ['no_id'];

/** @param user as built of the event */
export function noteIds(event: SegmentEvent, user: StatsigUser, trace?: Trace): Notes | undefined {
  if (user.userID === undefined && user.customIDs === undefined) {
    return toVisibleId(event.anonymousId) === undefined ? NO_ID : NOT_MAPPED;
  }
  let notes = noteId(user.userID);
  for (const name in user.customIDs) notes ??= noteId(user.customIDs[name]);
  if (notes !== undefined) trace?.add('identifiers', 'an id is doubtful', 'programs write it where they have none');
  return notes;
}
