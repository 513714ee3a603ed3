// Asks the upstream for its features, and remembers the last good answer.

import { shareRun } from '../../base/shared-run.js';
import { startDeadline } from '../../call/deadline.js';
import type { JsonObject } from '../../model/segment-event.js';
import { createFeaturesCache, type FeaturesLog } from './features-cache.js';
import { parseFeatures } from './features-document.js';

/** `fresh`: the upstream said so just now; `cached`: it fails, an earlier document serves; `waiting`: there is none yet. */
export type FeaturesSourceState = 'fresh' | 'cached' | 'waiting';

export interface FeaturesSource {
  /** Asks the upstream once; calls meanwhile share the question. The last good document when that fails, if there is one. Never rejects. */
  readonly latest: () => Promise<JsonObject | undefined>;
  readonly state: () => FeaturesSourceState;
  /** Waits until the cache file is written. */
  readonly close: () => Promise<void>;
}

const MESSAGES = {
  fresh: 'The upstream transformer states its features.',
  cached: 'The upstream transformer does not state its features: the last good ones are served.',
  waiting:
    'The upstream transformer does not state its features, and none are known: rudder-server has to wait, and a rudder-server that starts stays closed.',
} as const satisfies Record<FeaturesSourceState, string>;

/** What went wrong, in one word if Node knows one: `fetch` says no more than "fetch failed" itself. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : error.message;
}

/** Creates the source of the document at `href`. State changes are logged, not each failure. */
export function createFeaturesSource(
  href: string,
  cacheFile: string | undefined,
  fetchTimeoutMs: number,
  log: FeaturesLog,
): FeaturesSource {
  const cache = cacheFile === undefined ? undefined : createFeaturesCache(cacheFile, log);
  let state: FeaturesSourceState | undefined;
  let known: JsonObject | undefined;
  let loading: Promise<JsonObject | undefined> | undefined;

  function enter(next: FeaturesSourceState, reason?: string): void {
    if (next === state) return;
    state = next;
    if (next === 'fresh') log.info({ url: href }, MESSAGES.fresh);
    else log.warn({ url: href, reason }, MESSAGES[next]);
  }

  async function fetchDocument(): Promise<JsonObject> {
    const deadline = startDeadline(fetchTimeoutMs);
    try {
      const answer = await fetch(href, { redirect: 'manual', signal: deadline.signal });
      const text = await answer.text();
      if (answer.status !== 200) throw new Error(`status ${answer.status}`);
      return parseFeatures(text);
    } finally {
      deadline.clear();
    }
  }

  async function ask(): Promise<JsonObject | undefined> {
    try {
      known = await fetchDocument();
      enter('fresh');
      cache?.save(known);
    } catch (error) {
      loading ??= cache?.load();
      known ??= await loading;
      enter(known === undefined ? 'waiting' : 'cached', reasonOf(error));
    }
    return known;
  }

  return {
    latest: shareRun(ask),
    state: () => state ?? 'waiting',
    close: async () => cache?.close(),
  };
}
