// Shows the requests that a decision becomes, as they would be sent, with every key masked.

import { randomUUID } from 'node:crypto';
import { parseJson } from '../../base/json.js';
import { Secret } from '../../base/secret.js';
import { type HttpRequest, headersToShow } from '../../call/http-request.js';
import type { InboundDecision } from '../../ingest/inbound-line.js';
import { addressCall, type OutboundDecision, type ReadyCalls } from '../../ingest/outbound-line.js';
import { isJsonObject } from '../../model/segment-event.js';
import { createSegmentClient, type SegmentClient } from '../../targets/segment/segment-client.js';
import { deletionRequest } from '../../targets/statsig-deletions/request.js';
import { logEventRequest } from '../../targets/statsig-events/request.js';
import { listRequests } from '../../targets/statsig-lists/request.js';
import { DRY_RUN_TARGET, type OutboundTarget } from '../../transform/compiled-outbound.js';
import { packListEntries } from '../rudderstack/audience/list-entries.js';
import { deliveryRequestText, listRequestText } from '../rudderstack/delivery-request.js';

/** A request. */
export interface ShownRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed. */
  readonly body: unknown;
}

/** Shows what a decision becomes. */
export type RequestShower = (
  decision: Extract<InboundDecision | OutboundDecision, { readonly kind: 'ready' }>,
) => Promise<readonly ShownRequest[]>;

/** Stands for a key that there is none of. */
export const NO_KEY = 'not-set';

/** Where calls go when the settings name no target: shown, not sent. */
const NO_TARGET: OutboundTarget = {
  name: DRY_RUN_TARGET,
  writeKey: new Secret(NO_KEY),
  host: 'https://api.segment.io',
  path: '/v1/batch',
};

function shown(request: HttpRequest): ShownRequest {
  const { method, url, body = 'null' } = request;
  return { method, url, headers: headersToShow(request), body: parseJson(body) };
}

/** As much as is shown of a delivery request. */
interface DeliveryRequest {
  readonly method: string;
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly JSON: object };
}

/** What rudder-server would be told to send. */
function ofDelivery(text: string): ShownRequest {
  const { method, endpoint, headers, body }: DeliveryRequest = JSON.parse(text);
  const isSet = headers['STATSIG-API-KEY'] !== NO_KEY;
  const masked = { ...headers, 'STATSIG-API-KEY': isSet ? '[redacted]' : '[not set]' };
  return { method, url: endpoint, headers: masked, body: body.JSON };
}

/** Has Segment's SDK make the requests, and keeps them. One client for each target. */
function createCallShower(): (target: OutboundTarget, payloads: readonly string[]) => Promise<readonly ShownRequest[]> {
  const clients = new Map<string, SegmentClient>();
  let kept: ShownRequest[] = [];
  const clientOf = (target: OutboundTarget) => {
    const key = `${target.name}\n${target.host}${target.path}`;
    const client =
      clients.get(key) ??
      createSegmentClient(target, async (request) => {
        const { body, ...rest } = shown(request);
        const masked = isJsonObject(body) && body.writeKey !== undefined ? { ...body, writeKey: '[redacted]' } : body;
        kept.push({ ...rest, body: masked });
        return { kind: 'unanswered', reason: 'aborted', message: 'shown, not sent' };
      });
    clients.set(key, client);
    return client;
  };
  return async (target, payloads) => {
    kept = [];
    await clientOf(target).send(payloads, new AbortController().signal);
    return kept;
  };
}

/** @param now milliseconds since the epoch */
export function createRequestShower(now: () => number): RequestShower {
  const showCalls = createCallShower();
  const sessionId = randomUUID();

  async function ofCalls(ready: ReadyCalls): Promise<readonly ShownRequest[]> {
    const { targets } = ready.outbound;
    const requests: ShownRequest[] = [];
    for (const target of targets.length === 0 ? [NO_TARGET] : targets) {
      const payloads = ready.calls.map((call) => addressCall(ready, call, target.name).payload);
      requests.push(...(await showCalls(target, payloads)));
    }
    return requests;
  }

  return async (ready) => {
    if ('calls' in ready) return ofCalls(ready);
    const { workspace } = ready;
    switch (ready.about) {
      case 'event': {
        const { isPushed, payload } = ready;
        return isPushed
          ? [shown(logEventRequest(workspace, [{ payload, attempts: 0 }], sessionId))]
          : [ofDelivery(deliveryRequestText(workspace, [payload]))];
      }
      case 'list': {
        const [entry] = packListEntries([{ changes: ready.changes, alone: true }]);
        return (entry?.requests ?? []).map((request) => ofDelivery(listRequestText(workspace.idList, request)));
      }
      case 'membership': {
        const { audiences } = workspace;
        if (audiences === undefined) throw new Error('a change of a list needs audiences');
        return listRequests(audiences, ready.change.listId, [ready.change], now()).map(shown);
      }
      case 'deletion': {
        const { apiUrl, secretKey } = workspace;
        const requests = ready.messageId === undefined ? [] : [ready.messageId];
        return [shown(deletionRequest({ apiUrl, secretKey, userIds: [ready.userId], requests }))];
      }
    }
  };
}
