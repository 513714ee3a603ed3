// Writes the answers of the Tracking API.

import type { ServerResponse } from 'node:http';
import { describeError, type ErrorCode, PluginError } from '../../base/errors.js';
import { sendJsonText } from '../../http/answer.js';
import type { Received } from './receive.js';

/** An event that was not taken. */
interface Rejection {
  readonly index: number;
  readonly code: ErrorCode;
  readonly message: string;
}

function findRejection(result: Received, index: number): readonly Rejection[] {
  if (result.kind === 'sender_unknown')
    return [{ index, code: 'SENDER_UNKNOWN', message: describeError('SENDER_UNKNOWN') }];
  if (result.kind !== 'invalid') return [];
  // The converter says where a field stands in a message of RudderStack's; here the event itself is the top.
  const path = result.path.replace(/^message\./, '');
  return [{ index, code: result.code, message: describeError(result.code, path, result.detail) }];
}

/**
 * The answer to a call that was read: `{success, accepted, duplicates, filtered, rejected: [{index, code, message}]}`. It is a success even where
 * events were rejected, because a 4xx would make the SDKs drop the whole batch.
 */
export function receivedText(results: readonly Received[]): string {
  const count = (kind: Received['kind']) => results.filter((result) => result.kind === kind).length;
  return JSON.stringify({
    success: true,
    accepted: count('accepted'),
    duplicates: count('duplicate'),
    filtered: count('filtered'),
    rejected: results.flatMap(findRejection),
  });
}

/**
 * Answers what is the sender's fault in the words of the Tracking API.
 *
 * @returns false, when it is ours to fix: nothing is answered then
 */
export function answerSenderFault(error: unknown, response: ServerResponse): boolean {
  if (!(error instanceof PluginError) || error.retryable || response.headersSent) return false;
  // The rest of the body may still be on its way: the connection can't be used again.
  if (error.code === 'BODY_TOO_LARGE') response.setHeader('Connection', 'close');
  sendJsonText(response, error.status, JSON.stringify({ success: false, code: error.code, message: error.message }));
  return true;
}
