// The route Statsig's event webhook posts to.

import { PluginError } from '../../base/errors.js';
import type { EpochMs } from '../../base/time.js';
import { isOwnAgent } from '../../base/version.js';
import type { ReadBody, RequestReader } from '../../http/request-reader.js';
import type { RouteCode, RouteHandler } from '../../http/route.js';
import { sendJsonText } from '../../http/send-response.js';
import type { Ingested } from '../../ingest/inbound.js';
import type { OutboundIngest } from '../../ingest/outbound.js';
import type { WorkspaceDocument } from '../../settings/document.js';
import type { WorkspaceStore } from '../../settings/store.js';
import { findFirstSettingsFault } from '../../settings/validate-settings.js';
import type { CompiledOutbound } from '../../transform/compiled-outbound.js';
import { rethrowFullAsUnavailable } from '../outbox-full.js';
import { SIGNED_WEBHOOK } from '../request-limits.js';
import { proveSender, recogniseSender } from './authenticate.js';
import { findHandshake, HANDSHAKE_LIMIT, type Handshake } from './handshake.js';
import { receivedText, verificationText } from './respond.js';
import { unpackBody } from './unpack.js';

/** What the route works with. */
export interface StatsigDeps {
  readonly reader: RequestReader;
  readonly store: WorkspaceStore;
  readonly ingest: OutboundIngest;
  /** Compiled once per revision of the document, which is the caller's to see to. */
  readonly compileOutbound: (document: WorkspaceDocument) => CompiledOutbound;
  readonly now: () => EpochMs;
  /** Told what became of the events of each request that was let in, in order. */
  readonly onResults: (results: readonly Ingested[], workspaceId: string) => void;
  /** Told of each handshake that was answered. */
  readonly onHandshake: (handshake: Handshake) => void;
}

/**
 * `events`: answered `{success, accepted, duplicates, filtered, rejected}`, and 200 also when some events are rejected, because the good ones
 * would be sent again. The handshake is answered `{verification_code}` without a signature, to everybody who writes a workspace's id as it could be.
 */
export function createStatsigRoutes(deps: StatsigDeps): Readonly<Record<'events', RouteCode>> {
  const { reader, store, ingest, compileOutbound, now, onResults, onHandshake } = deps;

  const receive: RouteHandler = (request, response) => {
    if (!store.loaded) throw new PluginError('SETTINGS_NOT_LOADED');
    const receivedAt = now();
    const id = String(request.params.workspace);
    const { 'content-length': length = 0, 'content-encoding': encoding, 'user-agent': agent } = request.headers;
    const sender = recogniseSender(store, request.headers, id);
    if (sender.kind === 'refused' && Number(length) > HANDSHAKE_LIMIT.bytes) throw sender.error;
    const use = async (body: ReadBody) => {
      const verificationCode = await findHandshake(body.raw, encoding);
      if (verificationCode !== undefined) {
        // No answer tells which workspaces exist. Statsig learns nothing of a wrong id: the log tells it.
        if (findFirstSettingsFault({ id }) !== undefined) throw new PluginError('WORKSPACE_UNKNOWN');
        const isKnown = store.findById(id) !== undefined;
        onHandshake({ workspaceId: id, isKnown, isOwnCheck: isOwnAgent(agent) });
        sendJsonText(response, 200, verificationText(verificationCode));
        return;
      }
      const document = await proveSender(sender, body, receivedAt);
      const accepted = ingest.accept(compileOutbound(document), unpackBody(await body.parse()));
      const results = await accepted.catch(rethrowFullAsUnavailable);
      onResults(results, document.id);
      sendJsonText(response, 200, receivedText(results));
    };
    if (sender.kind !== 'refused') return reader.withBody(request, use, SIGNED_WEBHOOK);
    return reader.withBody(request, use, HANDSHAKE_LIMIT).catch((error: unknown) => {
      throw error instanceof PluginError && error.code === 'BODY_TOO_LARGE' ? sender.error : error;
    });
  };
  return { events: { params: ['workspace'], handle: receive } };
}
