// Takes one webhook through the line: handshake, signature, events, calls.

import { ERRORS, PluginError } from '../../../base/errors.js';
import type { Logger } from '../../../base/logger.js';
import type { EpochMs } from '../../../base/time.js';
import { usePart } from '../../../http/body.js';
import type { HeapBudget } from '../../../http/in-flight.js';
import type { Refused } from '../../../http/refusals.js';
import type { Ingested } from '../../../ingest/inbound.js';
import type { IngestWatch } from '../../../ingest/ingest-watch.js';
import { describeInvalid } from '../../result-words.js';
import { findHandshake } from '../../statsig/handshake.js';
import { unpackBody } from '../../statsig/unpack.js';
import { proveWebhook } from './authenticate.js';
import { convertEvents } from './convert-events.js';
import type { ExposureWindow } from './exposure-window.js';
import type { OurSource } from './own-sources.js';
import { callsResponse, errorResponse, handshakeResponse, NOTHING_TO_SEND } from './respond.js';
import { readWebhook, type SourceVersion } from './unpack.js';

/** What answering works with. */
export interface WebhookResponderDeps {
  readonly window: ExposureWindow;
  /** Told what became of the events of each webhook that was let in, in order. */
  readonly onResults: (results: readonly Ingested[], workspaceId: string) => void;
  /** Told of the events. Default: no one. */
  readonly watch?: IngestWatch | undefined;
  readonly log: Logger;
}

/**
 * The answer to one webhook as JSON text; never rejects.
 *
 * @param heap of the request: the webhook is a string within its body
 * @param onRefused told where the webhook is refused
 */
export type WebhookResponder = (
  element: unknown,
  version: SourceVersion,
  source: OurSource,
  receivedAt: EpochMs,
  heap: HeapBudget,
  onRefused: (refused: Refused) => void,
) => Promise<string>;

/** The fault of the first event, where every event has one: otherwise the good ones would be sent again. */
function faultOfAll(results: readonly Ingested[]): string | undefined {
  const [first] = results;
  if (first?.kind !== 'invalid' || results.some(({ kind }) => kind !== 'invalid')) return undefined;
  return errorResponse(ERRORS[first.code].status, describeInvalid(first, 'BODY_NOT_STATSIG_EVENTS').message);
}

/** An responseReader for one element after the other: the order decides which exposure is the first. */
export function createWebhookResponder({ window, onResults, watch, log }: WebhookResponderDeps): WebhookResponder {
  const answer = async (
    element: unknown,
    version: SourceVersion,
    source: OurSource,
    receivedAt: EpochMs,
    heap: HeapBudget,
  ): Promise<string> => {
    const webhook = readWebhook(element, version);
    const verificationCode = await findHandshake(webhook.body, undefined);
    if (verificationCode !== undefined) {
      log.info({ workspace: source.outbound.workspaceId, source: source.target }, 'Statsig verified a webhook source.');
      return handshakeResponse(verificationCode);
    }
    proveWebhook(webhook, source.signing, receivedAt);
    const { calls, results } = usePart(webhook.body, heap, (body) => {
      const events = unpackBody(body);
      const converted = convertEvents(events, source, window, receivedAt);
      const look = watch?.(source.outbound.workspaceId, converted.results);
      look?.({ protocol: 'rudderstack_source', eventAt: (index) => events[index] })?.(converted.results);
      return converted;
    });
    onResults(results, source.outbound.workspaceId);
    return faultOfAll(results) ?? (calls.length === 0 ? NOTHING_TO_SEND : callsResponse(calls));
  };

  return async (element, version, source, receivedAt, heap, onRefused) => {
    try {
      return await answer(element, version, source, receivedAt, heap);
    } catch (error) {
      const { workspaceId } = source.outbound;
      if (!(error instanceof PluginError))
        log.error({ err: error, workspace: workspaceId }, 'A webhook could not be converted.');
      const { status, code, message } = error instanceof PluginError ? error : new PluginError('INTERNAL');
      onRefused({ code, message, workspaceId });
      return errorResponse(status, message);
    }
  };
}
