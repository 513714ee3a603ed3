// Answers GET /features: what rudder-server may ask of this plugin and of the transformer behind it.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { sendJsonText } from '../../http/send-response.js';
import type { Via } from '../../http/via.js';
import type { JsonObject } from '../../model/segment-event.js';
import { createFeaturesCache, type FeaturesLog } from './features-cache.js';
import { mergeFeatures, standaloneFeatures } from './features-document.js';
import { createFeaturesSource, type FeaturesSource, type FeaturesSourceState } from './features-source.js';
import { readUpstreamUrl } from './upstream-url.js';

/** `standalone`: no upstream is set; else how the upstream's document is known. */
export type FeaturesState = 'standalone' | FeaturesSourceState;

export interface FeaturesOptions {
  /** The stock transformer; without one the plugin answers for itself alone. */
  readonly upstream?: { readonly url: string; readonly via: Via } | undefined;
  /** Whether rudder-server's router shall transform Statsig events in batches; else its processor sends them. */
  readonly routerTransform: boolean;
  /** File that keeps the upstream's last good document over restarts. */
  readonly cacheFile?: string | undefined;
  /** False where another process writes that file, and this one only reads it. Default: true. */
  readonly keepsCache?: boolean | undefined;
  /** How long a request waits for the first document, in milliseconds. rudder-server itself gives up after 30 s. */
  readonly holdMs?: number | undefined;
  /** Pause between two questions to the upstream while a request waits, in milliseconds. */
  readonly retryMs?: number | undefined;
  /** Time the upstream gets to answer, in milliseconds. */
  readonly fetchTimeoutMs?: number | undefined;
  readonly log: FeaturesLog;
}

export interface Features {
  /** Answers the request, or ends its connection without an answer. Never rejects. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** Asks the upstream now, so that the first poll finds a document and readiness need not wait for a poll. Never rejects. */
  readonly refresh: () => Promise<void>;
  readonly state: () => FeaturesState;
  /** Waits until the cache file is written. */
  readonly close: () => Promise<void>;
}

/** Asks until there is a document, for `holdMs` at most, and no longer than the client listens. */
async function waitForDocument(
  source: FeaturesSource,
  response: ServerResponse,
  holdMs: number,
  retryMs: number,
): Promise<JsonObject | undefined> {
  const hold = new AbortController();
  const stop = () => hold.abort();
  const stopped = new Promise<undefined>((resolve) => hold.signal.addEventListener('abort', () => resolve(undefined)));
  const deadline = setTimeout(stop, holdMs);
  response.once('close', stop);
  if (response.destroyed) stop();
  try {
    let document: JsonObject | undefined;
    while (document === undefined && !hold.signal.aborted) {
      document = await Promise.race([source.latest(), stopped]);
      if (document === undefined) await sleep(retryMs, undefined, { signal: hold.signal }).catch(() => {});
    }
    return document;
  } finally {
    clearTimeout(deadline);
    response.off('close', stop);
  }
}

/**
 * Creates the responseReader of GET /features. Throws an Error for an upstream address that cannot be used.
 *
 * Reasons, from the behaviour of RudderStack's rudder-server: it opens its gateway at the first answer of any status,
 * and a 503 as the first would start it with built-in defaults, some of them kept until a restart. So while nothing is
 * known of the upstream there is no answer at all. A document of our own in place of the upstream's would switch the
 * other destinations between router and processor transform.
 */
export function createFeatures(options: FeaturesOptions): Features {
  const {
    upstream,
    routerTransform,
    cacheFile,
    keepsCache = true,
    holdMs = 25_000,
    retryMs = 1_000,
    fetchTimeoutMs = 5_000,
    log,
  } = options;

  if (upstream === undefined) {
    const text = JSON.stringify(standaloneFeatures(routerTransform));
    return {
      handle: async (_request, response) => sendJsonText(response, 200, text),
      refresh: async () => {},
      state: () => 'standalone',
      close: async () => {},
    };
  }

  // A file or memory can only serve once the upstream has failed: that has to happen within the hold.
  const timeoutMs = Math.min(fetchTimeoutMs, holdMs / 2);
  const cache = cacheFile === undefined ? undefined : createFeaturesCache(cacheFile, log);
  const source = createFeaturesSource(
    readUpstreamUrl(upstream.url).href('/features'),
    keepsCache || cache === undefined ? cache : { ...cache, save() {} },
    timeoutMs,
    upstream.via,
    log,
  );
  return {
    handle: async (_request, response) => {
      const document = await waitForDocument(source, response, holdMs, retryMs);
      if (document === undefined) response.destroy();
      else sendJsonText(response, 200, JSON.stringify(mergeFeatures(document, routerTransform)));
    },
    refresh: async () => {
      await source.latest();
    },
    state: source.state,
    close: source.close,
  };
}
