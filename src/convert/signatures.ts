// Checks the signatures of webhooks without a process.

import { Secret } from '../base/secret.js';
import type { EpochMs } from '../base/time.js';
import { defaultsAt } from '../settings/settings-schema.js';
import { describeSignatureForm, findSignedPart } from '../sources/segment/signature.js';
import {
  describeSignatureForm as describeStatsigForm,
  findUntimely,
  isSignatureValid,
  readSignature,
} from '../sources/statsig/signature.js';

/** A body as it came over the wire, decompressed: what was parsed and written anew has another signature. */
export type RawBody = string | Uint8Array;

/** What was found of a signature. */
export type Verification = { readonly isValid: true } | { readonly isValid: false; readonly reason: string };

function bytesOf(body: RawBody): Buffer {
  return typeof body === 'string' ? Buffer.from(body) : Buffer.from(body);
}

function secretsOf(secrets: string | readonly string[]): readonly Secret[] {
  const all = typeof secrets === 'string' ? [secrets] : secrets;
  if (all.length === 0 || all.includes(''))
    throw new TypeError('A signature is checked with a secret that is not empty.');
  return all.map((secret) => new Secret(secret));
}

const WRONG = 'The signature is of another body, or made with another secret.';

/** How a signature of Segment's is checked. */
export interface SegmentSignatureOptions {
  /** `body`: a signature of a batch's first event does not count. It proves that event only. Default: `bodyOrFirst`. */
  readonly signedPart?: 'bodyOrFirst' | 'body';
}

/**
 * Whether `X-Signature` is Segment's of this body. Takes the same time wherever a wrong one differs.
 *
 * @param signature `X-Signature` as it came
 * @param secrets the destination's shared secret; several while it is changed
 * @returns which part is proven: of `first` only the first event of the batch
 */
export function verifySegmentSignature(
  body: RawBody,
  signature: string | undefined,
  secrets: string | readonly string[],
  { signedPart = 'bodyOrFirst' }: SegmentSignatureOptions = {},
):
  | { readonly isValid: true; readonly proven: 'body' | 'first' }
  | { readonly isValid: false; readonly reason: string } {
  const known = secretsOf(secrets);
  if (signature === undefined) return { isValid: false, reason: 'X-Signature is missing' };
  const proven = findSignedPart(signature, bytesOf(body), known, signedPart);
  return proven === undefined
    ? { isValid: false, reason: describeSignatureForm(signature) || WRONG }
    : { isValid: true, proven };
}

/** How a signature of Statsig's is checked. */
export interface StatsigSignatureOptions {
  /** Milliseconds that the signed time may differ from now; 0: any time. Default: 300000, five minutes. */
  readonly toleranceMs?: number;
  /** Default: now. */
  readonly now?: EpochMs;
}

// The manifest has a default for it.
const { signatureToleranceMs: TOLERANCE_MS } = defaultsAt(['outbound']) as { readonly signatureToleranceMs: number };

/**
 * Whether a request of Statsig's event webhook is signed by Statsig, and in time. Takes the same time wherever a wrong signature differs.
 *
 * @param headers of the request; names in any case
 * @param secrets the webhook's signing secret; several while it is changed
 */
export function verifyStatsigSignature(
  body: RawBody,
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  secrets: string | readonly string[],
  { toleranceMs = TOLERANCE_MS, now = Date.now() }: StatsigSignatureOptions = {},
): Verification {
  const known = secretsOf(secrets);
  const small: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) if (typeof value === 'string') small[name.toLowerCase()] = value;
  const sent = readSignature(small);
  if ('fault' in sent) return { isValid: false, reason: sent.fault };
  if (!isSignatureValid(sent, known, bytesOf(body)))
    return { isValid: false, reason: describeStatsigForm(sent) || WRONG };
  const untimely = findUntimely(sent, toleranceMs, now);
  return untimely === undefined ? { isValid: true } : { isValid: false, reason: untimely };
}
