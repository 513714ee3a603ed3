// Decides whether a call about an audience's list comes from Segment, which does not sign these calls.

import type { IncomingHttpHeaders } from 'node:http';
import { PluginError } from '../../errors.js';
import type { WorkspaceDocument } from '../../workspace/document.js';
import type { WorkspaceStore } from '../../workspace/store.js';
import { NOBODYS } from '../signed-with.js';
import { readSenderHeaders } from './sender-headers.js';
import { fitsAny } from './static-secret.js';

/**
 * The document of the workspace that the call may change lists of. One of `segment.headerSecrets` proves it, in a header or in the body, which is where
 * Segment puts what the audience's settings add (Segment's action-destinations, Webhook Audiences). Without a proof the answer does not depend on whether
 * the workspace exists.
 *
 * @param workspaceId of the path
 * @param inBody what the body has as `secret`, unchecked
 * @throws PluginError SENDER_UNKNOWN; WORKSPACE_UNPROTECTED
 */
export function proveAudienceSender(
  store: WorkspaceStore,
  headers: IncomingHttpHeaders,
  workspaceId: string,
  inBody: unknown,
): WorkspaceDocument {
  const document = store.findById(workspaceId);
  const secrets = document?.segment.headerSecrets ?? NOBODYS;
  if (document !== undefined && secrets.length === 0) {
    if (!document.isOpen)
      throw new PluginError(
        'WORKSPACE_UNPROTECTED',
        'calls about audiences are not signed and need `segment.headerSecrets`',
      );
    return document;
  }
  const given = [...readSenderHeaders(headers).secrets, ...(typeof inBody === 'string' ? [inBody] : [])];
  if (!fitsAny(given, secrets) || document === undefined)
    throw new PluginError('SENDER_UNKNOWN', 'or there is no such workspace');
  return document;
}
