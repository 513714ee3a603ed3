// One HTTP call of connecting: with a deadline, and again where the other side fails for a while or wants fewer requests.

import { setTimeout as sleep } from 'node:timers/promises';
import { type Answered, callHttp, type HttpResponse } from '../call/http-call.js';
import { type HttpRequest, hostOf, UnsendableHeaderError } from '../call/http-request.js';
import { readRetryAfter } from '../dispatch/retry-policy.js';
import { ConnectError } from './connection.js';

/** Milliseconds for one answer. */
const TIMEOUT_MS = 30_000;

/** Tries of a request, and the pause after the first, which doubles. */
export const TRIES = 5;
const PAUSE_MS = 500;

/** A longer pause is left to a person. */
const LONGEST_PAUSE_MS = 60_000;

/** How long the caller is ready to wait, and how. */
export interface Patience {
  /** Ends calls and pauses. */
  readonly signal?: AbortSignal;
  /** Waits between two tries; milliseconds. It may reject once the signal ends it. */
  readonly pause?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  /** Milliseconds that an answer asks to wait in words of its own, where it has no `Retry-After`. */
  readonly askedIn?: (answer: HttpResponse) => number | undefined;
  /** Bytes of an answer that are read. Default 64 KiB. */
  readonly maxResponseBytes?: number;
}

/** An answer that says nothing of the request: the same request may have another later. */
export function isPassing(answer: HttpResponse): boolean {
  if (answer.kind === 'unanswered' || answer.rest !== 'none') return true;
  return answer.status === 408 || answer.status === 429 || answer.status >= 500;
}

/** Whether what was asked for was surely not done: the request was turned away before. */
export function isTurnedAway(answer: HttpResponse): boolean {
  return answer.kind === 'answered' && answer.status === 429;
}

/** Waits so many milliseconds. @throws once the signal ends it */
export function pauseFor(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return sleep(ms, undefined, { signal });
}

function stopped(): ConnectError {
  return new ConnectError('stopped', 'It was ended. Run it again: it goes on where it was.');
}

async function sendOnce(request: HttpRequest, { signal, maxResponseBytes }: Patience): Promise<HttpResponse> {
  try {
    const answer = await callHttp(request, {
      timeoutMs: TIMEOUT_MS,
      isDocument: true,
      ...(signal !== undefined && { signal }),
      ...(maxResponseBytes !== undefined && { maxResponseBytes }),
    });
    if (signal?.aborted) throw stopped();
    return answer;
  } catch (error) {
    if (error instanceof UnsendableHeaderError)
      throw new ConnectError('token-refused', 'The token or secret has characters that none has: copy it again.');
    throw error;
  }
}

/** Waits before the next try, as long as the answer asks for. @param tried tries so far @throws ConnectError `rate-limited`, `stopped` */
export async function waitAfter(answer: HttpResponse, tried: number, url: string, patience: Patience): Promise<void> {
  const { signal, pause = pauseFor, askedIn } = patience;
  const asked = answer.kind === 'answered' ? readRetryAfter(answer.retryAfter, Date.now()) : undefined;
  const ms = asked ?? askedIn?.(answer) ?? PAUSE_MS * 2 ** (tried - 1);
  if (ms > LONGEST_PAUSE_MS)
    throw new ConnectError(
      'rate-limited',
      `${hostOf(url)} wants no request for ${Math.ceil(ms / 1000)} seconds. Run this again after that: it goes on where it was.`,
    );
  await pause(ms, signal).catch(() => {});
  if (signal?.aborted) throw stopped();
}

/**
 * Makes a call, and makes it again as long as that may help: five times at most.
 *
 * @param isRepeatable whether an answer that did not help lets the same request be made again; default: it does no harm to make it twice
 * @returns the last answer, secrets of the request included
 * @throws ConnectError `rate-limited`, `stopped`; `token-refused` for a secret that cannot be sent
 */
export async function callPatiently(
  request: HttpRequest,
  patience: Patience,
  isRepeatable: (answer: HttpResponse) => boolean = isPassing,
): Promise<HttpResponse> {
  for (let tried = 1; ; tried += 1) {
    const answer = await sendOnce(request, patience);
    if (!isPassing(answer) || !isRepeatable(answer) || tried === TRIES) return answer;
    await waitAfter(answer, tried, request.url, patience);
  }
}

/**
 * An answer that came whole and is no failure of the other side. What it means is the caller's matter, a refusal included.
 *
 * @throws ConnectError `unavailable`, `rate-limited`
 */
export function wholeAnswer(answer: HttpResponse, url: string): Answered {
  const where = hostOf(url);
  const again = 'Run this again: it goes on where it was.';
  if (answer.kind === 'unanswered')
    throw new ConnectError('unavailable', `${where} does not answer: ${answer.message}. ${again}`);
  if (answer.rest === 'unread') throw new ConnectError('answer-unclear', `${where} answers with too many bytes.`);
  if (answer.rest !== 'none') throw new ConnectError('unavailable', `${where} broke its answer off. ${again}`);
  if (answer.status === 429)
    throw new ConnectError('rate-limited', `${where} wants fewer requests. Run this again in some minutes.`);
  if (answer.status === 408 || answer.status >= 500)
    throw new ConnectError('unavailable', `${where} fails (${answer.status}). ${again}`);
  return answer;
}
