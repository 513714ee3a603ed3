// The routes rudder-server's gateway sends received webhooks to.

import type { ServerResponse } from 'node:http';
import { PluginError } from '../../../base/errors.js';
import type { Logger } from '../../../base/logger.js';
import type { EpochMs } from '../../../base/time.js';
import type { ByteBudget } from '../../../http/in-flight.js';
import type { NoteRefusal } from '../../../http/refusals.js';
import type { ReadBody, RequestReader } from '../../../http/request-reader.js';
import type { RouteCode, RoutedRequest, RouteHandler } from '../../../http/route.js';
import { sendJsonText } from '../../../http/send-response.js';
import type { Via } from '../../../http/via.js';
import type { Ingested } from '../../../ingest/inbound.js';
import type { IngestWatch } from '../../../ingest/ingest-watch.js';
import type { WorkspaceDocument } from '../../../settings/document.js';
import type { WorkspaceStore } from '../../../settings/store.js';
import type { CompiledOutbound } from '../../../transform/compiled-outbound.js';
import { assertBatchLength } from '../../request-limits.js';
import { isStatsigSource, NO_DOCUMENT } from '../destination-type.js';
import { type OwnerField, readUnlessOthers } from '../read-unless-others.js';
import type { Upstream } from '../upstream.js';
import { createExposureWindow, type ExposureExchange } from './exposure-window.js';
import { createOwnSources, type OurSource } from './own-sources.js';
import { createWebhookResponder } from './respond-to-webhook.js';
import { createUnnamedResponder } from './unnamed-webhooks.js';
import type { SourceVersion } from './unpack.js';

/** rudder-server's gateway puts 32 into a request unless it is told otherwise. */
const MAX_WEBHOOKS = 10_000;

/** What the routes work with. */
export interface SourcesDeps {
  readonly reader: RequestReader;
  readonly store: WorkspaceStore;
  /** Compiled once per revision of the document, which is the caller's to see to. */
  readonly compileOutbound: (document: WorkspaceDocument) => CompiledOutbound;
  /** Takes whole requests of which nothing is ours. */
  readonly upstream: Upstream | undefined;
  /** Address of the same transformer, for the rest of requests that are partly ours. */
  readonly upstreamUrl: string | undefined;
  /** The name that requests to it get. */
  readonly via: Via;
  /** Milliseconds the upstream has for that rest. Default 8000. */
  readonly upstreamTimeoutMs?: number;
  readonly now: () => EpochMs;
  /** The same by a clock that is never set back, for windows. */
  readonly steadyNow: () => EpochMs;
  /** Where replicas tell each other which exposures passed. Default: there are no others. */
  readonly exposures?: ExposureExchange | undefined;
  /** Told what became of the events of each webhook that was let in, in order. */
  readonly onResults: (results: readonly Ingested[], workspaceId: string) => void;
  /** Told of the events. Default: no one. */
  readonly watch?: IngestWatch | undefined;
  /** Told of each webhook that is refused in an answer to others. */
  readonly onRefused: NoteRefusal;
  readonly log: Logger;
}

/** One element of a request and the source it is of, where that is ours. */
interface Sorted {
  readonly element: unknown;
  readonly source: OurSource | undefined;
}

/**
 * Webhooks of sources of our type, and of the general type `webhook` those of the sources that settings documents name: the others are the upstream's. A request
 * holds webhooks of many sources, and is answered 200 with one answer for each, in order: rudder-server takes all of them or none.
 */
export function createSourcesRoutes(
  deps: SourcesDeps,
): Readonly<Record<'sourceTransformV1' | 'sourceTransformV2', RouteCode>> {
  const { reader, store, compileOutbound, upstream, upstreamUrl, now, onResults, onRefused, log } = deps;
  const ownSources = createOwnSources(store, compileOutbound);
  const answerWebhook = createWebhookResponder({
    window: createExposureWindow(deps.steadyNow, undefined, deps.exposures),
    onResults,
    watch: deps.watch,
    log,
  });
  const namedSource: OwnerField = {
    name: 'source',
    level: 2,
    isOurs: (source) => ownSources.findNamed({ source }) !== undefined,
  };
  const answerUnnamed = createUnnamedResponder({ upstreamUrl, via: deps.via, timeoutMs: deps.upstreamTimeoutMs, log });

  async function answerAll(
    sorted: readonly Sorted[],
    version: SourceVersion,
    request: RoutedRequest,
    { heap }: ReadBody,
    room: ByteBudget,
  ): Promise<string> {
    const receivedAt = now();
    const unnamed = sorted.flatMap(({ element, source }) => (source === undefined ? [element] : []));
    const pending =
      unnamed.length === 0 ? [] : answerUnnamed(request.url, unnamed, (refused) => onRefused(request, refused));
    const answers: (string | undefined)[] = [];
    for (const { element, source } of sorted) {
      const answer =
        source &&
        (await answerWebhook(element, version, source, receivedAt, heap, (refused) => onRefused(request, refused)));
      if (answer !== undefined) room.add(Buffer.byteLength(answer));
      answers.push(answer);
    }
    const theirs = await pending;
    let next = 0;
    return `[${answers.map((answer) => answer ?? theirs[next++]).join(',')}]`;
  }

  async function answerOurs(response: ServerResponse, answers: Promise<string>): Promise<void> {
    const text = await answers;
    response.setHeader('apiVersion', '2');
    sendJsonText(response, 200, text);
  }

  function receiveStatsig(request: RoutedRequest, response: ServerResponse, version: SourceVersion): Promise<void> {
    return reader.withBody(request, async (body) => {
      const elements = await body.parse();
      if (!Array.isArray(elements)) throw new PluginError('BODY_NOT_A_BATCH');
      assertBatchLength(elements.length, MAX_WEBHOOKS);
      const sorted = elements.map((element) => ({ element, source: ownSources.findStatsig(element) }));
      await answerOurs(response, answerAll(sorted, version, request, body, body.answerTo(response)));
    });
  }

  /** What no one can read is the upstream's to judge, where there is one. */
  function receiveWebhook(request: RoutedRequest, response: ServerResponse, version: SourceVersion): Promise<void> {
    return reader.withBody(request, async (body) => {
      const read = () => body.parse();
      const elements = await (upstream === undefined ? read() : readUnlessOthers(body, namedSource, read));
      if (!Array.isArray(elements) && upstream === undefined) throw new PluginError('BODY_NOT_A_BATCH');
      if (Array.isArray(elements)) assertBatchLength(elements.length, MAX_WEBHOOKS);
      const sorted = Array.isArray(elements)
        ? elements.map((element) => ({ element, source: ownSources.findNamed(element) }))
        : [];
      if (sorted.some(({ source }) => source !== undefined))
        return answerOurs(response, answerAll(sorted, version, request, body, body.answerTo(response)));
      if (upstream !== undefined) return upstream.forward(request, response, body.raw);
      throw new PluginError('ROUTE_UNKNOWN', NO_DOCUMENT);
    });
  }

  function receive(version: SourceVersion): RouteCode {
    const handle: RouteHandler = (request, response, next) => {
      const { sourceType } = request.params;
      const isOurs = isStatsigSource(sourceType);
      if (!isOurs && String(sourceType).trim().toLowerCase() !== 'webhook') return next('route');
      if (!store.loaded) throw new PluginError('SETTINGS_NOT_LOADED');
      if (isOurs) return receiveStatsig(request, response, version);
      return ownSources.exist() ? receiveWebhook(request, response, version) : next('route');
    };
    return { params: ['sourceType'], handle };
  }

  return { sourceTransformV1: receive('v1'), sourceTransformV2: receive('v2') };
}
