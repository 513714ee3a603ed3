// What the page asks of /api/dead-letters.

import type {
  DeadLetterLine,
  DeadLetterPreview,
  DeadLettersChanged,
  DeadLettersDeed,
} from '../../../operate/dead-letters/shapes.js';
import { post, request, withQuery } from '../../api.js';

/** Lines that are loaded at once. */
export const PAGE_SIZE = 100;

/** Changes of one request: it is answered within a second or two, and told as progress. */
const AT_ONCE = 2_000;

/** A page of those that died last. @param after key of the last line so far @throws ApiError */
export async function loadLetters(
  asked: Readonly<Record<string, string | number>>,
  after: string | undefined,
  signal: AbortSignal,
): Promise<readonly DeadLetterLine[]> {
  const path = withQuery('/api/dead-letters', { ...asked, order: 'newest', limit: PAGE_SIZE, after });
  const text = await (await request(path, { signal })).text();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as DeadLetterLine);
}

/** @throws ApiError */
export const loadPreview = (key: string, signal: AbortSignal): Promise<DeadLetterPreview> =>
  post('/api/dead-letters/preview', { key }, signal);

/** What is done to dead letters. */
export type Verb = 'redeliver' | 'drop';

/**
 * Does it to all that are meant, some thousand at a time.
 *
 * @param onProgress told how many are done so far
 * @throws ApiError
 */
export async function changeLetters(
  verb: Verb,
  meant: DeadLettersDeed,
  onProgress: (changed: number) => void,
): Promise<DeadLettersChanged> {
  let all: DeadLettersChanged = { changed: 0 };
  let next: object | undefined = {};
  while (next !== undefined) {
    const bound = meant.keys === undefined ? { limit: AT_ONCE, ...next } : {};
    const again = all.redelivery === undefined ? {} : { redelivery: all.redelivery };
    const done: DeadLettersChanged = await post(`/api/dead-letters/${verb}`, { ...meant, ...bound, ...again });
    all = { ...all, ...done, changed: all.changed + done.changed };
    next = done.next;
    onProgress(all.changed);
  }
  return all;
}
