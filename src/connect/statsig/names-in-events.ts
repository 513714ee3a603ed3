// Reads which ID types events name themselves.

import { isJsonObject } from '../../model/segment-event.js';
import { findStatsigSources, readPairs } from '../../transform/statsig-properties.js';

/** The names of `statsigCustomIDs` in events as they were received, each once. */
export function findNamesInEvents(events: readonly unknown[]): readonly string[] {
  const names = events
    .filter(isJsonObject)
    .flatMap(findStatsigSources)
    .flatMap(({ fields }) => readPairs(fields.statsigCustomIDs))
    .map(({ name }) => name);
  return [...new Set(names)];
}
