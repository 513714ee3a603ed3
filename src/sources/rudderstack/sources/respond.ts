// Words the answers to single webhooks of a source transform request.

import { verificationText } from '../../statsig/respond.js';

function toSource(body: string, contentType: string): string {
  const encoded = Buffer.from(body).toString('base64');
  return JSON.stringify({ outputToSource: { body: encoded, contentType }, statusCode: 200 });
}

/** Puts the calls into the gateway's queue. The gateway refuses an empty list. */
export function callsResponse(calls: readonly string[]): string {
  return `{"output":{"batch":[${calls.join(',')}]}}`;
}

/** For a webhook of which nothing is sent: without it the gateway would answer the sender with an error. */
export const NOTHING_TO_SEND = toSource('OK', 'text/plain');

/** Gives Statsig its verification code back. */
export function handshakeResponse(verificationCode: string): string {
  return toSource(verificationText(verificationCode), 'application/json');
}

/** The sender gets this status and text. */
export function errorResponse(statusCode: number, error: string): string {
  return JSON.stringify({ statusCode, error });
}
