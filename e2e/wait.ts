// Waits for things that other programs do.

import { setTimeout as sleep } from 'node:timers/promises';

/** The body of a 200 answer; the empty text for any other answer, or none. */
export async function bodyOf(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    const text = await response.text();
    return response.status === 200 ? text : '';
  } catch {
    return '';
  }
}

/**
 * Looks again and again until nothing is missing.
 *
 * @param missing what is still missing; `undefined` when all is there. What it throws ends the wait
 * @throws Error that says what was missing last
 */
export async function until(
  what: string,
  missing: () => Promise<string | undefined> | string | undefined,
  timeoutMs = 40_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const text = await missing();
    if (text === undefined) return;
    if (Date.now() > deadline) throw new Error(`${what}: after ${timeoutMs / 1000} s ${text}`);
    await sleep(100);
  }
}
