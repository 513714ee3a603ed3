// What a settings document takes events from.

import type { WorkspaceDocument } from '../../settings/document.js';
import type { WorkspaceStates } from '../metrics.js';

/** Protocols by the names of the manifest. */
export type SenderProtocol = 'segment' | 'trackingApi' | 'rudderstack' | 'statsig';

/** The protocols that a document names senders of. */
export function protocolsOf(document: WorkspaceDocument): readonly SenderProtocol[] {
  const { segment, trackingApi, outbound, rudderstackSources, settings } = document;
  const { destinationIds = [], workspaceIds = [] } = settings.rudderstack ?? {};
  const named: readonly (readonly [SenderProtocol, number])[] = [
    ['segment', segment.sharedSecrets.length + segment.headerSecrets.length + segment.apiKeys.length],
    ['trackingApi', trackingApi.writeKeys.length],
    ['rudderstack', destinationIds.length + workspaceIds.length],
    ['statsig', outbound.signingSecrets.length + rudderstackSources.ids.length + rudderstackSources.writeKeys.length],
  ];
  return named.flatMap(([protocol, senders]) => (senders > 0 ? [protocol] : []));
}

/** Whether pushed events are shown instead of sent: rudder-server brings keys of its own. */
export function isInboundDryRun(document: WorkspaceDocument): boolean {
  const isPushedTo =
    document.isOpen || protocolsOf(document).some((each) => each === 'segment' || each === 'trackingApi');
  return isPushedTo && document.secretKey === undefined && !document.lost.includes('secretKey');
}

/** Whether what Statsig posts is shown instead of sent. */
export function isOutboundDryRun(document: WorkspaceDocument): boolean {
  const { outbound, lost } = document;
  return outbound.signingSecrets.length > 0 && outbound.targets.length === 0 && !lost.includes('targets');
}

export function isPaused({ settings, outbound }: WorkspaceDocument): boolean {
  return settings.paused === true || outbound.paused === true;
}

/** Whether a workspace sends nothing, in one direction at least, because it has no key or no target. */
export function isDryRun(document: WorkspaceDocument): boolean {
  return isInboundDryRun(document) || isOutboundDryRun(document);
}

/** How many documents there are of which kind. */
export function countWorkspaces(documents: readonly WorkspaceDocument[]): WorkspaceStates {
  return {
    all: documents.length,
    dry_run: documents.filter(isDryRun).length,
    paused: documents.filter(isPaused).length,
  };
}
