// Reads which ID types events name themselves.

import { isJsonObject } from '../../model/segment-event.js';
import { findStatsigSources, readPairs } from '../../transform/statsig-properties.js';

/** Names that are taken: senders may write any number, of any length. */
const MOST_NAMES = 20;
const MAX_LENGTH = 100;

/** The names of `statsigCustomIDs` in events as they were received, each once; the first twenty. */
export function findNamesInEvents(events: readonly unknown[]): readonly string[] {
  const names = events
    .filter(isJsonObject)
    .flatMap(findStatsigSources)
    .flatMap(({ fields }) => readPairs(fields.statsigCustomIDs))
    .map(({ name }) => name);
  return [...new Set(names)].filter((name) => name.length <= MAX_LENGTH).slice(0, MOST_NAMES);
}
