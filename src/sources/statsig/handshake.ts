// Finds the question by which Statsig makes sure that a webhook's URL is the customer's own.

import { PluginError } from '../../base/errors.js';
import { decodeBody, parseSmall } from '../../http/body.js';
import type { BodyLimit } from '../../http/body-limit.js';
import { isJsonObject } from '../../model/segment-event.js';

/** Bodies over this many bytes are no handshake: anyone who proves nothing cannot make us parse more. */
export const HANDSHAKE_LIMIT: BodyLimit = { bytes: 4096, raisedBy: 'a signature lifts it' };

const MAX_CODE_LENGTH = 256;

const EVENT = 'url_verification';

/** A handshake that was answered. */
export interface Handshake {
  /** As the path names it. */
  readonly workspaceId: string;
  /** Whether there is such a workspace. */
  readonly isKnown: boolean;
  /** Asked by `statsig-cdp connect`, to see whether the URL leads here. */
  readonly isOwnCheck: boolean;
}

async function parseShort(raw: Buffer, encoding: string | undefined): Promise<unknown> {
  try {
    const bytes = await decodeBody(raw, encoding, HANDSHAKE_LIMIT);
    // Short events are common, handshakes are not.
    return bytes.includes(EVENT) ? parseSmall(bytes) : undefined;
  } catch (error) {
    // What is wrong with a body is told to those who prove themselves.
    if (error instanceof PluginError) return undefined;
    throw error;
  }
}

/**
 * The `verification_code` of `{"data": {"event": "url_verification", "verification_code": "..."}}`, with or without `data`; `undefined` where the body is
 * something else. Statsig sends it, unsigned, when the webhook is saved, and wants the code back; its documentation doesn't mention it, other receivers
 * of the webhook do.
 *
 * @param raw bytes in their Content-Encoding
 * @throws PluginError BODY_NOT_STATSIG_EVENTS where the code is no text of 1 to 256 characters
 */
export async function findHandshake(raw: Buffer, encoding: string | undefined): Promise<string | undefined> {
  if (raw.length > HANDSHAKE_LIMIT.bytes) return undefined;
  const body = await parseShort(raw, encoding);
  const question = isJsonObject(body) && isJsonObject(body.data) ? body.data : body;
  if (!isJsonObject(question) || question.event !== EVENT) return undefined;
  const code = question.verification_code;
  if (typeof code !== 'string' || code === '' || code.length > MAX_CODE_LENGTH)
    throw new PluginError(
      'BODY_NOT_STATSIG_EVENTS',
      `the verification_code must be a string of 1 to ${MAX_CODE_LENGTH} characters`,
    );
  return code;
}
