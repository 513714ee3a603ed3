// Compares static secrets without telling by the time it takes how much of one is right.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from './secret.js';

function isSameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** True when one of the given texts is one of the secrets. */
export function fitsAny(given: readonly string[], secrets: readonly Secret[]): boolean {
  return given.some((text) => secrets.some((secret) => isSameText(text, secret.reveal())));
}
