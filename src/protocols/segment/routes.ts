// The routes Segment's webhook destinations and partner subscriptions post to.

import { type Request, type Response, Router } from 'express';
import type { Ingest, Ingested } from '../../delivery/ingest.js';
import { PluginError } from '../../errors.js';
import { sendJsonText } from '../../http/answer.js';
import type { ReadBody, RequestReader } from '../../http/request-reader.js';
import type { CompiledWorkspace } from '../../workspace/compiled-workspace.js';
import type { WorkspaceDocument } from '../../workspace/document.js';
import type { WorkspaceStore } from '../../workspace/store.js';
import { answerMany, answerOne } from './answer.js';
import { unpackBody } from './body.js';
import { proveSender, recogniseSender } from './sender.js';

/** What the routes work with. */
export interface SegmentDeps {
  readonly reader: RequestReader;
  readonly store: WorkspaceStore;
  readonly ingest: Ingest;
  /** Compiled once per revision of the document, which is the caller's to see to; events are named by the preset `segment` unless the settings say otherwise. */
  readonly compile: (document: WorkspaceDocument) => CompiledWorkspace;
  /** Told what became of the events of each request that was let in, in order. */
  readonly onResults: (results: readonly Ingested[], workspaceId: string) => void;
}

/** What a sender signs has no Content-Encoding; JSON that JavaScript wrote comes out of parsing and writing as it was. */
async function signedBytes(body: ReadBody, encoding: string | undefined): Promise<Buffer> {
  if (encoding === undefined || encoding.trim().toLowerCase() === 'identity') return body.raw;
  try {
    return Buffer.from(JSON.stringify(await body.parse()));
  } catch (error) {
    if (error instanceof RangeError) throw new PluginError('BODY_TOO_DEEP');
    throw error;
  }
}

/** Segment's classic webhooks try again after 5xx, but not after 429. */
function rethrowForSegment(error: unknown): never {
  if (error instanceof PluginError && error.code === 'OUTBOX_FULL')
    throw new PluginError('OUTBOX_UNAVAILABLE', 'the outbox is full');
  throw error;
}

/**
 * `POST /segment/:workspace`, and `POST /segment` where an API key picks the workspace. An event's `integrations` and consent are not applied: Segment has
 * applied them before, and in what its Engage sends they name its own destinations only.
 */
export function createSegmentRouter({ reader, store, ingest, compile, onResults }: SegmentDeps): Router {
  const router = Router({ caseSensitive: true });

  function receive(request: Request, response: Response, workspaceId: string | undefined): Promise<void> {
    if (!store.loaded) throw new PluginError('SETTINGS_NOT_LOADED');
    const recognised = recogniseSender(store, request.headers, workspaceId);
    return reader.withBody(request, async (body) => {
      const sender =
        recognised.kind === 'signed'
          ? proveSender(recognised, await signedBytes(body, request.headers['content-encoding']))
          : recognised;
      const { events, single } = unpackBody(await body.parse());
      const workspace = compile(sender.document);
      const results = await ingest.accept(workspace, events).catch(rethrowForSegment);
      onResults(results, workspace.id);
      const [first] = results;
      const { status, body: answer } =
        single && first !== undefined
          ? answerOne(events[0], first, { kind: sender.kind, dryRun: workspace.secretKey === undefined })
          : answerMany(results);
      sendJsonText(response, status, JSON.stringify(answer));
    });
  }

  router.post('/segment', (request, response) => receive(request, response, undefined));
  router.post('/segment/:workspace', (request, response) => receive(request, response, request.params.workspace));
  return router;
}
