// Asks the upstream for its features, and remembers the last good answer.

import { parseJson } from '../../base/json.js';
import { shareRun } from '../../base/shared-run.js';
import { messageOf } from '../../base/system-error.js';
import { callHttp } from '../../call/http-call.js';
import { readWhole } from '../../call/whole-response.js';
import type { Via } from '../../http/via.js';
import type { JsonObject } from '../../model/segment-event.js';
import type { FeaturesCache, FeaturesLog } from './features-cache.js';
import { readFeatures } from './features-document.js';

/** `fresh`: the upstream said so just now; `cached`: it fails, an earlier document serves; `waiting`: there is none yet. */
export type FeaturesSourceState = 'fresh' | 'cached' | 'waiting';

export interface FeaturesSource {
  /** Asks the upstream once; calls meanwhile share the question. The last good document when that fails, if there is one. Never rejects. */
  readonly latest: () => Promise<JsonObject | undefined>;
  readonly state: () => FeaturesSourceState;
  /** Gives up asking, and waits until the cache file is written. */
  readonly close: () => Promise<void>;
}

const MESSAGES = {
  fresh: 'The upstream transformer states its features.',
  cached: 'The upstream transformer does not state its features: the last good ones are served.',
  waiting:
    'The upstream transformer does not state its features, and none are known: rudder-server has to wait, and a rudder-server that starts stays closed.',
} as const satisfies Record<FeaturesSourceState, string>;

/** That of a stock transformer has some kilobytes. */
const MAX_DOCUMENT_BYTES = 4 << 20;

/** Creates the source of the document at `href`. State changes are logged, not each failure. */
export function createFeaturesSource(
  href: string,
  cache: FeaturesCache | undefined,
  fetchTimeoutMs: number,
  via: Via,
  log: FeaturesLog,
): FeaturesSource {
  let asking = new AbortController();
  let state: FeaturesSourceState | undefined;
  let known: JsonObject | undefined;
  let loading: Promise<JsonObject | undefined> | undefined;

  function enter(next: FeaturesSourceState, reason?: string): void {
    if (next === state) return;
    state = next;
    if (next === 'fresh') log.info({ url: href }, MESSAGES.fresh);
    else log.warn({ url: href, reason }, MESSAGES[next]);
  }

  async function fetchDocument(signal: AbortSignal): Promise<JsonObject> {
    const limits = {
      timeoutMs: fetchTimeoutMs,
      maxResponseBytes: MAX_DOCUMENT_BYTES,
      isDocument: true,
      signal,
    } as const;
    const answer = await callHttp({ method: 'GET', url: href, headers: { via: via.header() } }, limits);
    const whole = readWhole(answer, fetchTimeoutMs);
    if ('problem' in whole) throw new Error(whole.problem);
    return readFeatures(parseJson(whole.text));
  }

  async function ask(): Promise<JsonObject | undefined> {
    asking = new AbortController();
    const { signal } = asking;
    try {
      known = await fetchDocument(signal);
      enter('fresh');
      cache?.save(known);
    } catch (error) {
      if (signal.aborted) return known;
      loading ??= cache?.load();
      known ??= await loading;
      enter(known === undefined ? 'waiting' : 'cached', messageOf(error));
    }
    return known;
  }

  return {
    latest: shareRun(ask),
    state: () => state ?? 'waiting',
    async close() {
      asking.abort();
      await cache?.close();
    },
  };
}
