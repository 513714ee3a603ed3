// Decides whether a call about an audience's list comes from Segment, which does not sign these calls.

import type { IncomingHttpHeaders } from 'node:http';
import { PluginError } from '../../base/errors.js';
import { fitsAny } from '../../base/static-secret.js';
import type { WorkspaceDocument } from '../../settings/document.js';
import type { WorkspaceStore } from '../../settings/store.js';
import { joinDetails, OR_NO_WORKSPACE, withDecoys } from '../signed-with.js';
import { readSenderHeaders } from './sender-headers.js';

/** Segment does not sign these calls. */
const NO_SECRET = 'there is no header secret, and no `secret` in the body';

/**
 * The document of the workspace that the call may change lists of. One of `segment.headerSecrets` proves it, in a header or in the body, which is where
 * Segment puts what the audience's settings add (Segment's action-destinations, Webhook Audiences). Without a proof the answer does not depend on whether
 * the workspace exists.
 *
 * @param workspaceId of the path
 * @param inBody what the body has as `secret`, unchecked
 * @throws PluginError SENDER_UNKNOWN
 */
export function proveAudienceSender(
  store: WorkspaceStore,
  headers: IncomingHttpHeaders,
  workspaceId: string,
  inBody: unknown,
): WorkspaceDocument {
  const document = store.findById(workspaceId);
  if (document !== undefined && store.isOpen) return document;
  const given = [...readSenderHeaders(headers).secrets, ...(typeof inBody === 'string' ? [inBody] : [])];
  if (!fitsAny(given, withDecoys(document?.segment.headerSecrets)) || document === undefined)
    throw new PluginError('SENDER_UNKNOWN', joinDetails(OR_NO_WORKSPACE, given.length > 0 ? '' : NO_SECRET));
  return document;
}
