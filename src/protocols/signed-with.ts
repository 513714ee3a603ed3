// Checks what a sender signs with a secret that it shares with us.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Secret } from '../workspace/secret.js';

/** What a workspace that does not exist, or has no shared secret, checks signatures with, so that no answer tells which workspaces exist. */
export const NOBODYS: readonly Secret[] = [new Secret(randomBytes(32).toString('hex'))];

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
