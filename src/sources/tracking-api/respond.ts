// Writes the answers of the Tracking API.

import { describeError } from '../../base/errors.js';
import type { ErrorText } from '../../http/error-text.js';
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
 * A fault in the words of the Tracking API: SDKs read `success` and `code` (Segment's HTTP API), also where the fault is ours. `error` is what all other routes call the
 * code, and the one field that Segment's Ruby SDK tells its `on_error`.
 */
export const trackingErrorText: ErrorText = ({ code, message }) =>
  JSON.stringify({ success: false, code, error: code, message });
