// Says once of each workspace what is odd about its events.

import { growingCache } from '../base/growing-cache.js';
import type { Logger } from '../base/logger.js';
import type { NoteCounts } from '../ingest/tally-notes.js';
import { describeNote } from '../model/note-sentences.js';

/** More workspaces than a process has, mostly. Of the least recent ones it is said again. */
const MAX_TOLD = 10_000;

/** Told of the oddities of a request's events. */
export type NoticeEvents = (workspaceId: string, counts: NoteCounts) => void;

/** @returns logs each kind of oddity of a workspace at its first event; the metrics count all */
export function createEventNotices(log: Logger): NoticeEvents {
  const told = growingCache<true>(MAX_TOLD);
  return (workspace, counts) => {
    for (const [note] of counts.entries) {
      const key = `${note} ${workspace}`;
      if (told.get(key)) continue;
      told.set(key, true);
      log.warn({ workspace, note }, describeNote(note));
    }
  };
}
