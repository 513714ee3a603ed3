// Writes the answers of the Tracking API.

import type { ServerResponse } from 'node:http';
import { describeError, PluginError } from '../../base/errors.js';
import { sendJsonText } from '../../http/send-response.js';
import { describeInvalid, type Rejection, summariseResults } from '../result-words.js';
import type { Received } from './receive.js';

function describeRejection(result: Received): Rejection | undefined {
  if (result.kind === 'sender_unknown') return { code: 'SENDER_UNKNOWN', message: describeError('SENDER_UNKNOWN') };
  return result.kind === 'invalid' ? describeInvalid(result) : undefined;
}

/** JSON text of the answer to a call that was read. */
export function receivedText(results: readonly Received[]): string {
  return JSON.stringify(summariseResults(results, describeRejection));
}

/**
 * Answers what is the sender's fault in the words of the Tracking API.
 *
 * @returns `undefined`, when it is ours to fix: nothing is answered then
 */
export function answerSenderFault(error: unknown, response: ServerResponse): PluginError | undefined {
  if (!(error instanceof PluginError) || error.retryable || response.headersSent) return undefined;
  // The rest of the body may still be on its way: the connection cannot be used again.
  if (error.code === 'BODY_TOO_LARGE') response.setHeader('Connection', 'close');
  sendJsonText(response, error.status, JSON.stringify({ success: false, code: error.code, message: error.message }));
  return error;
}
