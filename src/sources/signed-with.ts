// Checks what a sender signs with a secret that it shares with us.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Secret } from '../base/secret.js';

/** Why a proof may be wrong beside being wrong. One text, so that no answer tells which it is. */
export const OR_NO_WORKSPACE = 'or there is no such workspace, or it names no secret for this';

/** What is wrong with a request, in one text; parts that say nothing are left out. */
export function joinDetails(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('; ');
}

/** As many as a workspace has while a secret is changed. */
const DECOYS: readonly Secret[] = /* @__PURE__ */ Array.from(
  { length: 2 },
  () => new Secret(randomBytes(32).toString('hex')),
);

/**
 * The secrets that a proof is checked with, and some that no one knows behind them: a workspace that does not exist, or has none, takes as long to refuse
 * one as a workspace with one or two secrets.
 */
export function withDecoys(secrets: readonly Secret[] = []): readonly Secret[] {
  return [...secrets, ...DECOYS.slice(secrets.length)];
}

/**
 * Whether `given` is the HMAC of the parts, one after the other, with one of the secrets. Takes the same time wherever a wrong one differs.
 *
 * @param given as many bytes as the algorithm makes: 20 of SHA-1, 32 of SHA-256
 * @throws RangeError where it is of another length
 */
export function isSignedWithAny(
  given: Buffer,
  algorithm: 'sha1' | 'sha256',
  secrets: readonly Secret[],
  parts: readonly (Buffer | string)[],
): boolean {
  return secrets.some((secret) => {
    const hmac = createHmac(algorithm, secret.reveal());
    for (const part of parts) hmac.update(part);
    return timingSafeEqual(hmac.digest(), given);
  });
}
