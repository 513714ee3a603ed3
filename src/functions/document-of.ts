// The part of a settings document that a script needs: what is of senders, keys and the process stays behind.

import type { WorkspaceDocument } from '../settings/workspace-document.js';
import type { FunctionScript } from './scripts.js';

/** The document for a script, without keys and without references to them. */
export function documentOf(
  { id, settings, audiences, outbound }: WorkspaceDocument,
  name: FunctionScript['name'],
): object {
  const { id: _, rudderstack: __, redact: ___, paused: ____, ...inbound } = settings;
  if (name === 'source-function') {
    const { signingSecrets: _____, signatureToleranceMs: ______, targets, ...rules } = outbound;
    return { id, outbound: { ...rules, ...(targets.length > 0 && { targets: [{ name: targets[0]?.name }] }) } };
  }
  const hasAudiences = name === 'destination-function' && Object.keys(audiences).length > 0;
  return { id, ...inbound, ...(hasAudiences && { audiences }) };
}
