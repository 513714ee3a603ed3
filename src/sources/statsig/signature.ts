// Reads and checks the signature of Statsig's event webhook.

import type { IncomingHttpHeaders } from 'node:http';
import { PluginError } from '../../base/errors.js';
import type { Secret } from '../../base/secret.js';
import type { EpochMs } from '../../base/time.js';
import { isSignedWithAny } from '../signed-with.js';

/** A signature as sent; nothing of it has been checked but its form. */
export interface SentSignature {
  /** 32 bytes. */
  readonly digest: Buffer;
  /** Milliseconds since the epoch, as digits, to the letter. */
  readonly timestamp: string;
}

const SIGNATURE = 'X-Statsig-Signature';
const TIMESTAMP = 'X-Statsig-Request-Timestamp';

function textOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name.toLowerCase()];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The signature in a request's head, or what is wrong with it, for the sender to read. */
export function readSignature(headers: IncomingHttpHeaders): SentSignature | { readonly fault: string } {
  const signature = textOf(headers, SIGNATURE);
  if (signature === undefined) return { fault: `${SIGNATURE} is missing` };
  const [, hex] = /^v0=([0-9a-f]{64})$/i.exec(signature) ?? [];
  if (hex === undefined) return { fault: `${SIGNATURE} is not v0= and 64 hex digits` };
  const timestamp = textOf(headers, TIMESTAMP);
  if (timestamp === undefined) return { fault: `${TIMESTAMP} is missing` };
  if (!/^\d{1,16}$/.test(timestamp)) return { fault: `${TIMESTAMP} is not a number of milliseconds` };
  return { digest: Buffer.from(hex, 'hex'), timestamp };
}

/**
 * Whether the signature is the HMAC-SHA256, with one of the secrets, of `v0:{timestamp}:{body}` (Statsig's documentation, Generic Webhook).
 *
 * @param body the very bytes that were signed
 */
export function isSignatureValid(
  { digest, timestamp }: SentSignature,
  secrets: readonly Secret[],
  body: Buffer,
): boolean {
  return isSignedWithAny(digest, 'sha256', secrets, [`v0:${timestamp}:`, body]);
}

const IN_SECONDS = `${TIMESTAMP} is in seconds, not in milliseconds`;

/** As milliseconds, a number of so many digits is of the first months of 1970. */
function isInSeconds(timestamp: string): boolean {
  return /^\d{9,10}$/.test(timestamp);
}

/** What is wrong with the form of a signature that was read; empty where it could be right. */
export function describeSignatureForm({ timestamp }: SentSignature): string {
  return isInSeconds(timestamp) ? IN_SECONDS : '';
}

/**
 * What is wrong with something that was signed too long ago, or ahead of our clock: a signature that was overheard can be sent again only for so long.
 *
 * @param toleranceMs 0 for any time
 * @returns `undefined` where it is in time
 */
export function findUntimely(
  { timestamp }: SentSignature,
  toleranceMs: number,
  receivedAt: EpochMs,
): string | undefined {
  if (toleranceMs === 0) return undefined;
  if (isInSeconds(timestamp)) return IN_SECONDS;
  const differenceMs = Math.abs(receivedAt - Number(timestamp));
  return differenceMs > toleranceMs ? `${differenceMs} ms, the limit is ${toleranceMs} ms` : undefined;
}

/** Refuses what `findUntimely` finds. @throws PluginError WEBHOOK_TIMESTAMP_REFUSED */
export function assertTimely(signature: SentSignature, toleranceMs: number, receivedAt: EpochMs): void {
  const untimely = findUntimely(signature, toleranceMs, receivedAt);
  if (untimely !== undefined) throw new PluginError('WEBHOOK_TIMESTAMP_REFUSED', untimely);
}
