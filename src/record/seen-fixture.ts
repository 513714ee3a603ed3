// Puts what passed into the shape of a fixture, before it is scrubbed.

import type {
  FixtureCall,
  FixtureExchange,
  FixtureProtocol,
  FixtureRequest,
  FixtureResponse,
  Json,
  Receiver,
  Signing,
} from '../contract/fixture.js';
import { yesTo } from '../contract/receivers.js';
import type { SeenExchange } from './exchange.js';
import { withoutOwnState } from './own-state.js';
import { type ReadableBody, readBody } from './readable-body.js';
import type { Secrets } from './secrets.js';
import { headersOfCall, headersToKeep } from './seen-headers.js';
import { signingOf } from './seen-signature.js';

/** The signatures of the two senders that sign. */
const SIGNATURE = /^x-signature$|^x-statsig-(?:signature|request-timestamp)$/i;

const PROTOCOLS: readonly (readonly [RegExp, FixtureProtocol])[] = [
  [/^\/segment\//, 'segment'],
  [/^\/statsig\//, 'statsig'],
  [
    /^\/(?:v[012]\/(?:destinations|sources)\/|routerTransform|batch$|deleteUsers|features|customTransform)/,
    'rudderstack',
  ],
  [/^\/(?:v1\/|projects\/|m$|analytics-next\/)/, 'trackingApi'],
];

/** The protocol that a path belongs to, as the plugin serves it by default. */
export function protocolOf(path: string): FixtureProtocol {
  const [plain = ''] = path.split('?');
  return PROTOCOLS.find(([pattern]) => pattern.test(plain))?.[1] ?? 'operations';
}

function withoutSignature(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !SIGNATURE.test(name)));
}

function isFields(value: Json | undefined): value is { readonly [field: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Elements of a RudderStack source transform whose webhook was signed. They lose the signature. */
function signedElements(body: Json): { readonly body: Json; readonly sign: readonly Signing[] } {
  if (!Array.isArray(body)) return { body, sign: [] };
  const sign: Signing[] = [];
  const elements = body.map((element: Json, index): Json => {
    const webhook = isFields(element) ? element.request : undefined;
    const headers = isFields(webhook) ? webhook.headers : undefined;
    if (!isFields(element) || !isFields(webhook) || !isFields(headers)) return element;
    const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !SIGNATURE.test(name)));
    if (Object.keys(kept).length === Object.keys(headers).length) return element;
    sign.push({ scheme: 'statsig', secret: '{{signingSecret}}', element: index });
    return { ...element, request: { ...webhook, headers: kept } };
  });
  return { body: elements, sign };
}

function requestOf(seen: SeenExchange, secrets: Secrets): FixtureRequest {
  const { method, path, request } = seen;
  const { rawHeaders, bytes = Buffer.alloc(0) } = request;
  const headers = headersToKeep(rawHeaders);
  const read = readBody(bytes, rawHeaders);
  const elements = read.body === undefined ? undefined : signedElements(read.body);
  const sign = [...signingOf(seen, read, secrets), ...(elements?.sign ?? [])];
  const kept = withoutSignature(headers);
  return {
    method,
    path,
    ...(Object.keys(kept).length > 0 && { headers: kept }),
    ...read,
    ...(elements !== undefined && { body: elements.body }),
    ...(sign.length > 0 && { sign }),
  };
}

function withoutEncoding({ encoding: _, ...body }: ReadableBody): Omit<ReadableBody, 'encoding'> {
  return body;
}

function responseOf({ response }: SeenExchange): FixtureResponse & { readonly status: number } {
  const { status, rawHeaders, bytes = Buffer.alloc(0) } = response;
  const headers = headersToKeep(rawHeaders);
  const body = withoutOwnState(withoutEncoding(readBody(bytes, rawHeaders)), rawHeaders);
  const said = bytes.length === 0 && status !== 204 ? { bodyString: '' } : body;
  return { status, ...(Object.keys(headers).length > 0 && { headers }), ...said };
}

/** An exchange with its answer, and no calls yet. @param secrets that may have signed it @throws UnreadableBodyError */
export function exchangeOf(seen: SeenExchange, secrets: Secrets): FixtureExchange {
  return { request: requestOf(seen, secrets), response: responseOf(seen) };
}

/** A call that left the plugin. What its receiver answers to all is not written. @throws UnreadableBodyError */
export function callOf(seen: SeenExchange, to: Receiver): FixtureCall {
  const { method, path, request } = seen;
  const asked = withoutEncoding(readBody(request.bytes ?? Buffer.alloc(0), request.rawHeaders));
  const { status, bodyString, body, headers: all = {} } = responseOf(seen);
  const text = asked.bodyString ?? (asked.body === undefined ? '' : JSON.stringify(asked.body));
  const yes = yesTo({ to, method, path, headers: {}, text });
  const isYes = status === yes.status && (yes.body === undefined || JSON.stringify(body) === JSON.stringify(yes.body));
  const said = body === undefined ? bodyString !== undefined && bodyString !== '' && { bodyString } : { body };
  const headers = Object.fromEntries(
    Object.entries(all).filter(([name]) => /^(?:retry-after|apiversion)$/i.test(name)),
  );
  return {
    to,
    method,
    path,
    headers: headersOfCall(request.rawHeaders),
    ...asked,
    ...(!isYes && {
      reply: {
        status,
        ...(Object.keys(headers).length > 0 && { headers: headers as Record<string, string> }),
        ...said,
      },
    }),
  };
}
