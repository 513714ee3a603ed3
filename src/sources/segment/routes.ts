// The routes Segment's webhook destinations and partner subscriptions post to.

import type { ServerResponse } from 'node:http';
import { PluginError } from '../../base/errors.js';
import type { ReadBody, RequestReader } from '../../http/request-reader.js';
import type { RouteCode, RoutedRequest } from '../../http/route.js';
import { sendJsonText } from '../../http/send-response.js';
import type { Ingest, Ingested } from '../../ingest/inbound.js';
import type { WorkspaceDocument } from '../../settings/document.js';
import type { WorkspaceStore } from '../../settings/store.js';
import type { CompiledWorkspace } from '../../transform/compiled-workspace.js';
import { rethrowFullAsUnavailable } from '../outbox-full.js';
import { UNPROVEN_WEBHOOK } from '../request-limits.js';
import { isProvenByHead, proveSender, recogniseSender } from './authenticate.js';
import { answerMany, answerOne } from './respond.js';
import { unpackBody } from './unpack.js';

/** What the routes work with. */
export interface SegmentDeps {
  readonly reader: RequestReader;
  readonly store: WorkspaceStore;
  readonly ingest: Pick<Ingest, 'accept'>;
  /** Compiled once per revision of the document, which is the caller's to see to; events are named by the preset `segment` unless the settings say otherwise. */
  readonly compile: (document: WorkspaceDocument) => CompiledWorkspace;
  /** Told what became of the events of each request that was let in, in order. */
  readonly onResults: (results: readonly Ingested[], workspaceId: string) => void;
}

/**
 * `events` of the workspace in the path, and `eventsByApiKey` where an API key picks the workspace. An event's `integrations` and consent are not applied: Segment has
 * applied them before, and in what its Engage sends they name its own destinations only.
 */
export function createSegmentRoutes({
  reader,
  store,
  ingest,
  compile,
  onResults,
}: SegmentDeps): Readonly<Record<'events' | 'eventsByApiKey', RouteCode>> {
  function receive(request: RoutedRequest, response: ServerResponse, workspaceId: string | undefined): Promise<void> {
    if (!store.loaded) throw new PluginError('SETTINGS_NOT_LOADED');
    const recognised = recogniseSender(store, request.headers, workspaceId);
    const use = async (body: ReadBody) => {
      const sender = recognised.kind === 'signed' ? proveSender(recognised, await body.bytes()) : recognised;
      const { events, single } = unpackBody(await body.parse());
      const workspace = compile(sender.document);
      const results = await ingest.accept(workspace, events, sender.proof).catch(rethrowFullAsUnavailable);
      onResults(results, workspace.id);
      const [first] = results;
      const { status, body: answer } =
        single && first !== undefined
          ? answerOne(events[0], first, { kind: sender.kind, workspace })
          : answerMany(results);
      sendJsonText(response, status, JSON.stringify(answer));
    };
    return reader.withBody(request, use, isProvenByHead(recognised) ? undefined : UNPROVEN_WEBHOOK);
  }

  return {
    events: {
      params: ['workspace'],
      handle: (request, response) => receive(request, response, String(request.params.workspace)),
    },
    eventsByApiKey: { handle: (request, response) => receive(request, response, undefined) },
  };
}
