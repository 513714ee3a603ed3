// Sends the request of an exchange over HTTP.

import { type Agent, type IncomingHttpHeaders, type RequestOptions, request as startRequest } from 'node:http';
import { request as startTlsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { EpochMs } from '../base/time.js';
import type { FixtureRequest, Signing } from './fixture.js';
import { type BodyBytes, signElement, signRequest } from './signing.js';

/** What came back. */
export interface ReceivedResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

const COMPRESS = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync };

function bytesOf({ body, bodyString, encoding }: FixtureRequest): BodyBytes {
  const plain = Buffer.from(bodyString ?? (body === undefined ? '' : JSON.stringify(body)));
  return { plain, sent: encoding === undefined ? plain : COMPRESS[encoding](plain) };
}

/** Names of headers are equal in any case: the last one wins. */
function joinHeaders(...all: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const named = new Map<string, readonly [string, string]>();
  for (const headers of all)
    for (const [name, value] of Object.entries(headers)) named.set(name.toLowerCase(), [name, value]);
  return Object.fromEntries(named.values());
}

/** The connection was one that the other side had closed while nothing went over it: the request was not read. */
class ClosedBefore extends Error {}

/** @param path goes out as it is written, behind that of the address */
function exchange(url: string, { path, agent, ...how }: RequestOptions, body: Buffer): Promise<ReceivedResponse> {
  return new Promise((resolve, reject) => {
    const { protocol, hostname, port, pathname } = new URL(url);
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    const place = { ...how, host, port, path: pathname.replace(/\/$/, '') + path };
    const isTls = protocol === 'https:';
    const outgoing = (isTls ? startTlsRequest : startRequest)(isTls ? place : { ...place, agent }, (answer) => {
      text(answer).then(
        (said) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: said }),
        reject,
      );
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      reject(outgoing.reusedSocket && error.code === 'ECONNRESET' ? new ClosedBefore() : error);
    });
    outgoing.end(body);
  });
}

/**
 * Signs a request and sends it.
 *
 * @param request with the values of the run
 * @param now when it is sent, milliseconds since the epoch
 * @throws the system's error when no answer comes
 */
export async function sendRequest(
  request: FixtureRequest,
  { url, agent, now }: { readonly url: string; readonly agent: Agent; readonly now: EpochMs },
): Promise<ReceivedResponse> {
  const signings: readonly Signing[] = request.sign === undefined ? [] : [request.sign].flat();
  const body = signings
    .filter(({ element }) => element !== undefined)
    .reduce((signed, signing) => signElement(signing, signed ?? null, now), request.body);
  const bytes = bytesOf({ ...request, ...(body !== undefined && { body }) });
  const signatures = signings
    .filter(({ element }) => element === undefined)
    .map((signing) => signRequest(signing, body, bytes, now));
  const hasBody = bytes.sent.length > 0 || request.method !== 'GET';
  const headers = joinHeaders(
    hasBody ? { 'Content-Type': 'application/json', 'Content-Length': String(bytes.sent.length) } : {},
    request.encoding === undefined ? {} : { 'Content-Encoding': request.encoding },
    ...signatures,
    request.headers ?? {},
  );
  const send = (how: Agent | false) =>
    exchange(url, { agent: how, method: request.method, path: request.path, headers }, bytes.sent);
  return send(agent).catch((error: unknown) => {
    if (error instanceof ClosedBefore) return send(false);
    throw error;
  });
}
