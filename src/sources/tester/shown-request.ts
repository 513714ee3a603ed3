// Shows the requests that a decision becomes, as they would be sent, with every key masked.

import { randomUUID } from 'node:crypto';
import { parseJson } from '../../base/json.js';
import type { EpochMs } from '../../base/time.js';
import { type HttpRequest, headersToShow } from '../../call/http-request.js';
import type { InboundDecision } from '../../ingest/inbound-line.js';
import { addressCall, type OutboundDecision, type ReadyCalls } from '../../ingest/outbound-line.js';
import { SEGMENT } from '../../targets/segment/dry-run.js';
import { requestsOf } from '../../targets/segment/request.js';
import { deletionRequest } from '../../targets/statsig-deletions/request.js';
import { logEventRequest } from '../../targets/statsig-events/request.js';
import { listRequests } from '../../targets/statsig-lists/request.js';
import { DRY_RUN_TARGET } from '../../transform/compiled-outbound.js';
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

const KEY_HEADER = 'STATSIG-API-KEY';

/** Stands for a key that there is none of. */
export const NO_KEY = 'not-set';

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
  const { method, endpoint, headers, body } = parseJson(text) as DeliveryRequest;
  const shownHeaders = Object.entries(headers).map(([name, value]) => {
    const isKey = name === KEY_HEADER;
    return [name.toLowerCase(), isKey ? (value === NO_KEY ? '[not set]' : '[redacted]') : value] as const;
  });
  return { method, url: endpoint, headers: Object.fromEntries(shownHeaders), body: body.JSON };
}

/** As Segment's SDK makes them. */
async function ofCalls(ready: ReadyCalls): Promise<readonly ShownRequest[]> {
  const { targets } = ready.outbound;
  const requests: ShownRequest[] = [];
  for (const target of targets.length === 0 ? [{ ...SEGMENT, name: DRY_RUN_TARGET }] : targets) {
    const stated = await requestsOf(
      target,
      ready.calls.map((call) => addressCall(ready, call, target.name)),
    );
    if ('kind' in stated) throw new Error("Segment's SDK made no request of a call");
    requests.push(...stated.map(shown));
  }
  return requests;
}

/** Shows the requests that would carry an event, without its key. @param now by the system's clock */
export function createRequestShower(now: () => EpochMs): RequestShower {
  const sessionId = randomUUID();

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
