// Says of a signature that passed how it can be made again: with which of the known secrets, and over which part of the body.

import { parseJson } from '../base/json.js';
import type { FixtureBody, Json, Signing } from '../contract/fixture.js';
import { signRequest } from '../contract/signing.js';
import type { SeenExchange } from './exchange.js';
import type { Secrets } from './secrets.js';
import { headerOf } from './seen-headers.js';

type SegmentPart = NonNullable<Signing['part']>;

const SEGMENT_PARTS: readonly SegmentPart[] = ['body', 'first event', 'unwrapped first event', 'event without extras'];

/** As Segment's published code signs: of a batch its first event. Without the secret it cannot be told. */
function usualPart(body: Json | undefined): { readonly part?: SegmentPart } {
  return Array.isArray(body) ? { part: 'first event' } : {};
}

function segmentSigning(signature: string, body: Json | undefined, plain: Buffer, secrets: Secrets, status: number) {
  const known = secrets.ofKind('sharedSecret');
  for (const [secret, placeholder] of known)
    for (const part of SEGMENT_PARTS) {
      const signed = signRequest({ scheme: 'segment', secret, part }, body, { plain, sent: plain }, 0);
      if (signed['X-Signature'] !== signature.toLowerCase()) continue;
      return { scheme: 'segment' as const, secret: placeholder, ...(part !== 'body' && { part }) };
    }
  // What was refused was signed with another secret, as far as anyone can tell.
  const isWrong = known.length > 0 || status === 401;
  return { scheme: 'segment' as const, secret: `{{sharedSecret${isWrong ? ':wrong' : ''}}}`, ...usualPart(body) };
}

function statsigSigning(signature: string, time: string, plain: Buffer, secrets: Secrets, status: number) {
  const known = secrets.ofKind('signingSecret');
  for (const [secret, placeholder] of known) {
    const signed = signRequest({ scheme: 'statsig', secret, timestamp: time }, undefined, { plain, sent: plain }, 0);
    if (signed['X-Statsig-Signature'] === signature) return { scheme: 'statsig' as const, secret: placeholder };
  }
  const isWrong = known.length > 0 || status === 401;
  return { scheme: 'statsig' as const, secret: `{{signingSecret${isWrong ? ':wrong' : ''}}}` };
}

/**
 * How a request is signed each time it is played; empty where it was not signed.
 *
 * @param read its body
 * @param secrets those of the settings: with them it is certain, without them it is as the sender usually does it
 */
export function signingOf(
  { request, response }: SeenExchange,
  read: FixtureBody,
  secrets: Secrets,
): readonly Signing[] {
  const { rawHeaders } = request;
  const plain = Buffer.from(read.bodyString ?? (read.body === undefined ? '' : JSON.stringify(read.body)));
  const statsig = headerOf(rawHeaders, 'x-statsig-signature');
  if (statsig !== undefined) {
    const time = headerOf(rawHeaders, 'x-statsig-request-timestamp') ?? '';
    return [statsigSigning(statsig, time, plain, secrets, response.status)];
  }
  const segment = headerOf(rawHeaders, 'x-signature');
  if (segment === undefined) return [];
  const body = read.body ?? (parseJson(read.bodyString ?? '') as Json | undefined);
  return [segmentSigning(segment, body, plain, secrets, response.status)];
}
